"""The account and the containers of the object store: what a header costs, what is removed, what is ours."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import NotFound, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.object_store import MAGIC, MARKER
from hoarfrost.model import Body
from hoarfrost.repository import layout


def same(kind: str, id: str) -> str | None:
    return id


class Swift:
    """Answers from ``heads`` and ``objects``; takes down what is asked."""

    endpoint = "http://swift/v1/AUTH_p/"

    def __init__(self, *roles: str) -> None:
        self.roles = roles
        self.heads: dict[str, dict[str, str]] = {}
        self.objects: list[Body] = []
        self.bad: set[str] = set()
        self.done: list[tuple[str, str, dict[str, str]]] = []

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def head(self, path: str) -> dict[str, str]:
        if path not in self.heads:
            raise NotFound("404")
        return self.heads[path]

    def list(self, path: str, plural: str, **query: str) -> list[Body]:
        """The list of containers lags behind."""
        return [{"name": "c", "count": 0, "bytes": 0}] if not path else list(self.objects)

    def post(self, path: str, headers: dict[str, str]) -> None:
        if self.bad & set(headers):
            raise Refused("400, no such realm")
        self.done.append(("POST", path, headers))

    def delete(self, path: str, **query: str) -> None:
        self.done.append(("DELETE", path, query))
        self.objects = self.objects[1:]

    def download(self, path: str) -> list[bytes]:
        return [b'{"magic": "hoarfrost repository", "version": 2}']


def test_the_metadata_of_an_account_come_back_and_the_quota_only_by_its_operator() -> None:
    kind = KINDS["account"]
    said = {
        "x-account-meta-quota-bytes": "9",
        "x-account-meta-temp-url-key": "k",
        "x-account-meta-who": "Zoë",
    }
    source: Any = Swift("member")
    source.heads[""] = said | {"x-account-object-count": "4", "date": "today"}
    (body,) = kind.enumerate(source)
    assert (kind.id(body), body["+headers"]) == ("AUTH_p", said)
    assert kind.standing(body)
    assert {one.code for one in kind.findings(body)} == {"new-urls", "needs-admin"}
    for role, sent in (
        ("member", {"x-account-meta-temp-url-key": "k", "x-account-meta-who": "Zoë"}),
        ("ResellerAdmin", said),
    ):
        target: Any = Swift(role)
        kind.adopt(target, "AUTH_p", body, same)
        assert target.done == [("POST", "", sent)]


def test_a_reader_is_told_what_it_is_not_shown() -> None:
    cloud: Any = Swift("reader")
    cloud.heads[""] = {}
    (body,) = KINDS["account"].enumerate(cloud)
    assert [one.code for one in KINDS["account"].findings(body)] == ["unreadable"]


def test_the_marker_is_that_of_our_repositories() -> None:
    assert (layout.FORMAT, layout.MAGIC.encode()) == (MARKER, MAGIC)


def test_a_container_that_is_our_repository_is_left_out() -> None:
    kind, cloud = KINDS["container"], Swift("member")
    any_cloud: Any = cloud
    cloud.heads = {"/c": {"x-container-object-count": "3"}}
    (body,) = kind.enumerate(any_cloud)
    assert kind.made_by(body) == ""
    cloud.heads["/c/format"] = {"Content-Length": "60"}
    (body,) = kind.enumerate(any_cloud)
    assert kind.made_by(body)
    assert [one.code for one in kind.findings(body)] == ["own-repository"]
    cloud.heads["/c/format"] = {"Content-Length": "6000"}
    (body,) = kind.enumerate(any_cloud)
    assert kind.made_by(body) == ""


def test_one_header_that_is_refused_costs_no_other() -> None:
    cloud: Any = Swift("member")
    cloud.bad = {"x-container-sync-to"}
    with pytest.raises(Refused, match=r"x-container-sync-to .*no such realm"):
        KINDS["container"].finish(cloud, "c", {"x-container-sync-to": "//r/c/a/b", "x-container-meta-a": "1"})
    assert cloud.done == [("POST", "/c", {"x-container-meta-a": "1"})]


def test_every_version_is_removed_and_an_archive_takes_up_nothing() -> None:
    cloud: Any = Swift("member")
    cloud.heads["/c"] = {"x-versions-enabled": "True"}
    cloud.objects = [{"name": "a", "version_id": "2"}]
    KINDS["container"].purge(cloud, "c")
    assert cloud.done == [("DELETE", "/c/a", {"version-id": "2"}), ("DELETE", "/c", {})]
    cloud.done.clear()
    cloud.heads["/c"] = {"x-history-location": "old"}
    cloud.objects = [{"name": "a"}]
    KINDS["container"].purge(cloud, "c")
    assert [one[:2] for one in cloud.done] == [("POST", "/c"), ("DELETE", "/c/a"), ("DELETE", "/c")]


def test_what_of_a_container_is_not_kept_is_told() -> None:
    headers = {"x-versions-enabled": "True", "x-container-sync-to": "//realm/cluster/AUTH_x/c"}
    codes = [one.code for one in KINDS["container"].findings({"name": "c", "+headers": headers})]
    assert codes == ["versions", "sync"]
