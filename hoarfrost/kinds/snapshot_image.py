"""Images without bytes: what Nova makes of a server that boots from a volume."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Drop, Keep, Note, Ref
from hoarfrost.kinds.image import Image, devices
from hoarfrost.kinds.kind import Chosen, Resolve
from hoarfrost.model import Body, Finding

BYTES = {"Content-Type": "application/octet-stream"}


class SnapshotImage(Image):
    """An image of a server that boots from a volume: it holds no bytes, but names a snapshot of each volume.

    Those snapshots are read for it, also where nobody asks for snapshots, and are stored as differences from their
    volumes. It comes back naming the restored ones, and a server can be made of it as before. Each of its snapshots
    comes back with a volume of its own, which counts against the quotas and has to stay while the image is used.
    Where a snapshot is gone, it cannot be restored. ``+mapping``: the property ``block_device_mapping``, read.
    """

    mover, quota = "", ""

    mapping = Keep("+mapping")
    snapshots = Ref("+mapping[].snapshot_id", to="volume_snapshot")
    volumes = Ref("+mapping[].volume_id", to="volume")
    images = Ref("+mapping[].image_id", to="image")
    types = Drop("+mapping[].volume_type", why="that of the restored volume is taken")
    as_text = Note("block_device_mapping", why="as +mapping")

    def is_one(self, body: Body) -> bool:
        return bool(devices(body))

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        return (one | {"+mapping": devices(one)} for one in super().enumerate(cloud))

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        return (one | {"+mapping": devices(one)} for one in super().visible(cloud) if self.is_one(one))

    def show(self, cloud: Cloud, id: str) -> Body:
        body = super().show(cloud, id)
        return body | {"+mapping": devices(body)}

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        yield Image.quota, 1

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return wanted | {"block_device_mapping": json.dumps(wanted.pop("+mapping"))}

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """No bytes are bytes to Glance: without them it would wait for some for ever."""
        if self.show(cloud, id)["status"] == "queued":
            self._rest(cloud).upload(f"{self.path}/{id}/file", [b""], BYTES)

    def findings(self, body: Body) -> Iterator[Finding]:
        yield from super().findings(body)
        sizes = [int(one.get("volume_size") or 0) for one in body["+mapping"] if one.get("snapshot_id")]
        if sizes:
            sentence = (
                f"{{}} names snapshots of volumes, which are read for it: {len(sizes)}, {sum(sizes)} GiB."
            )
            yield self.note(body, "info", "snapshots-read", sentence)
