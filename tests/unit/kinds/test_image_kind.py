"""Images: what may be published, whom they are shared with, and bytes that may not be read."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import Conflict, Forbidden
from hoarfrost.kinds import KINDS
from hoarfrost.model import Body, Stream
from hoarfrost.repository import StreamRef
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers.image import ImageMover

Bodies = dict[str, dict[str, Body]]


class Glance:
    """Takes down what is asked. ``members``: those that an image has already."""

    project_id, roles = "here", ("member",)

    def __init__(self, *members: str, roles: tuple[str, ...] = ("member",)) -> None:
        self.members, self.roles = members, roles
        self.done: list[tuple[str, Any]] = []

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def list(self, path: str, plural: str, **query: str) -> Any:
        return [{"member_id": one, "status": "pending"} for one in self.members]

    def get(self, path: str) -> Body:
        return {"id": "i", "visibility": "shared", "owner": "here"}

    def post(self, path: str, body: Any = None) -> None:
        if body and body["member"] in self.members:
            raise Conflict("409")
        self.done.append((path, body))

    def patch(self, path: str, body: Any, headers: Any) -> None:
        self.done.append((path, body))

    def download(self, path: str) -> Any:
        raise Forbidden("403, deactivated")


def test_members_are_those_of_our_own_shared_images() -> None:
    cloud: Any = Glance("a")
    assert KINDS["image"].show(cloud, "i")["+members"] == [{"member_id": "a", "status": "pending"}]
    cloud.project_id = "elsewhere"
    assert "+members" not in KINDS["image"].show(cloud, "i")


def test_an_image_is_shared_and_deactivated_at_the_end(bodies: Bodies) -> None:
    kind, body = KINDS["image"], bodies["image"]["own"]
    shared = [{"member_id": one, "status": "accepted"} for one in ("old", "here", "there", "twice")]
    body = body | {"+members": shared, "status": "deactivated", "protected": True}
    ids = {"old": "new", "here": "here", "twice": "twice", body["owner"]: "here"}
    late = kind.late(body, lambda kind, id: ids.get(id))  # "there" is not mapped
    cloud: Any = Glance("twice")
    kind.finish(cloud, "i", late)
    assert cloud.done == [
        ("/v2/images/i/members", {"member": "new"}),
        ("/v2/images/i", [{"op": "replace", "path": "/protected", "value": True}]),
        ("/v2/images/i/actions/deactivate", None),
    ]
    assert "shared" in {one.code for one in kind.findings(body)}
    assert "+members" not in kind.request(body, lambda kind, id: id)


def test_projects_that_an_image_is_shared_with_are_known_by_their_ids(bodies: Bodies) -> None:
    kind = KINDS["image"]
    body = bodies["image"]["own"] | {"+members": [{"member_id": "old", "status": "accepted"}]}
    (shared,) = [one for one in kind.references(body) if one.id == "old"]
    assert (shared.kind, shared.late, shared.optional) == ("project", True, True)
    assert kind.recall(body, shared) == {"id": "old"}


def test_only_an_administrator_publishes(bodies: Bodies) -> None:
    kind, body = KINDS["image"], bodies["image"]["own"] | {"visibility": "public"}
    for role, visibility in (("member", "private"), ("admin", "public")):
        cloud: Any = Glance(roles=(role,))
        assert kind.request(body, lambda kind, id: id, kind.may(cloud))["visibility"] == visibility
        assert ("visibility" in dict(kind.lost(body, cloud))) == (role == "member")


def test_bytes_that_are_not_to_be_had_are_a_warning(bodies: Bodies) -> None:
    body = bodies["image"]["own"] | {"status": "deactivated", "size": 5}
    resource, cloud, nothing = KINDS["image"].resource(body), Glance(), None
    any_cloud: Any = cloud
    anything: Any = nothing
    with pytest.raises(Incomplete) as caught:
        ImageMover().read(any_cloud, anything, resource, None, Storing(), None, lambda done, total: None)
    assert (caught.value.severity, caught.value.stream.outcome) == ("warning", "failed")
    assert caught.value.hint


@pytest.mark.parametrize("whole", [True, False])
def test_a_deactivated_image_that_was_read_before_is_kept_or_missed(bodies: Bodies, whole: bool) -> None:
    hashed = {"os_hash_algo": "sha512", "os_hash_value": "ab", "size": 5}
    body = bodies["image"]["own"] | {"status": "deactivated"} | hashed
    resource = KINDS["image"].resource(body)
    cloud: Any = Glance()
    nothing: Any = None
    before = Stream(
        address=resource.address,
        size=5,
        format="opaque",
        ref=StreamRef("i", 5, b"", ""),
        checksum="sha512:ab",
    )

    def read() -> Stream:
        storage = Storing(whole=whole)
        return ImageMover().read(cloud, nothing, resource, None, storage, before, lambda done, total: None)

    if whole:
        assert (read().ref, read().read) == (before.ref, 0)
        return
    with pytest.raises(Incomplete, match="lost or damaged in the repository") as caught:
        read()
    assert (caught.value.severity, caught.value.stream.outcome) == ("error", "failed")


class Storing:
    def __init__(self, *, whole: bool = True) -> None:
        self.whole = whole

    def write(self, name: str, size: int, extents: Any, base: Any = None) -> Any:
        return list(extents)

    def keep(self, ref: Any) -> bool:
        return self.whole

    def read(self, ref: Any, ranges: Any = None) -> Any:
        return iter(())

    def map(self, ref: Any) -> Any:
        return iter(())


def test_an_empty_name_is_a_name_and_none_is_none(bodies: Bodies) -> None:
    kind, body = KINDS["image"], bodies["image"]["own"]
    assert kind.request(body | {"name": ""}, lambda kind, id: id)["name"] == ""
    assert "name" not in kind.request(body | {"name": None}, lambda kind, id: id)
