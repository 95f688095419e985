"""What the cloud looks like to its tenants, in two flavours that differ in names and shapes.

A restore onto the other flavour has to map all that is named here.  Users and projects have the same names in
both (their ids are always new).
"""

from dataclasses import dataclass

from devcloud.settings import STATE

CHOSEN = STATE / "flavour"


@dataclass(frozen=True)
class Size:
    """A compute flavor: MiB of memory, virtual CPUs, GiB of root disk and of ephemeral disk, MiB of swap."""

    name: str
    memory: int
    cpus: int
    disk: int
    ephemeral: int = 0
    swap: int = 0


@dataclass(frozen=True)
class Flavour:
    zone: str
    external_network: str
    external_subnets: tuple[tuple[str, str], ...]
    """(CIDR, gateway) for each."""
    sizes: tuple[Size, ...]
    volume_types: tuple[str, ...]
    """The first one is the default."""
    storage_policies: tuple[str, ...]
    """Object storage; the first one is the default."""
    images: tuple[str, ...]
    """The guest's image comes first; any other is a small raw disk without an operating system."""


FLAVOURS = {
    "a": Flavour(
        zone="nova",
        external_network="public",
        external_subnets=(("203.0.113.0/24", "203.0.113.1"), ("2001:db8:ffff::/64", "2001:db8:ffff::1")),
        sizes=(
            Size("m1.tiny", 128, 1, 1),
            Size("m1.small", 160, 1, 2),
            Size("m1.scratch", 128, 1, 1, ephemeral=1, swap=64),
        ),
        volume_types=("standard",),
        storage_policies=("Policy-0",),
        images=("guest-12",),
    ),
    "b": Flavour(
        zone="zone-1",
        external_network="internet",
        external_subnets=(("198.51.100.0/24", "198.51.100.1"),),
        sizes=(
            Size("t.nano", 128, 1, 1),
            Size("t.micro", 192, 1, 2),
            Size("t.scratch", 128, 1, 1, ephemeral=1, swap=64),
        ),
        volume_types=("capacity", "fast"),
        storage_policies=("silver",),
        images=("Guest Linux", "Blank disk"),
    ),
}


def chosen() -> Flavour:
    """The flavour this cloud was made with."""
    return FLAVOURS[CHOSEN.read_text().strip() if CHOSEN.exists() else "a"]
