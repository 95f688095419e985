"""What a cloud offers to its tenants, under whatever names it has them: found, never assumed.

Leaves to `demo.tenant` what is built of it, and to `demo.compare` which name on one cloud stands for which on
another.
"""

from __future__ import annotations

from dataclasses import dataclass

from openstack.connection import Connection


@dataclass(frozen=True)
class Offer:
    """The names a tenant has to use here. Flavors go from small to large: equal places, alike sizes."""

    external_network: str
    flavors: tuple[str, ...]
    volume_type: str
    zone: str
    storage_policy: str
    guest_image: str


def offer(cloud: Connection) -> Offer:
    flavors = sorted(
        (one for one in cloud.compute.flavors() if one.disk and not one.ephemeral and not one.swap),
        key=lambda one: (one.ram, one.disk, one.vcpus, one.name),
    )
    zones = [one.name for one in cloud.compute.availability_zones() if one.name != "internal"]
    return Offer(
        external_network=next(one.name for one in cloud.network.networks(is_router_external=True)),
        flavors=tuple(one.name for one in flavors),
        volume_type=cloud.block_storage.get("/types/default").json()["volume_type"]["name"],
        zone=zones[0],
        storage_policy=_default_policy(cloud),
        guest_image=_guest_image(cloud),
    )


def _default_policy(cloud: Connection) -> str:
    policies = cloud.object_store.get_info().swift["policies"]
    return str(next(one["name"] for one in policies if one.get("default")))


def _guest_image(cloud: Connection) -> str:
    """The smallest name among the public images that call themselves a guest."""
    names = sorted(one.name for one in cloud.image.images(visibility="public") if one.status == "active")
    return next((name for name in names if "guest" in name.lower()), names[0])
