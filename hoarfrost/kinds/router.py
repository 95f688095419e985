"""Routers, their interfaces, and floating addresses: how networks meet each other and the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict, NotFound, Refused
from hoarfrost.kinds.field import Asked, Drop, Keep, Late, Note, Ref, Tags
from hoarfrost.kinds.kind import Chosen, Resolve
from hoarfrost.kinds.network import occupied
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body, Finding


class Router(Neutron):
    """A router: gateway, extra routes, flags. Its interfaces are router_interface."""

    path, key, plural = "/v2.0/routers", "router", "routers"
    sdk = "openstack.network.v2.router.Router"

    kept = Keep("name", "description", "admin_state_up")
    zones = Keep("availability_zone_hints", extension="router_availability_zone")
    ndp = Keep("enable_ndp_proxy", default=False, extension="l3-ndp-proxy")
    gateway = Ref("external_gateway_info.network_id", to="network", optional=True)
    gateway_qos = Ref("external_gateway_info.qos_policy_id", to="qos_policy", optional=True)
    snat = Asked("external_gateway_info.enable_snat", default=True)
    gateway_addresses = Asked(
        "external_gateway_info.external_fixed_ips",
        why="only an administrator may choose the gateway's address",
    )
    gateway_subnets = Ref("external_gateway_info.external_fixed_ips[].subnet_id", to="subnet", note=True)
    routes = Late("routes", after="router_interface", why="the next hop must be on a network of the router")
    kind_of_router = Asked(
        "distributed", "ha", "enable_default_route_ecmp", "enable_default_route_bfd", default=False
    )
    tags = Tags("tags")
    noted = Note("status", "availability_zones", "enable_snat", "external_gateways", "revision")
    not_kept = Drop("flavor_id", "service_type_id", "evpn_vni", why="the operator decides about it")
    helpers = Drop("conntrack_helpers", why="connection tracking helpers are not restored")

    def findings(self, body: Body) -> Iterator[Finding]:
        if len(body.get("external_gateways") or ()) > 1:
            yield self.note(
                body, "warning", "not-kept", "{} has several external gateways; only the first comes back."
            )


INTERFACES = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)


class RouterInterface(Neutron):
    """A router's leg in a subnet: the body is that of its port, which comes into being with it."""

    path, key, plural = "/v2.0/ports", "port", "ports"
    sdk = "openstack.network.v2.port.Port"
    natural = ("device_id", "fixed_ips[].subnet_id")
    quota = ""  # its port is one of the ports

    router = Ref("device_id", to="router")
    network = Ref("network_id", to="network")
    subnets = Ref("fixed_ips[].subnet_id", to="subnet")
    kept = Keep("name", "description")
    noted = Note(
        "mac_address", "admin_state_up", "device_owner", "status", "tags", why="the router makes the port"
    )
    of_the_port = Note(
        "allowed_address_pairs",
        "binding:host_id",
        "binding:profile",
        "binding:vif_details",
        "binding:vif_type",
        "binding:vnic_type",
        "data_plane_status",
        "device_profile",
        "dns_assignment",
        "dns_domain",
        "dns_name",
        "extra_dhcp_opts",
        "hardware_offload_type",
        "hints",
        "ip_allocation",
        "numa_affinity_policy",
        "port_security_enabled",
        "propagate_uplink_status",
        "pvlan_community",
        "pvlan_type",
        "qos_network_policy_id",
        "qos_policy_id",
        "resource_request",
        "security_groups",
        "trunk_details",
        "trusted",
        why="means nothing on a router's port",
    )

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield from (body for body in super().enumerate(cloud) if body["device_owner"] in INTERFACES)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self.enumerate(cloud)

    def brings(self, body: Body) -> tuple[str, ...]:
        return (f"port/{body['id']}",)

    def title(self, body: Body) -> str:
        return ", ".join(one["ip_address"] for one in body["fixed_ips"])

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        yield self.key, 1

    def clash(self, body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
        return occupied(body, resolve, visible)

    def create(self, cloud: Cloud, request: Body) -> Body:
        """By subnet where it has the subnet's gateway address, else by a port that holds the address."""
        rest = self._rest(cloud)
        legs: list[dict[str, Any]] = [{"subnet_id": one["subnet_id"]} for one in request["fixed_ips"]]
        gateways = {rest.get(f"/v2.0/subnets/{one['subnet_id']}")["subnet"]["gateway_ip"] for one in legs}
        if any(one["ip_address"] not in gateways for one in request["fixed_ips"]):
            port = {key: value for key, value in request.items() if key != "device_id"}
            legs = [{"port_id": rest.post(self.path, {"port": port})["port"]["id"]}]
        for leg in legs:
            answer = rest.put(f"/v2.0/routers/{request['device_id']}/add_router_interface", leg)
        return self.show(cloud, answer["port_id"])

    def delete(self, cloud: Cloud, id: str) -> None:
        """Its port goes with it, and so do the router's routes that lead through it: they forbid it (409)."""
        try:
            body = self.show(cloud, id)
        except NotFound:
            return
        router, rest = f"/v2.0/routers/{body['device_id']}", self._rest(cloud)
        try:
            rest.put(f"{router}/remove_router_interface", {"port_id": id})
        except Conflict:
            subnets = (rest.get(f"/v2.0/subnets/{one['subnet_id']}")["subnet"] for one in body["fixed_ips"])
            ranges = [ip_network(one["cidr"]) for one in subnets]
            routes = rest.get(router)["router"]["routes"]
            kept = [one for one in routes if not any(ip_address(one["nexthop"]) in range for range in ranges)]
            if kept == routes:
                raise
            rest.put(router, {"router": {"routes": kept}})
            rest.put(f"{router}/remove_router_interface", {"port_id": id})


WAS = "hoarfrost:was="
"""Begins the tag of a floating address that stands for another one: so it is recognised the next time."""


class FloatingIp(Neutron):
    """A floating address. The same one needs the role manager or admin, or else any address takes its place.

    Then a tag on it says which address it stands for.
    """

    path, key, plural = "/v2.0/floatingips", "floatingip", "floatingips"
    sdk = "openstack.network.v2.floating_ip.FloatingIP"
    natural = ("floating_ip_address",)

    network = Ref("floating_network_id", to="network")
    address = Asked(
        "floating_ip_address",
        roles=("manager", "admin"),
        why="only a manager or administrator may choose the address; another one takes its place",
    )
    kept = Keep("description")
    dns = Keep("dns_domain", "dns_name", extension="dns-integration")
    qos = Ref("qos_policy_id", to="qos_policy", optional=True, extension="qos-fip")
    port = Ref("port_id", to="port", late=True, optional=True)
    fixed = Late("fixed_ip_address", after="server")
    reachable = Late(after="router_interface", why="the port must be behind a router with a gateway")
    tags = Tags("tags")
    noted = Note("status", "router_id", "port_details", "qos_network_policy_id")
    not_kept = Drop("distributed", why="the operator decides about it")
    forwardings = Drop("port_forwardings", why="port forwardings are not restored")
    asking_only = Drop("subnet_id", why="only said when asking for an address")

    def title(self, body: Body) -> str:
        return str(body["floating_ip_address"])

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        stands_for = [tag.removeprefix(WAS) for tag in body.get("tags") or () if tag.startswith(WAS)]
        return (stands_for[0] if stands_for else body["floating_ip_address"],)

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        return body | {"tags": [tag for tag in body.get("tags") or () if not tag.startswith(WAS)]}

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """The address is asked for in any case: the policies of this cloud may be kinder than the default."""
        address = self.likeness(body)
        return super().request(body, resolve, may) | {"floating_ip_address": address[0] if address else ""}

    def create(self, cloud: Cloud, request: Body) -> Body:
        try:
            return super().create(cloud, request)
        except (
            Refused
        ):  # not allowed (403), somebody else has it (409), not in the range of this network (400)
            return super().create(cloud, {k: v for k, v in request.items() if k != "floating_ip_address"})

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        wanted = self.likeness(body)
        tags = [tag for tag in body.get("tags") or () if not tag.startswith(WAS)]
        if wanted and self.show(cloud, id)["floating_ip_address"] != wanted[0]:
            tags.append(f"{WAS}{wanted[0]}")
        super().made(cloud, id, {"tags": tags}, resolve)

    def late(self, body: Body, resolve: Resolve) -> Body:
        update = super().late(body, resolve)
        return update if "port_id" in update else {}

    def findings(self, body: Body) -> Iterator[Finding]:
        if body.get("port_forwardings"):
            yield self.note(body, "warning", "not-kept", "{} has port forwardings; they are not restored.")
