"""Snapshots of volumes with their bytes, and the images that name them: what is read, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hoarfrost.errors import NotFound, WentWrong
from hoarfrost.events import silent
from hoarfrost.freeze.past import past
from hoarfrost.kinds import KINDS
from hoarfrost.model import Backup, Body, Bytes, CloudPrint, Finding, Frozen, Graph, Stream, Window
from hoarfrost.plan import plan
from hoarfrost.repository import StreamRef
from hoarfrost.stream.movers.volume import VolumeMover

Bodies = dict[str, dict[str, Body]]
REF = StreamRef(name="volume/s", size=1 << 30, root=b"", digest="d")


def new(kind: str, id: str) -> str | None:
    return f"new-{kind}-{id}"


def tenant(bodies: Bodies, **said: Any) -> Graph:
    """A volume ``v``, two snapshots of it, ``s`` and ``t``, and an image that names ``t``."""
    (snapshot,) = bodies["volume_snapshot"].values()
    (image,) = bodies["snapshot_image"].values()
    volume = bodies["volume"]["data"] | {"id": "v", "metadata": {"of": "now"}, "bootable": "true"}
    taken = (
        snapshot | {"volume_id": "v", "metadata": {"why": "May"}, "description": "the state of May"} | said
    )
    mapping = [image["+mapping"][0] | {"snapshot_id": "t"}]
    return Graph(
        [
            KINDS["volume"].resource(volume),
            KINDS["volume_snapshot"].resource(taken | {"id": "s", "name": "daily 1"}),
            KINDS["volume_snapshot"].resource(taken | {"id": "t", "name": "snapshot for image"}),
            KINDS["snapshot_image"].resource(image | {"+mapping": mapping}),
        ]
    )


def without_image(graph: Graph) -> Graph:
    return Graph(one for one in graph if one.kind != "snapshot_image")


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.address, one.code) for one in findings]


@pytest.mark.parametrize("pattern", ["daily*", "s", "volume_snapshot/daily 1", "*/s"])
def test_what_is_asked_for_is_read(bodies: Bodies, pattern: str) -> None:
    graph = without_image(tenant(bodies))
    moments, findings = past(graph, KINDS, [pattern], silent)
    assert [(one.address, one.id, one.source) for one in moments] == [("volume/s", "s", "volume_snapshot")]
    assert moments[0].requested == graph["volume_snapshot/s"].body["created_at"][:19] + "Z"
    assert codes(findings) == [("volume_snapshot/t", "not-kept")]
    assert "volume/t" not in graph


def test_what_an_image_names_is_read_unasked(bodies: Bodies) -> None:
    graph = tenant(bodies)
    moments, findings = past(graph, KINDS, [], silent)
    assert [one.address for one in moments] == ["volume/t"]
    assert codes(findings) == [("volume_snapshot/s", "not-kept")]


def test_without_image_and_wish_it_stays_history(bodies: Bodies) -> None:
    graph = without_image(tenant(bodies))
    assert past(graph, KINDS, [], silent)[0] == []
    kind, body = KINDS["volume_snapshot"], graph["volume_snapshot/s"].body
    assert kind.only_recorded(body) == kind.recorded != ""
    assert "volume_id" not in dict(kind.lost(body, Anyone()))


@pytest.mark.parametrize(
    ("said", "told"), [({"status": "error"}, "it is error"), ({"volume_id": "gone"}, "not in the backup")]
)
def test_what_cannot_be_read_is_told(bodies: Bodies, said: Body, told: str) -> None:
    moments, findings = past(without_image(tenant(bodies, **said)), KINDS, ["*"], silent)
    assert moments == []
    assert [one.severity for one in findings] == ["warning"] * 2 and told in findings[0].sentence


def test_it_comes_back_as_a_volume_and_a_snapshot_of_that(bodies: Bodies) -> None:
    graph = tenant(bodies)
    past(graph, KINDS, ["daily 1"], silent)
    holder, snapshot = graph["volume/s"], graph["volume_snapshot/s"]
    wanted = KINDS["volume"].request(holder.body, new)
    assert (wanted["name"], wanted["description"], wanted["metadata"]) == (
        "daily 1",
        "the state of May",
        {"why": "May"},
    )
    assert next(one.address for one in KINDS["volume"].ancestors(holder.body)) == "volume/v"
    kind, body = KINDS["volume_snapshot"], snapshot.body
    assert kind.request(body, new)["volume_id"] == "new-volume-s"
    assert kind.only_recorded(body) == "" and "volume_id" in dict(kind.lost(body, Anyone()))
    assert dict(kind.takes(body, lambda kind, id: None)) == {"snapshots": 1, "gigabytes": body["size"]}
    assert kind.comparable({"id": "x", "volume_id": "y"})["+volume"] == "y"
    with pytest.raises(WentWrong):
        kind.settled(body | {"status": "error"})


class Anyone:
    roles = ("member",)

    def extensions(self) -> frozenset[str]:
        return frozenset()


class Target(Anyone):
    """A project of another cloud in which there is only what is given."""

    auth_url, project_id, project_name, user_id, project_domain_id = "there", "p", "p", "u", "d"
    keystone = ""

    def __init__(self, **listed: list[Body]) -> None:
        self.listed = listed

    def has(self, service: str) -> bool:
        return True

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def list(self, path: str, plural: str, **query: str) -> list[Body]:
        return self.listed.get(plural, [])

    def get(self, path: str) -> Any:
        raise NotFound("404")


def planned(bodies: Bodies, wanted: list[str], **listed: list[Body]) -> dict[str, tuple[str, str]]:
    graph = without_image(tenant(bodies))
    moments, _ = past(graph, KINDS, wanted, silent)
    streams = [Stream(address=one.address, size=1, format="raw", ref=REF) for one in moments]
    backup = Backup(
        **dict.fromkeys(
            ("project_id", "project_name", "user_id", "user_name", "tool", "started", "ended"), "x"
        ),
        roles=("member",),
        cloud=CloudPrint(auth_url="here"),
        status="complete",
        window=Window(opened="", closed="", seconds=0, moments=tuple(moments)),
        bytes=Bytes(),
        resources=tuple(graph),
        streams=tuple(streams),
    )
    cloud: Any = Target(**listed)
    return {step.address: (step.action, step.reason) for step in plan(backup, "b", cloud, KINDS).steps}


def test_the_plan_makes_what_was_read_and_nothing_else_of_history(bodies: Bodies) -> None:
    steps = planned(bodies, ["daily 1"])
    assert steps["volume/s"][0] == steps["volume_snapshot/s"][0] == "create"
    assert steps["volume_snapshot/t"] == ("skip", KINDS["volume_snapshot"].recorded)


def test_where_the_snapshot_is_there_no_volume_is_made_for_it(bodies: Bodies) -> None:
    (snapshot,) = bodies["volume_snapshot"].values()
    steps = planned(bodies, ["daily 1"], snapshots=[snapshot | {"id": "s", "name": "daily 1"}])
    assert steps["volume_snapshot/s"][0] == "reuse"
    assert steps["volume/s"][0] == "skip" and "is there already" in steps["volume/s"][1]


class Glance:
    """Holds one image; takes down what is uploaded to it."""

    project_id = "here"

    def __init__(self, body: Body) -> None:
        self.body, self.sent = body, list[bytes]()

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def get(self, path: str) -> Body:
        return self.body

    def list(self, path: str, plural: str, **query: str) -> list[Body]:
        return [] if "os_hidden" in query else [self.body]

    def upload(self, path: str, data: list[bytes], headers: Any) -> None:
        self.sent += data


def test_an_image_of_snapshots_names_the_restored_ones(bodies: Bodies) -> None:
    kind, (body,) = KINDS["snapshot_image"], bodies["snapshot_image"].values()
    wanted = kind.request(body, new)
    (said,) = json.loads(wanted["block_device_mapping"])
    (old,) = body["+mapping"]
    assert said["snapshot_id"] == f"new-volume_snapshot-{old['snapshot_id']}"
    assert "volume_type" not in said and "+mapping" not in wanted
    assert {key: said[key] for key in said if key != "snapshot_id"} == {
        key: old[key] for key in old if key not in ("snapshot_id", "volume_type")
    }
    assert [(one.code, "1 GiB" in one.sentence) for one in kind.findings(body)] == [("snapshots-read", True)]
    assert dict(kind.takes(body, lambda kind, id: None)) == {"images": 1}


def test_images_are_of_two_kinds(bodies: Bodies) -> None:
    (named,) = bodies["snapshot_image"].values()
    plain = {key: value for key, value in named.items() if key != "+mapping"}
    whole, odd = plain | {"size": 5}, plain | {"block_device_mapping": "no JSON"}
    for body, image, snapshots in ((plain, 0, 1), (whole, 1, 0), (odd, 1, 0)):
        cloud: Any = Glance(body)
        assert len(list(KINDS["image"].enumerate(cloud))) == image
        found = list(KINDS["snapshot_image"].enumerate(cloud))
        assert len(found) == len(list(KINDS["snapshot_image"].visible(cloud))) == snapshots
        assert all(one["+mapping"] for one in found)


@pytest.mark.parametrize(("status", "sent"), [("queued", [b""]), ("active", [])])
def test_no_bytes_are_sent_once(bodies: Bodies, status: str, sent: list[bytes]) -> None:
    (body,) = bodies["snapshot_image"].values()
    cloud: Any = Glance(body | {"status": status})
    KINDS["snapshot_image"].made(cloud, body["id"], body, new)
    assert cloud.sent == sent


class Keeping:
    """A storage that can only keep, as a cloud that is not asked."""

    def __init__(self) -> None:
        self.kept: list[StreamRef] = []

    def keep(self, ref: StreamRef) -> bool:
        self.kept.append(ref)
        return True


def test_a_snapshot_that_was_read_is_not_read_again(bodies: Bodies) -> None:
    graph = tenant(bodies)
    (moment, _), _ = past(graph, KINDS, ["*"], silent)
    storage: Any = Keeping()
    nothing: Any = None
    before = Stream(address=moment.address, size=1 << 30, format="raw", ref=REF)
    again = VolumeMover().read(nothing, nothing, graph["volume/s"], moment, storage, before, nothing)
    assert storage.kept == [again.ref] == [REF]
    assert (again.size, again.logical, again.read, again.stored) == (1 << 30, 1 << 30, 0, 0)
    assert isinstance(moment, Frozen)
