"""Routers and their interfaces: how networks meet each other and the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict, Forbidden, NotFound
from hoarfrost.kinds.field import Asked, Drop, Keep, Late, Note, Ref, Tags, values
from hoarfrost.kinds.kind import Chosen, Resolve
from hoarfrost.kinds.network import OF_ANOTHER, TRANSIT_SUBNET, not_ours, occupied
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.role import Powers
from hoarfrost.model import Body

NO_SCOPE = "IPv6 addresses are made known only on a network outside that has an IPv6 address scope"


NO_GATEWAY = "IPv6 addresses are made known only by a router that has a gateway"


def not_known_outside(router: Body, chosen: Chosen) -> str:
    """Why ``router`` can make no addresses known on the network that its gateway will be on, "" if it can."""
    ids = list(values(router, "external_gateway_info.network_id"))
    outside = [one for one in (chosen("network", id) for id in ids) if one]
    if outside and not outside[0].get("ipv6_address_scope"):
        return NO_SCOPE
    return "" if ids else NO_GATEWAY


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
    routes = Late(
        "routes",
        after="router_interface",
        before="vpn_service",
        why="the next hop must be on a network of the router; a VPN adds its own later",
    )
    kind_of_router = Asked(
        "distributed", "ha", "enable_default_route_ecmp", "enable_default_route_bfd", default=False
    )
    tags = Tags("tags")
    gateways = Ref("external_gateways[].network_id", to="network", optional=True)
    gateways_qos = Ref("external_gateways[].qos_policy_id", to="qos_policy", optional=True)
    gateways_rest = Asked("external_gateways[].external_fixed_ips", "external_gateways[].enable_snat")
    noted = Note("status", "availability_zones", "enable_snat", "revision")
    not_kept = Drop("flavor_id", "service_type_id", "evpn_vni", why="the operator decides about it")
    helpers = Note("conntrack_helpers", why="each one is a conntrack_helper")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """The first of several gateways is also the one that the create call takes."""
        wanted = super().request(body, resolve, may)
        wanted.pop("external_gateways", None)
        return wanted

    def withheld(self, body: Body, chosen: Chosen, powers: Powers) -> Iterator[tuple[str, str]]:
        if body.get("enable_ndp_proxy") and (why := not_known_outside(body, chosen)):
            yield "enable_ndp_proxy", why

    def create(self, cloud: Cloud, request: Body) -> Body:
        """With what is refused for the network outside, there would be no router at all."""
        if request.get("enable_ndp_proxy"):
            outside = (request.get("external_gateway_info") or {}).get("network_id")
            network = self._rest(cloud).get(f"/v2.0/networks/{outside}")["network"] if outside else {}
            if not network.get("ipv6_address_scope"):
                request = request | {"enable_ndp_proxy": False}
        return super().create(cloud, request)

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """The other gateways, as many as are not there yet."""
        there = len(self.show(cloud, id).get("external_gateways") or ())
        more = super().request(body, resolve, self.may(cloud)).get("external_gateways") or []
        if there and (more := more[there:]):
            self._rest(cloud).put(
                f"{self.place(id)}/add_external_gateways", self.wrap({"external_gateways": more})
            )
        super().made(cloud, id, body, resolve)

    def late(self, body: Body, resolve: Resolve) -> Body:
        return {key: value for key, value in super().late(_own_routes(body), resolve).items() if value}

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        return self.once(_own_routes(body))

    def once(self, body: Body) -> Body:
        """The first of its gateways is also the ``external_gateway_info``."""
        more = {"external_gateways": body["external_gateways"][1:]} if body.get("external_gateways") else {}
        return body | more


TRANSIT = ip_network("169.254.0.0/28")
"""Between a router and its VPN on OVN, which puts a subnet, an interface and routes there by itself."""


def _own_routes(body: Body) -> Body:
    """Without those of the VPN."""
    kept = [one for one in body.get("routes") or () if ip_address(one["nexthop"]) not in TRANSIT]
    return body | {"routes": kept}


INTERFACES = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)


def _in_transit(body: Body) -> bool:
    return any(ip_address(address) in TRANSIT for address in values(body, "fixed_ips[].ip_address"))


class RouterInterface(Neutron):
    """A router's leg in a subnet: the body is that of its port, which comes into being with it."""

    path, key, plural = "/v2.0/ports", "port", "ports"
    sdk = "openstack.network.v2.port.Port"
    natural = ("device_id", "fixed_ips[].subnet_id")
    quota = ""  # its port is one of the ports

    router = Ref("device_id", to="router")
    network = Ref("network_id", to="network")
    subnets = Ref("fixed_ips[].subnet_id", to="subnet")
    addresses = Keep("fixed_ips[].ip_address")
    kept = Keep("name", "description")
    mac = Asked(
        "mac_address", roles=("member",), why="the router chooses it for a leg with the gateway's address"
    )
    tags = Tags("tags")
    noted = Note("admin_state_up", "device_owner", "status", why="the router makes the port")
    of_the_vpn = Note("+transit")
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
        """With a look at the subnets where one may be the VPN's; that its network is hidden is no proof."""
        found = [body for body in super().enumerate(cloud) if body["device_owner"] in INTERFACES]
        if not any(_in_transit(body) for body in found):
            yield from found
            return
        subnets = self._rest(cloud).list("/v2.0/subnets", "subnets", project_id=cloud.project_id)
        transit = {one["id"] for one in subnets if one["name"].startswith(TRANSIT_SUBNET)}
        for body in found:
            mark = {"+transit": True} if transit.intersection(values(body, "fixed_ips[].subnet_id")) else {}
            yield body | mark

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self.enumerate(cloud)

    def made_by(self, body: Body) -> str:
        return "neutron-vpnaas" if body.get("+transit") else ""

    def brings(self, body: Body) -> tuple[str, ...]:
        return (f"port/{body['id']}",)

    def title(self, body: Body) -> str:
        return ", ".join(one["ip_address"] for one in body["fixed_ips"])

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        yield self.key, 1

    def withheld(self, body: Body, chosen: Chosen, powers: Powers) -> Iterator[tuple[str, str]]:
        if not_ours(body, chosen, powers):
            yield "mac_address", OF_ANOTHER
            yield "fixed_ips[].ip_address", OF_ANOTHER
            return
        legs = (
            (chosen("subnet", one["subnet_id"]), one["ip_address"]) for one in body.get("fixed_ips") or ()
        )
        if all(subnet and subnet.get("gateway_ip") == address for subnet, address in legs):
            yield "mac_address", self.mac.why

    def clash(self, body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
        return occupied(body, resolve, visible)

    def create(self, cloud: Cloud, request: Body) -> Body:
        """By subnet where it has the subnet's gateway address, else by a port that holds the address.

        By port everywhere would keep the MAC, but a subnet that gives IPv6 addresses by MAC gives one to every port
        that is not yet a router's, and refuses to have its gateway's address held by one.
        """
        rest = self._rest(cloud)
        legs: list[Body] = [{"subnet_id": one["subnet_id"]} for one in request["fixed_ips"]]
        gateways = {rest.get(f"/v2.0/subnets/{one['subnet_id']}")["subnet"]["gateway_ip"] for one in legs}
        if any(one["ip_address"] not in gateways for one in request["fixed_ips"]):
            legs = [{"port_id": self._port(cloud, request)}]
        for leg in legs:
            answer = rest.put(f"/v2.0/routers/{request['device_id']}/add_router_interface", leg)
        said = {name: request[name] for name in self.kept.paths if name in request}
        if said and "subnet_id" in legs[0]:
            self.finish(cloud, answer["port_id"], said)
        return self.show(cloud, answer["port_id"])

    def _port(self, cloud: Cloud, request: Body) -> str:
        port = {key: value for key, value in request.items() if key != "device_id"}
        try:
            return str(self._rest(cloud).post(self.path, self.wrap(port))["port"]["id"])
        except Conflict:
            return self._left_over(cloud, port)
        except Forbidden:
            port.pop("mac_address", None)
            port["fixed_ips"] = [{"subnet_id": one["subnet_id"]} for one in port["fixed_ips"]]
            return str(self._rest(cloud).post(self.path, self.wrap(port))["port"]["id"])

    def _left_over(self, cloud: Cloud, port: Body) -> str:
        """The port that a run made which was cut before the router had it."""
        wanted = {one["ip_address"] for one in port["fixed_ips"]}
        for one in self._rest(cloud).list(self.path, self.plural, network_id=port["network_id"]):
            if not one["device_id"] and {leg["ip_address"] for leg in one["fixed_ips"]} == wanted:
                return str(one["id"])
        raise Conflict(f"the addresses {', '.join(sorted(wanted))} belong to another port")

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
