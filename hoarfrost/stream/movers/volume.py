"""Volumes: snapshot -> temporary volume -> temporary image -> disk, and back through a temporary image.

The detour over a volume is there because a volume that is in use, or has snapshots, may refuse to be
uploaded; one that was made from a snapshot does neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from hoarfrost.cloud import Borrow, Borrowed, Cloud, wait_until
from hoarfrost.errors import NotFound, WentWrong
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.kinds.volume import cinder_says, is_past
from hoarfrost.model import Finding, Frozen, Resource, Stream
from hoarfrost.stream.movers.content import base_of, handle
from hoarfrost.stream.movers.image_disk import IMAGES, lend_image, read_disk
from hoarfrost.stream.movers.locked import LUKS, key_of, lend_locked

LIMIT = 4 * 3600.0
"""Seconds for the cloud to copy a volume; it does so at its own pace."""

FORMATS = ("qcow2", "raw")
"""What a volume is uploaded as: qcow2 leaves zeros out; a cloud may allow only raw."""

LOCKED = ("raw",)
"""The same of an encrypted one: Cinder takes nothing else (400)."""


class VolumeMover:
    def read(
        self,
        cloud: Cloud,
        borrow: Borrow,
        resource: Resource,
        frozen: Frozen | None,
        storage: Storage,
        base: Stream | None,
        tell: Tell,
    ) -> Stream:
        """What a snapshot of the user held in the last backup is what it holds now: nothing is read."""
        if frozen is None:
            raise WentWrong(f"There is no snapshot of the volume {resource.name!r}.")
        locked = bool(resource.body.get("encrypted"))
        if is_past(resource.body):
            usable = base is not None and (base.secret or not locked)  # a cut run leaves no key
            if base is not None and usable and (before := base_of(base)) and storage.keep(before):
                return Stream(
                    address=resource.address,
                    size=base.size,
                    format=base.format,
                    ref=before,
                    logical=base.size,
                    secret=base.secret,
                )
            _readable(cloud, borrow, frozen.id)
        copy = _copy(cloud, borrow, frozen.id)
        image = _upload(cloud, borrow, copy, LOCKED if locked else FORMATS)
        secret = key_of(cloud, borrow, image, resource.body) if locked else ""
        stream = read_disk(cloud, image.id, resource, storage, base, tell)
        if locked:
            stream = replace(stream, format=LUKS, secret=secret)
        borrow.give_back(image)
        borrow.give_back(copy)
        return stream

    def supply(
        self, cloud: Cloud, borrow: Borrow, resource: Resource, stream: Stream, storage: Storage, tell: Tell
    ) -> Mapping[str, Any]:
        """A volume that is all zeros needs no image: a new one is."""
        if stream.format == LUKS:
            return lend_locked(cloud, borrow, int(resource.body["size"]), stream, storage, tell)
        if not any(storage.map(handle(stream))):
            return {}
        return {"imageRef": lend_image(cloud, borrow, stream, storage, tell, {}).id}

    def fill(
        self, cloud: Cloud, resource: Resource, id: str, stream: Stream, storage: Storage, tell: Tell
    ) -> tuple[Finding, ...]:
        """It came with the create call."""
        return ()


def _readable(cloud: Cloud, borrow: Borrow, snapshot: str) -> None:
    """Wait for a snapshot that was just taken: Nova's images name theirs before they are there."""
    rest = cloud.rest("block-storage")

    def ready() -> bool | None:
        borrow.go_on()
        status = rest.get(f"/snapshots/{snapshot}")["snapshot"]["status"]
        if status.startswith("error") or status == "deleting":
            raise WentWrong(f"The snapshot {snapshot} is {status}.")
        return True if status in ("available", "backing-up") else None

    wait_until(ready, what=f"taking the snapshot {snapshot}", limit=LIMIT)


def _copy(cloud: Cloud, borrow: Borrow, snapshot: str) -> Borrowed:
    """A volume with the bytes of the snapshot."""
    rest = cloud.rest("block-storage")

    def make(name: str) -> str:
        return str(rest.post("/volumes", {"volume": {"name": name, "snapshot_id": snapshot}})["volume"]["id"])

    copy = borrow.take("volume", make)

    def ready() -> bool | None:
        borrow.go_on()
        status = rest.get(f"/volumes/{copy.id}")["volume"]["status"]
        if status.startswith("error"):
            raise WentWrong(
                f"A volume from the snapshot {snapshot} became {status}.{cinder_says(cloud, copy.id)}"
            )
        return True if status == "available" else None

    wait_until(ready, what=f"making a volume from the snapshot {snapshot}", limit=LIMIT)
    return copy


def _upload(cloud: Cloud, borrow: Borrow, volume: Borrowed, formats: tuple[str, ...]) -> Borrowed:
    """An image with the bytes of the volume, in the first of ``formats`` that works."""
    *others, last = formats
    for form in others:
        try:
            return _upload_as(cloud, borrow, volume, form)
        except WentWrong:
            continue
    return _upload_as(cloud, borrow, volume, last)


def _upload_as(cloud: Cloud, borrow: Borrow, volume: Borrowed, form: str) -> Borrowed:
    rest, images = cloud.rest("block-storage", "3.70"), cloud.rest("image")

    def make(name: str) -> str:
        wanted = {
            "image_name": name,
            "disk_format": form,
            "container_format": "bare",
            "visibility": "private",
        }
        answer = rest.post(f"/volumes/{volume.id}/action", {"os-volume_upload_image": wanted})
        return str(answer["os-volume_upload_image"]["image_id"])

    image = borrow.take("image", make)

    def ready() -> bool | None:
        borrow.go_on()
        # A failed upload says nothing: the image is gone, or stays as it is, while the volume is available
        # again.
        volume_status = rest.get(f"/volumes/{volume.id}")["volume"]["status"]
        try:
            status = images.get(f"{IMAGES}/{image.id}")["status"]
        except NotFound:
            status = "gone"
        if status == "active":
            return True
        if volume_status != "uploading" or status in ("gone", "killed", "deleted", "pending_delete"):
            said = cinder_says(cloud, volume.id)
            raise WentWrong(f"The volume could not be copied to a {form} image.{said}")
        return None

    wait_until(ready, what=f"copying the volume {volume.name} to an image", limit=LIMIT)
    return image
