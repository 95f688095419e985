"""Secrets and containers on bodies of a real cloud: payloads, access lists, dates, addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hoarfrost.errors import Forbidden, NotFound
from hoarfrost.kinds import KINDS

Bodies = dict[str, dict[str, dict[str, Any]]]
SECRET, CONTAINER = KINDS["secret"], KINDS["secret_container"]


def new(kind: str, id: str) -> str | None:
    return f"new-{id}"


def test_text_goes_as_text_and_bytes_as_base64(bodies: Bodies) -> None:
    text = SECRET.request(bodies["secret"]["Schlüssel 1/2"], new)
    assert (text["payload"], text["payload_content_type"]) == ("pässwörd ☃", "text/plain")
    assert "payload_content_encoding" not in text
    assert not {"+payload", "content_types", "secret_ref", "creator_id", "status"} & set(text)
    binary = SECRET.request(bodies["secret"][""], new)
    assert (binary["payload_content_encoding"], binary["algorithm"], binary["mode"]) == (
        "base64",
        "aes",
        "cbc",
    )
    assert binary["name"] == ""
    assert "payload" not in SECRET.request(bodies["secret"]["empty"], new)


def test_secrets_of_one_name_are_told_apart_by_what_they_hold(bodies: Bodies) -> None:
    body = bodies["secret"]["twin"]
    assert SECRET.likeness(body) != SECRET.likeness(body | {"+payload": "other"})
    assert not SECRET.nameless(bodies["secret"][""])
    assert SECRET.nameless({"name": None})


def test_a_date_that_has_passed_is_lost_and_said_to_be(bodies: Bodies) -> None:
    cloud: Any = Barbican()
    body = bodies["secret"][""]
    past = body | {"expiration": (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")}
    ahead = body | {"expiration": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")}
    assert "expiration" not in SECRET.request(past, new)
    assert [path for path, _ in SECRET.lost(past, cloud)] == ["expiration"]
    assert SECRET.request(ahead, new)["expiration"] == ahead["expiration"]
    assert list(SECRET.lost(ahead, cloud)) == []


class Barbican:
    """Keeps one secret to another member, has lost another; remembers what it is told."""

    roles, project_id, endpoint = ("member",), "p", "https://new/v1/"

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def list(self, path: str, plural: str, **query: str) -> list[dict[str, Any]]:
        types = {"default": "application/octet-stream"}
        return [
            {"name": id, "secret_ref": f"http://k/v1/secrets/{id}", "content_types": types} for id in "abc"
        ]

    def get(self, path: str) -> Any:
        if "/a/" in path:
            raise Forbidden("no")
        if "/b/" in path:
            raise NotFound("gone")
        return {"metadata": {"k": "v"}} if path.endswith("metadata") else {"read": {"project-access": True}}

    def download(self, path: str) -> list[bytes]:
        return [b"\xff", b"\0"]

    def put(self, path: str, body: Any) -> None:
        self.told[path] = body

    def post(self, path: str, body: Any) -> Any:
        self.told[path] = body
        return {"container_ref": "https://new/v1/containers/made"}


def test_what_another_keeps_private_is_named_and_not_made() -> None:
    cloud: Any = Barbican()
    private, whole = SECRET.enumerate(cloud)
    assert SECRET.made_by(private)
    assert [(one.severity, one.code) for one in SECRET.findings(private)] == [("error", "unreadable")]
    assert whole["+payload"] == "/wA="
    assert not SECRET.made_by(whole)


def test_access_is_given_to_those_who_stand_for_the_ones_it_was_given_to(bodies: Bodies) -> None:
    cloud: Any = Barbican()
    body = bodies["secret"]["Schlüssel 1/2"]
    ada, stranger = body["+acl"]["read"]["users"]
    SECRET.made(cloud, "made", body, lambda kind, id: "eve" if id == ada else None)
    assert cloud.told["/v1/secrets/made/acl"] == {
        "read": {"users": ["eve", stranger], "project-access": False}
    }
    assert cloud.told["/v1/secrets/made/metadata"] == {"metadata": body["+metadata"]}
    there = body | {"+acl": {"read": {"users": ["eve", stranger], "project-access": False, "created": "now"}}}
    ours = SECRET.comparable(body, lambda kind, id: "eve" if id == ada else None)
    assert ours["+acl"] == SECRET.comparable(there)["+acl"]


def test_a_container_holds_the_restored_secrets_by_their_addresses(bodies: Bodies) -> None:
    cloud: Any = Barbican()
    body = bodies["secret_container"][""]
    assert {one.kind for one in CONTAINER.references(body)} == {"secret"}
    CONTAINER.create(cloud, CONTAINER.request(body, new))
    said = cloud.told["/v1/containers"]["secret_refs"]
    assert {one["secret_ref"].rpartition("/")[0] for one in said} == {"https://new/v1/secrets"}
    assert sorted(one.get("name", "none") for one in said) == ["none", "t"]
    assert all(one["secret_ref"].rpartition("/")[2].startswith("new-") for one in said)
