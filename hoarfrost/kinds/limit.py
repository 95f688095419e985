"""Quotas as part of a project: how much of the network service's things it may have."""

from __future__ import annotations

from collections.abc import Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Asked, Drop
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body


class NetworkQuota(Neutron):
    """The network quotas of the project. Everybody may read them; only an administrator's restore sets them."""

    path, key, plural = "/v2.0/quotas", "quota", ""
    sdk = "openstack.network.v2.quota.Quota"
    natural = ()
    quota = ""
    makes = ("admin",)

    limits = Asked(
        "floatingip",
        "network",
        "port",
        "rbac_policy",
        "router",
        "router_route",
        "security_group",
        "security_group_rule",
        "subnet",
        "subnetpool",
        "trunk",
    )
    of_vpn = Asked("endpoint_group", "ikepolicy", "ipsecpolicy", "ipsec_site_connection", "vpnservice")
    of_firewalls = Asked("firewall_group", "firewall_policy", "firewall_rule")
    of_balancers = Drop(
        "loadbalancer", "listener", "pool", "healthmonitor", "l7policy", why="the load balancer has its own"
    )
    asking_only = Drop("check_limit", "name", why="not in the API's answer")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield self.show(cloud, cloud.project_id)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        """A list of quotas is for administrators (403), and of those that were changed only."""
        yield from self.enumerate(cloud)

    def show(self, cloud: Cloud, id: str) -> Body:
        """Without the limits that are those of every project there: they are the operator's, not this one's."""
        usual = self.open(self._rest(cloud).get(f"{self.path}/{id}/default"))
        body = super().show(cloud, id)
        return {name: limit for name, limit in body.items() if usual.get(name) != limit} | {"id": id}

    def title(self, body: Body) -> str:
        return "network"

    def standing(self, body: Body) -> bool:
        return True

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        may, there = self.may(cloud), super().show(cloud, id)
        said = {name: body[name] for name in body if may(name) and there.get(name, body[name]) != body[name]}
        if said:
            self.finish(cloud, id, said)

    def delete(self, cloud: Cloud, id: str) -> None:
        """A project always has quotas."""
