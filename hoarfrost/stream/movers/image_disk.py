"""Disks that travel as images: a disk read out of one, and a temporary image with a disk in it.

Both volumes and servers go this way. Who makes the image, and from what, is their own business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hoarfrost.cloud import Borrow, Borrowed, Cloud
from hoarfrost.errors import Refused, Unavailable
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.model import Resource, Stream
from hoarfrost.repository import Extent
from hoarfrost.stream.movers.content import base_of, handle
from hoarfrost.stream.movers.disk import Disk, RawDisk
from hoarfrost.stream.movers.qcow2 import Qcow2Disk
from hoarfrost.stream.movers.sparse import Ranges, SparseImage

IMAGES = "/v2/images"
BYTES = {"Content-Type": "application/octet-stream"}


def open_disk(cloud: Cloud, id: str) -> Disk:
    """The virtual disk in the image ``id``. Raises Refused for a format that cannot be read in parts."""
    rest = cloud.rest("image")
    body = rest.get(f"{IMAGES}/{id}")

    def fetch(offset: int, length: int) -> bytes:
        data = b"".join(rest.download(f"{IMAGES}/{id}/file", offset, length))
        if len(data) != length:
            raise Unavailable(f"The image {id} gave {len(data)} bytes at {offset} instead of {length}.")
        return data

    if body["disk_format"] == "qcow2":
        return Qcow2Disk(fetch, body["size"])
    if body["disk_format"] == "raw":
        return RawDisk(fetch, body["size"])
    raise Refused(f"The image {id} has the format {body['disk_format']}; only qcow2 and raw can be read.")


def read_disk(
    cloud: Cloud, id: str, resource: Resource, storage: Storage, base: Stream | None, tell: Tell
) -> Stream:
    """The disk in the image ``id`` as the stream of ``resource``."""
    disk = open_disk(cloud, id)

    def told() -> Iterator[Extent]:
        for extent in disk.extents():
            yield extent
            tell(extent.offset + extent.length, disk.size)

    ref = storage.write(resource.address, disk.size, told(), base_of(base))
    return Stream(
        address=resource.address,
        size=disk.size,
        format="raw",
        ref=ref,
        logical=disk.size,
        read=ref.read,
        new=ref.new,
        stored=ref.stored,
    )


def lend_image(
    cloud: Cloud,
    borrow: Borrow,
    stream: Stream,
    storage: Storage,
    tell: Tell,
    properties: Mapping[str, str],
) -> Borrowed:
    """A temporary qcow2 image that holds the disk and what is not zero in it."""
    rest, ref = cloud.rest("image"), handle(stream)

    def make(name: str) -> str:
        about = {"name": name, "disk_format": "qcow2", "container_format": "bare", "visibility": "private"}
        return str(rest.post(IMAGES, {**properties, **about})["id"])

    def read(ranges: Ranges) -> Iterator[Extent]:
        for extent in storage.read(ref, ranges):
            yield extent
            tell(extent.offset + extent.length, stream.size)

    image = borrow.take("image", make)
    rest.upload(f"{IMAGES}/{image.id}/file", SparseImage(ref.size, storage.map(ref), read), BYTES)
    return image
