"""Volume groups and the history of volumes; what one call says and freezes of all volumes of a server."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from hoarfrost.cloud import Cloud
from hoarfrost.errors import MissingService, NotFound, Refused, WentWrong
from hoarfrost.kinds import KINDS
from hoarfrost.model import Body, Finding, Frozen, Graph

Bodies = dict[str, dict[str, Body]]


def new(kind: str, id: str) -> str | None:
    return f"new-{id}"


class Cinder:
    """Answers GET from ``bodies``; a PUT of a group takes effect, but for those that are refused."""

    roles, extensions = ("member",), frozenset

    def __init__(self, **bodies: Body) -> None:
        self.bodies = bodies
        self.refusals = 0
        self.done: list[tuple[str, str, Any]] = []

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def get(self, path: str) -> Any:
        return self.bodies[path.rpartition("/")[2]]

    def list(self, path: str, plural: str, **query: str) -> Any:
        raise NotFound("404")

    def put(self, path: str, body: Body) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Refused("400, the group is updating")
        self.done.append(("PUT", path, body))
        self.bodies["v"]["volume"].pop("group_id")

    def post(self, path: str, body: Body) -> Any:
        self.done.append(("POST", path, body))
        return {"image_id": "image"}

    def delete(self, path: str) -> None:
        self.done.append(("DELETE", path, None))


@pytest.mark.parametrize("state", ["ACTIVE", "SHUTOFF"])
def test_a_snapshot_that_fails_is_told_with_the_state_of_the_server(state: str) -> None:
    snapshot = {"id": "s", "status": "error", "volume_id": "v"}
    volume = {"id": "v", "attachments": [{"server_id": "w"}]}
    server = {"name": "web", "status": state}
    cinder = Cinder(s={"snapshot": snapshot}, v={"volume": volume}, w={"server": server})
    moment = Frozen(address="volume/v", source="volume_snapshot", id="s", requested="")
    with pytest.raises(WentWrong) as told:
        KINDS["volume"].frozen(cast(Cloud, cinder), moment)
    is_said = "is attached to the server web, which is SHUTOFF" in told.value.sentence
    assert (is_said, told.value.hint.startswith("Start the server")) == (state == "SHUTOFF",) * 2


def test_a_group_is_made_empty_and_its_volumes_name_it(bodies: Bodies) -> None:
    group = bodies["volume_group"]["the group"]
    wanted = KINDS["volume_group"].request(group, new)
    assert set(wanted) == {"name", "description", "group_type", "volume_types", "availability_zone"}
    volume = bodies["volume"]["data"] | {"group_id": group["id"]}
    assert KINDS["volume"].request(volume, new)["group_id"] == f"new-{group['id']}"
    assert "group_id" not in KINDS["volume"].request(
        volume, lambda kind, id: None if kind == "volume_group" else id
    )


@pytest.mark.parametrize("kind", ["volume", "volume_group", "volume_snapshot"])
@pytest.mark.parametrize("said", ["", None])
def test_an_empty_name_is_not_the_same_as_none(bodies: Bodies, kind: str, said: str | None) -> None:
    """A group's empty name came back as none (seed 2041)."""
    body = next(iter(bodies[kind].values())) | {"name": said, "description": said, "+volume": "past"}
    wanted = KINDS[kind].request(body, new)
    assert (wanted["name"], wanted["description"]) == (said, said)


def test_two_types_that_become_one_are_said_once(bodies: Bodies) -> None:
    kind, group = KINDS["volume_group"], bodies["volume_group"]["the group"] | {"volume_types": ["a", "b"]}
    assert kind.request(group, lambda kind, id: "one")["volume_types"] == ["one"]
    assert kind.comparable(group, lambda kind, id: "one")["volume_types"] == ["a"]


def test_a_volume_is_taken_out_of_its_group_before_it_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoarfrost.cloud.wait.time.sleep", lambda seconds: None)
    cloud: Any = Cinder(v={"volume": {"id": "v", "group_id": "g"}})
    cloud.refusals = 2
    KINDS["volume"].delete(cloud, "v")
    assert cloud.done == [
        ("PUT", "/groups/g", {"group": {"remove_volumes": "v"}}),
        ("DELETE", "/volumes/v", None),
    ]


def test_an_older_cinder_has_no_groups() -> None:
    cloud: Any = Cinder()
    with pytest.raises(MissingService, match="groups"):
        list(KINDS["volume_group"].enumerate(cloud))


def test_history_is_recorded_and_told(bodies: Bodies) -> None:
    assert KINDS["volume_snapshot"].recorded and KINDS["volume_group_snapshot"].recorded
    (snapshot,) = bodies["volume_snapshot"].values()
    kind = KINDS["volume_snapshot"]
    told = kind.past(kind.resource(snapshot), Graph(), False)
    assert isinstance(told, Finding) and told.code == "not-kept" and "--with-snapshots" in told.hint


class Borrow:
    def __init__(self) -> None:
        self.adopted: list[tuple[str, str, str]] = []

    def take(self, what: str, make: Any) -> Any:
        class Image:
            id, name = make("hoarfrost-tmp-run-1"), "hoarfrost-tmp-run-1"

        return Image

    def adopt(self, what: str, id: str, name: str) -> None:
        self.adopted.append((what, id, name))


def server(bodies: Bodies, **said: Any) -> Body:
    """Boots from v0, and may boot from v1 if that fails; v2 is a CD."""
    disks = [
        {"volumeId": f"v{n}", "device": f"/dev/vd{letter}", "delete_on_termination": False}
        for n, letter in enumerate("abc")
    ]
    return bodies["server"]["fromvol"] | {"status": "ACTIVE", "+volumes": disks} | said


def test_one_call_freezes_all_volumes_and_says_the_order_of_boot(bodies: Bodies) -> None:
    kind, body = KINDS["server"], server(bodies)
    assert kind.leads(body) == ("volume/v0", "volume/v1", "volume/v2")
    assert kind.leads(body | {"status": "RESCUE"}) == ()
    assert kind.leads(bodies["server"]["web"] | {"status": "ACTIVE"}) == ()
    buses = [("virtio", "disk", 0), ("scsi", "disk", 1), ("sata", "cdrom", None)]
    mapping = [
        {"snapshot_id": f"s{n}", "disk_bus": bus, "device_type": type, "boot_index": index}
        for n, (bus, type, index) in enumerate(buses)
    ] + [{"source_type": "blank", "snapshot_id": None}]
    cloud: Any = Cinder(
        image={"block_device_mapping": json.dumps(mapping)},
        v0={"volume": {"volume_image_metadata": {"hw_qemu_guest_agent": "yes"}}},
        **{f"s{n}": {"snapshot": {"volume_id": f"v{n}"}} for n in range(3)},
    )
    borrow: Any = Borrow()
    done = kind.freeze_together(cloud, borrow, kind.resource(body))
    assert [(one.address, one.id, one.consistency) for one in done.moments] == [
        (f"volume/v{n}", f"s{n}", "quiesce requested") for n in range(3)
    ]
    assert borrow.adopted[0] == ("volume_snapshot", "s0", "snapshot for hoarfrost-tmp-run-1")
    disks = kind.request(body | done.learned, new)["block_device_mapping_v2"]
    assert [(one["uuid"], one["boot_index"]) for one in disks] == [
        ("new-v0", 0),
        ("new-v1", 1),
        ("new-v2", -1),
    ]
    assert [(one.get("disk_bus"), one.get("device_type")) for one in disks] == [
        (None, None),
        ("scsi", None),
        ("sata", "cdrom"),
    ]


def test_hints_come_back_with_the_servers_that_they_name(bodies: Bodies) -> None:
    said = {"different_host": ["s1", "gone"], "group": ["g"], "query": ["x"], "own": ["word"]}
    body = server(bodies, scheduler_hints=said)
    wanted = KINDS["server"].request(body, lambda kind, id: None if id == "gone" else f"new-{id}")
    assert wanted["scheduler_hints"] == {"different_host": ["new-s1"], "own": ["word"]}
    cloud: Any = Cinder()
    cloud.post = lambda path, body: cloud.done.append(body) or {"server": {"id": "made"}}
    KINDS["server"].create(cloud, wanted | {"+server_group": "g2"})
    assert cloud.done[0]["os:scheduler_hints"] == {
        "different_host": ["new-s1"],
        "own": ["word"],
        "group": "g2",
    }
    told = [one.sentence for one in KINDS["server"].findings(body) if one.code == "not-kept"]
    assert len(told) == 1 and "query" in told[0]
