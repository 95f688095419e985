"""What the user froze himself comes back with its bytes: snapshots of a volume, and an image that names some."""

from __future__ import annotations

import json
import random

import pytest

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.model import Stream
from hoarfrost.stream.movers.content import handle
from tests.cloud.round_trip import RoundTrip, Undo
from tests.cloud.test_disks import Disks, guest
from tests.cloud.test_images import Images

pytestmark = pytest.mark.cloud

MIB = 1 << 20
DISK = 112 * MIB  # all that the guest's disk holds


class Pasts(Disks):
    """`Disks` with what is in them."""

    def holding(self, name: str, data: bytes) -> str:
        image = Images(self.cloud, self.undo).make(self.trip.name(f"{name} seed"), data, visibility="private")
        return self.made("volume", "/volumes", "volume", name=self.trip.name(name), size=1, imageRef=image)

    def content(self, size: int, **source: str) -> bytes:
        """The first bytes of a volume, or of one that is made of ``snapshot_id``."""
        name = self.trip.name("look")
        made = self.made("volume", "/volumes", "volume", name=name, size=1, **source)
        wanted = {
            "image_name": name,
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": "private",
        }
        answer = self.block.post(f"/volumes/{made}/action", {"os-volume_upload_image": wanted})
        image, images = answer["os-volume_upload_image"]["image_id"], self.cloud.rest("image")
        self.undo(lambda: images.delete(f"/v2/images/{image}"))
        wait_until(
            lambda: images.get(f"/v2/images/{image}")["status"] == "active" or None, what="look", limit=180
        )
        self._settled("/volumes", "volume", made, "available")
        return b"".join(images.download(f"/v2/images/{image}/file", 0, size))

    def image_of(self, server: str) -> str:
        """As a user makes one; what Nova leaves in Cinder for it is removed at the end."""
        made = {"createImage": {"name": self.trip.name("image"), "metadata": {"licence": "42"}}}
        image = str(self.compute.post(f"/servers/{server}/action", made)["image_id"])
        images = self.cloud.rest("image")
        for one in self.block.list("/snapshots", "snapshots"):
            if one["name"].endswith(self.trip.name("image")):
                self.undo(lambda id=one["id"]: self._removed("volume_snapshot", "/snapshots", id))  # type: ignore[misc]
        self.undo(lambda: images.delete(f"/v2/images/{image}"))
        return image


def stream(trip: RoundTrip, id: str) -> Stream:
    return next(one for one in trip.backup.streams if one.address == f"volume/{id}")


def test_a_snapshot_comes_back_on_a_volume_of_its_own(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    trip = RoundTrip(cloud, other, undo)
    here, there = Pasts(cloud, trip, undo), Pasts(other, trip, undo)
    old = random.Random(1).randbytes(8 * MIB)
    volume = here.holding("data", old)
    said = {"name": trip.name("before ü"), "description": "the state of May", "metadata": {"why": "upgräde"}}
    snapshot = here.made("volume_snapshot", "/snapshots", "snapshot", **said, volume_id=volume)
    skipped = here.made(
        "volume_snapshot", "/snapshots", "snapshot", name=trip.name("other"), volume_id=volume
    )

    trip.back_up([trip.name("before*")])
    assert [one.address for one in trip.findings("not-kept")] == [f"volume_snapshot/{skipped}"]
    first = stream(trip, snapshot)
    assert first.stored < MIB, "it is what the volume has"
    trip.back_up([snapshot])
    again = stream(trip, snapshot)
    assert (again.outcome, again.read, again.stored) == ("complete", 0, 0), "a snapshot never changes"

    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    assert trip.differences == []
    assert trip.action(f"volume_snapshot/{skipped}") == "skip"
    made = there.block.get(f"/snapshots/{outcome.ids[f'volume_snapshot/{snapshot}']}")["snapshot"]
    assert {key: made[key] for key in said} == said
    holder = there.block.get(f"/volumes/{made['volume_id']}")["volume"]
    assert (holder["name"], holder["id"]) == (said["name"], outcome.ids[f"volume/{snapshot}"])
    assert there.content(len(old), snapshot_id=made["id"]) == old


def test_an_image_that_names_snapshots_boots_a_server_again(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    trip = RoundTrip(cloud, other, undo)
    here, there = Pasts(cloud, trip, undo), Pasts(other, trip, undo)
    root = here.made("volume", "/volumes", "volume", name=trip.name("root"), size=1, imageRef=guest(cloud))
    disk = {"source_type": "volume", "destination_type": "volume", "uuid": root, "boot_index": 0}
    server = here.boot(name=trip.name("server"), block_device_mapping_v2=[disk])
    image = here.image_of(server)
    before = Images(cloud, undo).look(image)

    snapshot = json.loads(before["block_device_mapping"])[0]["snapshot_id"]
    here._settled("/snapshots", "snapshot", snapshot, "available")
    old = here.content(DISK, snapshot_id=snapshot)

    trip.back_up()
    told = [one.code for one in trip.findings() if one.address == f"snapshot_image/{image}"]
    assert told == ["snapshots-read"]
    first, now = stream(trip, snapshot), stream(trip, root)
    assert first.read > 8 * MIB > first.stored, "only what the guest has written since is new"
    assert handle(now).digest != handle(first).digest
    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    assert trip.differences == []
    restored, taken = outcome.ids[f"snapshot_image/{image}"], outcome.ids[f"volume_snapshot/{snapshot}"]
    assert there.content(DISK, snapshot_id=taken) == old
    after = Images(other, undo).look(restored)
    new = {"block_device_mapping": "", "base_image_ref": ""}  # what it was made of is recorded only
    assert {**after, **new} == {**before, **new}
    roots = list[str]()
    undo(lambda: [there._removed("volume", "/volumes", one) for one in roots])
    booted = there.boot(name=trip.name("again"), imageRef=restored)
    [attached] = there.compute.get(f"/servers/{booted}/os-volume_attachments")["volumeAttachments"]
    roots.append(attached["volumeId"])
    used = there.block.get(f"/volumes/{attached['volumeId']}")["volume"]
    assert (used["snapshot_id"], used["bootable"]) == (taken, "true")
