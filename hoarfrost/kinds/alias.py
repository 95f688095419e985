"""Addresses that stand for a port's own: local IPs, and NDP proxies, which make an IPv6 address known outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Drop, Keep, Note, Parent, Ref, Turn
from hoarfrost.kinds.kind import Chosen, Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.router import not_known_outside
from hoarfrost.model import Body

MADE_FOR_IT = "network:local_ip"
"""device_owner of the port that Neutron makes for a local IP for which no port is named."""


class LocalIp(Neutron):
    """An address that leads, within each host, to a port of that host; the port that holds it may be the user's."""

    path, key, plural = "/v2.0/local_ips", "local_ip", "local_ips"
    sdk = "openstack.network.v2.local_ip.LocalIP"
    natural = ("network_id", "local_ip_address")
    extension, quota = "local_ip", ""

    kept = Keep("name", "description", "local_ip_address", "ip_mode")
    network = Ref("network_id", to="network")
    port = Ref("+port", to="port", why="a port of the user's that holds the address")
    own_port = Note("local_port_id")
    turn = Turn(after=("subnet",), why="its network must have an IPv4 subnet, which it does not name")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        bodies = list(super().enumerate(cloud))
        query = {"device_owner": MADE_FOR_IT, "project_id": cloud.project_id, "fields": "id"}
        ports = self._rest(cloud).list("/v2.0/ports", "ports", **query) if bodies else ()
        own = {one["id"] for one in ports}
        yield from (_held(body, body["local_port_id"] in own) for body in bodies)

    def show(self, cloud: Cloud, id: str) -> Body:
        body = super().show(cloud, id)
        port = self._rest(cloud).get(f"/v2.0/ports/{body['local_port_id']}")["port"]
        return _held(body, port["device_owner"] == MADE_FOR_IT)

    def brings(self, body: Body) -> tuple[str, ...]:
        return () if "+port" in body else (f"port/{body['local_port_id']}",)

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        if port := wanted.pop("+port", None):
            wanted["local_port_id"] = port
            del wanted["network_id"]
        return wanted


def _held(body: Body, by_its_own: bool) -> Body:
    return body if by_its_own else body | {"+port": body["local_port_id"]}


class LocalIpAssociation(Neutron):
    """A port that answers for a local IP on its host."""

    path, key = "/v2.0/local_ips/{parent}/port_associations", "port_association"
    plural = "port_associations"
    sdk = "openstack.network.v2.local_ip_association.LocalIPAssociation"
    natural = ("+parent", "fixed_port_id")
    extension, quota = "local_ip", ""
    query: ClassVar[dict[str, str]] = {}

    address = Parent(LocalIp)
    port = Ref("fixed_port_id", to="port")
    kept = Keep("fixed_ip")
    noted = Note("local_ip_address", "local_ip_id", "host")
    sdk_only = Drop("name", why="associations have no name")

    def id(self, body: Body) -> str:
        """The port is all that tells it from others."""
        return f"{body[self.address.paths[0]]}/{body['fixed_port_id']}"

    def title(self, body: Body) -> str:
        return f"{body['local_ip_address']} at {body['fixed_ip']}"


class NdpProxy(Neutron):
    """An IPv6 address of a port that the router makes known on its external network."""

    path, key, plural = "/v2.0/ndp_proxies", "ndp_proxy", "ndp_proxies"
    sdk = "openstack.network.v2.ndp_proxy.NDPProxy"
    natural = ("router_id", "ip_address")
    query: ClassVar[dict[str, str]] = {}
    extension, quota = "l3-ndp-proxy", ""

    kept = Keep("name", "description", "ip_address")
    router = Ref("router_id", to="router")
    port = Ref("port_id", to="port")
    turn = Turn(after=("router_interface",), why="the port must be behind the router")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """The service refuses to filter them by project."""
        yield from (body for body in super().enumerate(cloud) if body["project_id"] == cloud.project_id)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self.enumerate(cloud)

    def barred(self, body: Body, chosen: Chosen) -> str:
        """By the router that it will be of, which may be there already."""
        router = chosen("router", body["router_id"])
        if router and router.get("enable_ndp_proxy") is False:
            return "NDP proxies are switched off at the router"
        return not_known_outside(router, chosen) if router else ""
