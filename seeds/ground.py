"""What a seed's tenant stands on: what the cloud offers, and a neighbour who shares something with the project.

The neighbour is the administrator's own project, so that neither of the two projects of the story owns what is
foreign to it. Leaves to `demo.offer` how names are found, and to `seeds.outside` what NDP proxies stand on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from openstack.connection import Connection

from demo.offer import Offer as Names
from demo.offer import offer as names_of
from seeds import outside
from seeds.api import APIS
from seeds.rest import Refused, Rest

FOREIGN = "seeds-foreign"
GROUPS = "seeds-groups"


@dataclass(frozen=True)
class Offer:
    """``names``: of what the cloud offers. The rest are ids."""

    names: Names
    external_network: str
    flavor: str
    guest_image: str
    volume_type: str
    group_type: str
    default_security_group: str
    foreign_network: str
    neighbour_project: str
    scoped_pool: str
    """Shared, of the IPv6 address scope of the network outside; "" where that has none."""
    project: str
    user: str
    roles: dict[str, str]
    """Name -> id, for an administrator's story only."""

    def words(self) -> dict[str, Any]:
        """What a blueprint may ask of its ``offer``."""
        return {**vars(self), "access": f"{self.project}:{self.user}"}


class Neighbour(NamedTuple):
    network: str
    project: str
    scoped_pool: str


def offer(rest: Rest, neighbour: Neighbour, roles: dict[str, str]) -> Offer:
    cloud = rest.cloud
    names = names_of(cloud)
    (default,) = [one for one in rest.all("security_group") if one["name"] == "default"]
    return Offer(
        names=names,
        external_network=_named(cloud.network.networks(is_router_external=True), names.external_network),
        flavor=_named(cloud.compute.flavors(), names.flavors[0]),
        volume_type=cloud.block_storage.get("/types/default").json()["volume_type"]["id"],
        group_type=_group_type(rest) or "",
        guest_image=_named(cloud.image.images(visibility="public"), names.guest_image),
        default_security_group=default["id"],
        foreign_network=neighbour.network,
        neighbour_project=neighbour.project,
        scoped_pool=neighbour.scoped_pool,
        project=rest.project,
        user=rest.user,
        roles=roles,
    )


def _named(found: Any, name: str) -> str:
    return str(next(one.id for one in found if one.name == name))


def neighbourhood(admin: Connection, projects: list[str], scoped: bool) -> Neighbour:
    """The neighbour, whose network is shared with ``projects``. Made where it is missing, and so is a type of volume
    groups. ``scoped``: and an IPv6 address scope for the network outside."""
    rest = Rest(admin)
    if _group_type(rest) is None:
        rest.ask(APIS["volume_group"], "POST", "/group_types", {"group_type": {"name": GROUPS}})
    found = [one for one in rest.all("network") if one["name"] == FOREIGN]
    network = found[0] if found else _shared(rest)
    for project in projects:
        grant = {"object_id": network["id"], "object_type": "network", "target_tenant": project}
        try:
            body = {"rbac_policy": {**grant, "action": "access_as_shared"}}
            rest.ask(APIS["rbac_policy"], "POST", "/rbac-policies", body)
        except Refused as refused:
            if refused.status != 409:
                raise
    return Neighbour(network["id"], rest.project, outside.pool(rest, make=scoped))


def _group_type(rest: Rest) -> str | None:
    found = rest.ask(APIS["volume_group"], "GET", "/group_types")["group_types"]
    return next((str(one["id"]) for one in found if one["name"] == GROUPS), None)


def _shared(rest: Rest) -> dict[str, Any]:
    body = {"network": {"name": FOREIGN, "description": "The neighbour's, shared"}}
    network = rest.ask(APIS["network"], "POST", "/networks", body)["network"]
    subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.123.0.0/24", "name": FOREIGN}
    rest.ask(APIS["subnet"], "POST", "/subnets", {"subnet": subnet})
    return dict(network)
