"""The outlook before any backup: what is there, seen, counted, and could be made by this role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hoarfrost.capture import Sight, survey
from hoarfrost.errors import Forbidden, MissingService, Unavailable
from hoarfrost.kinds.field import Asked, Keep, Note
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.quota import Quotas
from hoarfrost.model import Body, CloudPrint


class Cloud:
    requests = 2

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    def metered(self) -> Any:
        return self

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def probe(self) -> CloudPrint:
        return CloudPrint(auth_url="", services={"garden": {}, "dns": {}})


class Tree(Kind):
    """Grows in the garden."""

    service, path, key, plural, sdk = "garden", "/trees", "tree", "trees", ""
    quota, makes = "trees", ("gardener",)
    kept = Keep("name")
    height = Asked("height")
    noted = Note("id")

    def __init__(self, found: list[Body] | Exception) -> None:
        self.found = found

    def made_by(self, body: Body) -> str:
        return "the wind" if body["name"] == "weed" else ""

    def enumerate(self, cloud: Any) -> Iterator[Body]:
        if isinstance(self.found, Exception):
            raise self.found
        yield from self.found


TREES: list[Body] = [{"id": "1", "name": "oak", "height": 20}, {"id": "2", "name": "weed", "height": 1}]


def seen(found: list[Body] | Exception, *roles: str) -> Sight:
    cloud: Any = Cloud(*roles)
    tree, dns = survey(cloud, {"tree": Tree(found)})
    assert (dns.service, dns.read) == ("dns", "not covered")
    return tree


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Quotas, "of", lambda self, service: {"trees": (10, 3)})


def test_what_is_seen_and_lost() -> None:
    tree = seen(TREES, "member")
    assert (tree.read, tree.seen, tree.requests, tree.free) == ("yes", 1, 2, 7)
    assert [(fate.field, fate.count, fate.why) for fate in tree.lost] == [
        ("height", 1, "only admin may set it")
    ]


@pytest.mark.parametrize(
    ("roles", "restore"),
    [
        (("member",), "only gardener"),
        (("reader",), "no: this role only reads"),
        (("member", "gardener"), "yes"),
        (("admin",), "yes"),
    ],
)
def test_what_the_role_may_make(roles: tuple[str, ...], restore: str) -> None:
    assert seen(TREES, *roles).restore == restore


@pytest.mark.parametrize(
    ("error", "read"),
    [
        (MissingService("no garden"), "absent"),
        (Forbidden("not for you"), "unreadable"),
        (Unavailable("503"), "failed"),
    ],
)
def test_what_cannot_be_listed(error: Exception, read: str) -> None:
    tree = seen(error, "member")
    assert tree.read == read and str(error) in tree.why


@pytest.mark.parametrize(
    ("found", "severity", "matters"),
    [
        (TREES, "", True),
        (MissingService("no garden"), "info", False),
        (Forbidden("not for you"), "error", True),
        (Unavailable("503"), "error", True),
    ],
)
def test_whether_a_backup_would_be_partial(found: Any, severity: str, matters: bool) -> None:
    tree = seen(found, "member")
    assert (tree.severity, tree.matters) == (severity, matters)
