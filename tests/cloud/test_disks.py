"""Volumes, their groups and the servers on them, out of one project and into another, compared by raw calls."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from hoarfrost.cloud import Borrow, Cloud, wait_until
from hoarfrost.errors import NotFound
from hoarfrost.events import silent
from hoarfrost.freeze import freeze
from hoarfrost.kinds import KINDS
from hoarfrost.model import Body, Graph
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud

IDS = {"id", "created_at", "updated_at", "links", "attachments", "user_id", "project_id", "group_id"}
OF_THE_PLACE = {"os-vol-tenant-attr:tenant_id", "service_uuid", "snapshot_id", "source_volid", "group_type"}


class Disks:
    """Raw calls to the block storage and compute services of one project."""

    def __init__(self, cloud: Cloud, trip: RoundTrip, undo: Undo) -> None:
        self.cloud, self.trip, self.undo = cloud, trip, undo
        self.block, self.compute = cloud.rest("block-storage", "3.70"), cloud.rest("compute", "2.100")

    def made(self, kind: str, path: str, key: str, **said: Any) -> str:
        id = str(self.block.post(path, {key: said})[key]["id"])
        self.undo(lambda: self._removed(kind, path, id))
        self._settled(path, key, id, "available")
        return id

    def _removed(self, kind: str, path: str, id: str) -> None:
        KINDS[kind].delete(self.cloud, id)
        wait_until(lambda: self._is_gone(path, id), what=f"removing {path}/{id}", limit=120)

    def _is_gone(self, path: str, id: str) -> bool | None:
        try:
            self.block.get(f"{path}/{id}")
        except NotFound:
            return True
        return None

    def _settled(self, path: str, key: str, id: str, *states: str) -> None:
        wait_until(
            lambda: self.block.get(f"{path}/{id}")[key]["status"] in states or None, what=path, limit=180
        )

    def act(self, path: str, action: str, **said: Any) -> None:
        self.block.post(f"{path}/action", {action: said})

    def boot(self, hints: Body | None = None, **said: Any) -> str:
        flavors = self.compute.list("/flavors/detail", "flavors")
        flavor = min(flavors, key=lambda one: (one["ram"], one["disk"], str(one["swap"])))
        wanted = {"server": {"flavorRef": flavor["id"], "networks": "none", **said}}
        if hints:
            wanted["os:scheduler_hints"] = hints
        id = str(self.compute.post("/servers", wanted)["server"]["id"])
        self.undo(lambda: KINDS["server"].delete(self.cloud, id))
        self.until(id, "ACTIVE")
        return id

    def until(self, id: str, *states: str) -> Body:
        def probe() -> Body | None:
            body = dict(self.compute.get(f"/servers/{id}")["server"])
            assert body["status"] != "ERROR", body.get("fault")
            return body if body["status"] in states and not body["OS-EXT-STS:task_state"] else None

        return wait_until(probe, what=f"server {id}", limit=180)

    def do(self, id: str, action: str, *states: str) -> None:
        self.compute.post(f"/servers/{id}/action", {action: None})
        self.until(id, *states)

    def volumes(self, trip: RoundTrip) -> dict[str, Body]:
        found = self.block.list("/volumes/detail", "volumes")
        return {
            one["name"]: {key: value for key, value in one.items() if key not in IDS | OF_THE_PLACE}
            for one in found
            if trip.mark in one["name"]
        }

    def mapping(self, server: str) -> list[Body]:
        """What the cloud itself says of the devices, by an image that is removed at once."""
        name = f"look-{uuid.uuid4().hex[:6]}"
        image = self.compute.post(f"/servers/{server}/action", {"createImage": {"name": name}})["image_id"]
        images = self.cloud.rest("image")
        said = json.loads(images.get(f"/v2/images/{image}")["block_device_mapping"])
        images.delete(f"/v2/images/{image}")
        for one in said:
            self._settled("/snapshots", "snapshot", one["snapshot_id"], "available")
            self.block.delete(f"/snapshots/{one['snapshot_id']}")
            wait_until(lambda one=one: self._is_gone("/snapshots", one["snapshot_id"]), what="look", limit=60)  # type: ignore[misc]
        kept = ("boot_index", "disk_bus", "device_type", "volume_size", "delete_on_termination")
        return [{key: one[key] for key in kept} for one in said]


def guest(cloud: Cloud) -> str:
    """The smallest public image that boots without an agent for which a snapshot would wait."""
    found = cloud.rest("image").list("/v2/images", "images", visibility="public")
    fit = (one for one in found if one["size"] and "hw_qemu_guest_agent" not in one)
    return str(min(fit, key=lambda one: one["size"])["id"])


def test_a_server_on_volumes_comes_back_with_its_group_and_its_order(
    cloud: Cloud, other: Cloud, admin: Cloud, undo: Undo
) -> None:
    trip = RoundTrip(cloud, other, undo)
    here, there = Disks(cloud, trip, undo), Disks(other, trip, undo)
    type = next(one["id"] for one in here.block.list("/types", "volume_types"))
    offered = admin.rest("block-storage", "3.70")
    group_type = offered.post("/group_types", {"group_type": {"name": trip.name("type")}})["group_type"]["id"]
    undo(lambda: offered.delete(f"/group_types/{group_type}"))
    about = {"group_type": group_type, "volume_types": [type]}
    group = here.made(
        "volume_group", "/groups", "group", name=trip.name("group"), description="Grüppe", **about
    )
    root = here.made(
        "volume",
        "/volumes",
        "volume",
        name=trip.name("root"),
        size=1,
        imageRef=guest(cloud),
        volume_type=type,
    )
    data = here.made(
        *("volume", "/volumes", "volume"),
        **{"name": trip.name("data ü"), "size": 1, "volume_type": type, "group_id": group},
        metadata={"purpose": "dätä"},
        description="x" * 255,
    )
    lone = here.made("volume", "/volumes", "volume", name=trip.name("lone"), size=1)
    here.act(f"/volumes/{lone}", "os-update_readonly_flag", readonly=True)
    here.act(f"/volumes/{lone}", "os-set_bootable", bootable=True)
    here.act(f"/volumes/{lone}", "os-set_image_metadata", metadata={"licence": "42"})
    taken = here.made("volume_snapshot", "/snapshots", "snapshot", name=trip.name("taken"), volume_id=lone)
    disk = {"source_type": "volume", "destination_type": "volume"}
    server = here.boot(
        name=trip.name("Straße"),  # whose host name Nova takes from nobody, and Neutron's DNS not at all
        tags=["red"],
        hints={"note": ["kept"]},
        block_device_mapping_v2=[
            disk | {"uuid": root, "boot_index": 0},
            disk | {"uuid": data, "boot_index": 1, "tag": "db"},
        ],
    )
    before, devices = here.volumes(trip), here.mapping(server)

    backup = trip.back_up()
    assert [one for one in trip.findings() if one.severity in ("error", "warning")] == []
    moments = {one.address: one for one in backup.window.moments}
    first, second = moments[f"volume/{root}"], moments[f"volume/{data}"]
    assert first.requested == second.requested, "one call"
    assert f"server/{server}" not in moments
    assert [one.code for one in trip.findings() if one.address == f"volume_snapshot/{taken}"] == ["not-kept"]

    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    assert trip.differences == []
    assert there.volumes(trip) == before
    restored = outcome.ids[f"server/{server}"]
    assert there.mapping(restored) == devices
    assert [one["boot_index"] for one in devices] == [0, 1]
    kept = other.rest("compute", "2.100").get(f"/servers/{restored}")["server"]
    assert (kept["tags"], kept["scheduler_hints"]) == (["red"], {"note": ["kept"]})
    assert (kept["name"], kept["OS-EXT-SRV-ATTR:hostname"]) == (trip.name("Straße"), trip.name("strasse"))
    made = there.block.get(f"/groups/{outcome.ids[f'volume_group/{group}']}")["group"]
    assert (made["name"], made["description"]) == (trip.name("group"), "Grüppe")
    grouped = there.block.get(f"/volumes/{outcome.ids[f'volume/{data}']}")["volume"]["group_id"]
    assert grouped == made["id"]
    assert trip.action(f"volume_snapshot/{taken}") == "skip"


def test_what_is_done_about_each_state(cloud: Cloud, undo: Undo, borrow: Borrow) -> None:
    disks = Disks(cloud, RoundTrip(cloud, cloud, undo), undo)
    server = disks.boot(name=disks.trip.name("states"), imageRef=guest(cloud))
    seen: dict[str, tuple[bool, list[str]]] = {}
    steps = [
        ("pause", "PAUSED", "unpause"),
        ("suspend", "SUSPENDED", "resume"),
        ("rescue", "RESCUE", "unrescue"),
        ("shelve", "SHELVED", ""),
    ]
    for action, state, back in steps:
        states = (state, "SHELVED_OFFLOADED") if state == "SHELVED" else (state,)
        disks.do(server, action, *states)
        kind = KINDS["server"]
        resource = kind.resource(kind.show(cloud, server))
        window, findings = freeze(cloud, borrow, Graph([resource]), KINDS, silent)
        told = [one.code for one in (*findings, *kind.findings(resource.body)) if one.code != "unreadable"]
        seen[state] = (bool(window.moments[0].id), told)
        assert ("stop" in kind.late(resource.body, lambda kind, id: id)) == (state == "SHELVED")
        if back:
            disks.do(server, back, "ACTIVE")
    assert seen == {
        "PAUSED": (True, ["not-kept"]),
        "SUSPENDED": (True, ["not-kept"]),
        "RESCUE": (False, ["not-frozen"]),
        "SHELVED": (True, []),
    }
