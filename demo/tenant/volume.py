"""The tenant's volumes: two blank ones that a guest writes to, a bootable one, an unattached one."""

from __future__ import annotations

from typing import Any

from openstack.connection import Connection

from demo.offer import Offer

LIMIT = 120


def build(cloud: Connection, offer: Offer) -> None:
    """``spare`` is made from an image of the tenant's, so images have to be there."""
    guest = cloud.image.find_image(offer.guest_image)
    seed = cloud.image.find_image("seed")
    made = [
        _create(
            cloud,
            "web-data",
            volume_type=offer.volume_type,
            availability_zone=offer.zone,
            description="What the shop knows",
            metadata={"purpose": "data", "wichtig": "ja, täglich"},
        ),
        _create(cloud, "web-logs", metadata={"purpose": "logs"}),
        _create(cloud, "db-root", imageRef=guest.id, description="Boots db"),
        _create(cloud, "spare", imageRef=seed.id, metadata={"shelf": "3"}),
    ]
    for volume in made:
        cloud.block_storage.wait_for_status(volume, "available", failures=["error"], interval=1, wait=LIMIT)


def _create(cloud: Connection, name: str, **fields: Any) -> Any:
    body = {"name": name, "size": 1, **fields}
    answer = cloud.block_storage.post("/volumes", json={"volume": body})
    answer.raise_for_status()
    return cloud.block_storage.get_volume(answer.json()["volume"]["id"])


def change_metadata(cloud: Connection) -> None:
    volume = cloud.block_storage.find_volume("web-data")
    cloud.block_storage.set_volume_metadata(volume, purpose="data", edition="second")
