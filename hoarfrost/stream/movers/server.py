"""The disk of a server that is no volume: out of the image that the freeze made, back as an image to boot
from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.errors import WentWrong
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.model import Body, Finding, Frozen, Resource, Stream
from hoarfrost.stream.movers.image_disk import lend_image, read_disk

_PREFIXES = ("hw_", "os_", "img_")
_NAMES = ("architecture", "hypervisor_type", "vm_mode", "auto_disk_config")
_NOT = ("os_glance_", "os_hash_", "os_hidden", "img_signature", "img_linked_clone")


class ServerMover:
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
        if frozen is None:
            raise WentWrong(f"There is no image of the server {resource.name!r}.")
        return read_disk(cloud, frozen.id, resource, storage, base, tell)

    def supply(
        self, cloud: Cloud, borrow: Borrow, resource: Resource, stream: Stream, storage: Storage, tell: Tell
    ) -> Mapping[str, Any]:
        image = lend_image(cloud, borrow, stream, storage, tell, properties(resource.body))
        return {"imageRef": image.id}

    def fill(
        self, cloud: Cloud, resource: Resource, id: str, stream: Stream, storage: Storage, tell: Tell
    ) -> tuple[Finding, ...]:
        """It came with the create call."""
        return ()


def properties(server: Body) -> dict[str, str]:
    """Those properties of the server's image that say how to run it, not where it came from (Nova 2.98)."""
    found = (server.get("image") or {}).get("properties") or {}
    return {
        key: str(value)
        for key, value in found.items()
        if key in _NAMES or (key.startswith(_PREFIXES) and not key.startswith(_NOT))
    }
