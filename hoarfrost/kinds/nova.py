"""What servers refer to: key pairs, server groups, flavors, availability zones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Drop, Keep, Note, Ref
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.stand_in import Ask, Rule, same_name
from hoarfrost.model import Body


class Keypair(Kind):
    """The public half of a key pair. It belongs to the user, not to the project; servers name it."""

    service, path, key, plural = "compute", "/os-keypairs", "keypair", "keypairs"
    microversion = "2.92"
    sdk = "openstack.compute.v2.keypair.Keypair"
    natural = ("name", "fingerprint")

    kept = Keep("name", "public_key", "type")
    user = Ref("user_id", to="user", note=True)
    noted = Note("id", "fingerprint", "created_at", "updated_at", "deleted", "deleted_at")
    never_given = Drop("private_key", why="the API gives it once, when the pair is made")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield from (self.open(one) for one in super().enumerate(cloud))

    def show(self, cloud: Cloud, id: str) -> Body:
        return super().show(cloud, quote(id, safe=""))

    def id(self, body: Body) -> str:
        return str(body["name"])

    def delete(self, cloud: Cloud, id: str) -> None:
        super().delete(cloud, quote(id, safe=""))


class ServerGroup(Kind):
    """A server group with its policy. Servers join it when they are made."""

    service, path, key, plural = "compute", "/os-server-groups", "server_group", "server_groups"
    microversion = "2.64"
    sdk = "openstack.compute.v2.server_group.ServerGroup"
    natural = ("name", "policy")
    quota = "server groups"

    kept = Keep("name", "policy", "rules")
    project = Ref("project_id", to="project", note=True)
    user = Ref("user_id", to="user", note=True)
    noted = Note("id", "members", "metadata")
    older = Note("policies", why="before 2.64")


SIZES = {
    "vcpus": "vCPUs",
    "ram": "MiB of memory",
    "disk": "GiB of disk",
    "OS-FLV-EXT-DATA:ephemeral": "GiB of ephemeral disk",
    "swap": "MiB of swap",
}


def sizes(flavor: Body) -> tuple[int, ...]:
    """Swap is "" for none before microversion 2.75."""
    return tuple(int(flavor.get(one) or 0) for one in SIZES)


def as_large(one: Body, wanted: Body) -> bool:
    return all(ours >= theirs for ours, theirs in zip(sizes(one), sizes(wanted), strict=True))


def same_name_as_large(ask: Ask) -> tuple[Body, str] | None:
    found = same_name(ask)
    return found if found and as_large(found[0], ask.resource.body) else None


def nearest_size(ask: Ask) -> tuple[Body, str] | None:
    """Equal, or the smallest that is not smaller in anything."""
    fitting = [one for one in ask.offers if as_large(one, ask.resource.body)]
    if not fitting:
        return None
    best = min(fitting, key=lambda one: (sizes(one)[1], sizes(one)[0], *sizes(one)[2:], ask.kind.title(one)))
    if sizes(best) == sizes(ask.resource.body):
        return best, "equal in size"
    told = ", ".join(f"{size} {unit}" for size, unit in zip(sizes(best), SIZES.values(), strict=True) if size)
    return best, f"a guess: the nearest that is not smaller ({told})"


class Flavor(Kind):
    """A flavor that a server has."""

    service, path, key, plural = "compute", "/flavors", "flavor", "flavors"
    listing = "/flavors/detail"
    microversion = "2.61"
    sdk = "openstack.compute.v2.flavor.Flavor"
    mapped, owned = True, False
    stand_ins: ClassVar[tuple[Rule, ...]] = (same_name_as_large, nearest_size)

    noted = Note(
        "id",
        "name",
        "description",
        "vcpus",
        "ram",
        "disk",
        "swap",
        "rxtx_factor",
        "extra_specs",
        "links",
        "OS-FLV-DISABLED:disabled",
        "OS-FLV-EXT-DATA:ephemeral",
        "os-flavor-access:is_public",
    )
    sdk_only = Drop("original_name", why="how a server's embedded flavor is called")


class AvailabilityZone(Kind):
    """An availability zone of the compute service: a name. Recorded where a server asked for it."""

    service, path, key, plural = "compute", "/os-availability-zone", "", "availabilityZoneInfo"
    sdk = "openstack.compute.v2.availability_zone.AvailabilityZone"
    mapped, owned = True, False
    natural: ClassVar[tuple[str, ...]] = ("zoneName",)

    noted = Note("zoneName", "zoneState", "hosts")
    sdk_only = Drop("id", why="zones have only a name")

    def show(self, cloud: Cloud, id: str) -> Body:
        return {"zoneName": id}

    def id(self, body: Body) -> str:
        return str(body["zoneName"])

    def title(self, body: Body) -> str:
        return str(body["zoneName"])
