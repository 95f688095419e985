"""Images in every state, with members, out of one project and into another, compared by raw calls."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError
from hoarfrost.model import Body
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud

BYTES = b"an image " * 4096
OF_THE_PLACE = {
    *("id", "created_at", "updated_at", "owner", "self", "file", "schema", "stores", "kernel_id"),
    *("status", "locations", "direct_url"),
}


class Images:
    """Raw calls to the image service of one project."""

    def __init__(self, cloud: Cloud, undo: Undo) -> None:
        self.rest, self.undo = cloud.rest("image"), undo

    def make(self, name: str, data: bytes = BYTES, **said: Any) -> str:
        wanted = {"name": name, "disk_format": "raw", "container_format": "bare", **said}
        id = str(self.rest.post("/v2/images", wanted)["id"])
        self.undo(lambda: self.remove(id))
        if data:
            self.rest.upload(f"/v2/images/{id}/file", [data], {"Content-Type": "application/octet-stream"})
        return id

    def remove(self, id: str) -> None:
        self.patch(id, protected=False)
        self.rest.delete(f"/v2/images/{id}")

    def patch(self, id: str, **said: Any) -> None:
        kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        changes = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in said.items()]
        self.rest.patch(f"/v2/images/{id}", changes, kind)

    def look(self, id: str) -> Body:
        body = self.rest.get(f"/v2/images/{id}")
        return {key: value for key, value in body.items() if key not in OF_THE_PLACE}

    def members(self, id: str) -> set[str]:
        return {one["member_id"] for one in self.rest.list(f"/v2/images/{id}/members", "members")}


def test_images_come_back_with_all_that_is_said_of_them(
    cloud: Cloud, other: Cloud, admin: Cloud, undo: Undo
) -> None:
    trip = RoundTrip(cloud, other, undo)
    here, there = Images(cloud, undo), Images(other, undo)
    kernel = here.make(trip.name("kernel"), disk_format="aki", container_format="aki", visibility="private")
    free = {"hw_disk_bus": "scsi", "Ünï ☃": "välue " * 30, "empty": "", "owner_specified.mine": "x"}
    whole = here.make(
        *(trip.name("whole \u2603"),),
        **{"visibility": "shared", "min_disk": 1, "min_ram": 64, "os_hidden": True, "kernel_id": kernel},
        **free,
        tags=["red", "tág"],
        protected=True,
    )
    for member in (admin.project_id, other.project_id):
        here.rest.post(f"/v2/images/{whole}/members", {"member": member})
    twins = [here.make(trip.name("twin"), bytes([n]) * 999, visibility="community") for n in range(2)]
    queued = here.make(trip.name("queued"), b"", visibility="private")
    asleep = here.make(trip.name("asleep"), visibility="private")
    here.rest.post(f"/v2/images/{asleep}/actions/deactivate")
    mapping = '[{"snapshot_id": "5a1f", "source_type": "snapshot", "boot_index": 0}]'
    server = here.make(
        trip.name("server"), b"", visibility="private", block_device_mapping=mapping, bdm_v2="True"
    )
    before = {id: here.look(id) for id in (kernel, whole, *twins, queued)}

    backup = trip.back_up()
    told = {(one.address, one.code, one.severity) for one in trip.findings()}
    assert (f"image/{asleep}", "bytes-incomplete", "warning") in told
    assert (f"snapshot_image/{server}", "dangling", "warning") in told, "its snapshot is gone"
    assert (f"image/{whole}", "shared", "info") in told
    assert not [one for one in told if one[2] == "error"]
    outcome = trip.restore()
    assert [one.severity for one in outcome.findings if one.severity == "error"] == []
    assert trip.differences == []
    assert trip.action(f"image/{asleep}") == trip.action(f"snapshot_image/{server}") == "impossible"
    made = {id: outcome.ids[f"image/{id}"] for id in before}
    assert {id: there.look(made[id]) for id in before} == before
    assert there.rest.get(f"/v2/images/{made[whole]}")["kernel_id"] == made[kernel]
    assert there.members(made[whole]) == {admin.project_id}
    again = b"".join(there.rest.download(f"/v2/images/{made[whole]}/file"))
    assert again == BYTES
    assert there.rest.get(f"/v2/images/{made[queued]}")["status"] == "queued"
    with pytest.raises(CloudError):
        there.rest.delete(f"/v2/images/{made[whole]}")  # protected
    assert backup.status in ("complete", "partial")
