"""Networks, subnets and ports: where addresses live.

Subnets are made with DHCP off and ports before servers, so that no DHCP port takes an address that a port
had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, NotFound, Refused
from hoarfrost.kinds.field import Asked, AskedRef, Drop, Keep, Late, Note, Ref, Tags, values
from hoarfrost.kinds.hostname import HOSTNAME
from hoarfrost.kinds.kind import Chosen, Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.role import Powers, holds
from hoarfrost.kinds.stand_in import Ask, Rule, same_name, the_only
from hoarfrost.model import Body


def same_ranges(ask: Ask) -> tuple[Body, str] | None:
    """A network with a subnet in which the floating addresses of the backup lie."""
    addresses = {
        ip_address(one.body["floating_ip_address"])
        for one in ask.graph
        if one.body.get("floating_network_id") == ask.resource.id and one.body.get("floating_ip_address")
    }
    ids = {
        one["network_id"]
        for one in (ask.visible("subnet") if addresses else ())
        if any(address in ip_network(one["cidr"]) for address in addresses)
    }
    found = [one for one in ask.offers if ask.kind.id(one) in ids]
    return (found[0], "a guess: it has the range of the floating addresses") if len(found) == 1 else None


class Network(Neutron):
    """A network of the project. External ones and those that others share are only mapped."""

    path, key, plural = "/v2.0/networks", "network", "networks"
    sdk = "openstack.network.v2.network.Network"
    stand_ins: ClassVar[tuple[Rule, ...]] = (same_name, same_ranges, the_only)

    kept = Keep("name", "description", "admin_state_up")
    zones = Keep("availability_zone_hints", extension="network_availability_zone")
    mtu = Keep("mtu", extension="net-mtu-writable")
    port_security = Keep("port_security_enabled", default=True, extension="port-security")
    dns = Keep("dns_domain", extension="dns-integration")
    vlan = Keep("vlan_transparent", default=False, extension="vlan-transparent")
    qos = Ref("qos_policy_id", to="qos_policy", optional=True, extension="qos")
    of_the_operator = Asked("shared", "router:external", "is_default", default=False)
    tags = Tags("tags")
    noted = Note(
        "status", "subnets", "availability_zones", "ipv4_address_scope", "ipv6_address_scope", "l2_adjacency"
    )
    provider = Asked(
        "provider:network_type",
        "provider:physical_network",
        "provider:segmentation_id",
        "segments",
        why="only an administrator may choose what carries the network, and only what is free there",
    )
    stacked = Asked("qinq", default=False, extension="qinq")
    not_kept = Drop("vlan_qinq", "pvlan", "project_default", why="the operator decides about it")
    asking_only = Drop("ha", why="only said when Neutron asks itself for the network of a router")

    def create(self, cloud: Cloud, request: Body) -> Body:
        """A project's default policy is given to every network that names none; then it is taken away again."""
        body = self._granted(cloud, request)
        if body.get("qos_policy_id") and not request.get("qos_policy_id"):
            self.finish(cloud, body["id"], {"qos_policy_id": None})
        return body

    def _granted(self, cloud: Cloud, request: Body) -> Body:
        """What carries it, its zones and its MTU are wishes: one that this cloud cannot fulfil refuses the whole."""
        for wishes in (self.provider.paths, self.zones.paths, self.mtu.paths):
            try:
                return super().create(cloud, request)
            except (Refused, NotFound):
                granted = {name: value for name, value in request.items() if name not in wishes}
                if granted == request and wishes == self.mtu.paths:
                    raise
                request = granted
        return super().create(cloud, request)

    def fits(self, ours: Body, theirs: Body) -> bool:
        return bool(ours.get("router:external")) == bool(theirs.get("router:external"))


TRANSIT_SUBNET = "vpn-transit-subnet-"
"""How the name of the subnet begins that leads from a router to its VPN on OVN."""


DELEGATED = "prefix_delegation"
"""Stands in place of a pool's id where the provider's router gives the range."""


class PoolRef(Ref):
    """The pool of a subnet."""

    def named(self, value: Any) -> tuple[str, str] | None:
        return None if value == DELEGATED else super().named(value)


class Subnet(Neutron):
    """A subnet. Its range is kept to the letter, also where a subnet pool gave it."""

    path, key, plural = "/v2.0/subnets", "subnet", "subnets"
    sdk = "openstack.network.v2.subnet.Subnet"
    natural = ("network_id", "cidr")

    network = Ref("network_id", to="network")
    kept = Keep(
        "name",
        "description",
        "cidr",
        "ip_version",
        "allocation_pools",
        "dns_nameservers",
        "host_routes",
        "ipv6_ra_mode",
        "ipv6_address_mode",
    )
    gateway = Keep("gateway_ip", null=True, why="none is not the same as the first address")
    services = Keep("service_types", extension="subnet-service-types")
    dns = Keep("dns_publish_fixed_ip", default=False, extension="subnet-dns-publish-fixed-ip")
    dhcp = Late(
        "enable_dhcp",
        after=("port", "load_balancer"),
        before="server",
        at_first=False,
        why="a DHCP port may take an address that a port or a load balancer had",
    )
    tags = Tags("tags")
    noted = Note("status", "router:external", "shared")
    pool = PoolRef("subnetpool_id", to="subnet_pool", optional=True, extension="subnet_allocation")
    segment = AskedRef("segment_id", to="segment", extension="segment")
    not_kept = Drop("leak_routes", why="the operator decides about BGP")
    asking_only = Drop("prefixlen", "use_default_subnetpool", why="only said when asking a pool for a range")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """IPv6 modes are refused while DHCP is off; their addresses follow the MAC, so none is taken."""
        wanted = super().request(body, resolve, may)
        if "ipv6_ra_mode" in wanted or "ipv6_address_mode" in wanted:
            wanted["enable_dhcp"] = body["enable_dhcp"]
        return wanted

    def create(self, cloud: Cloud, request: Body) -> Body:
        """A pool that is not the same one there may not have the range (400, 409): then it comes without."""
        try:
            return super().create(cloud, request)
        except Refused:
            if request.get("subnetpool_id", DELEGATED) == DELEGATED:
                raise
            said = {name: value for name, value in request.items() if name not in self.pool.paths}
            return super().create(cloud, said)

    def late(self, body: Body, resolve: Resolve) -> Body:
        return (
            {} if body.get("ipv6_ra_mode") or body.get("ipv6_address_mode") else super().late(body, resolve)
        )

    def made_by(self, body: Body) -> str:
        """VPN on OVN puts a transit subnet into the project, on a network that the project cannot see."""
        return "neutron-vpnaas" if self.title(body).startswith(TRANSIT_SUBNET) else ""


MADE_BY_CLOUD = ("network:", "neutron:", "Octavia", "octavia:", "ovn-lb", "baremetal:", "manila:")
"""How device_owner begins on ports that a service made for itself."""


def occupied(body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
    """Who has the MAC or the fixed addresses of ``body`` on a network that is not made anew, "" if nobody.

    On a network that the restore makes there is nobody yet, and DHCP comes late.
    """
    network = resolve("network", str(body.get("network_id") or ""))
    addresses = set(values(body, "fixed_ips[].ip_address"))
    if not network or not (addresses or body.get("mac_address")):
        return ""
    for other in visible("port"):
        if other.get("network_id") != network:
            continue
        taken = sorted(addresses & set(values(other, "fixed_ips[].ip_address")))
        if taken or (body.get("mac_address") and other.get("mac_address") == body["mac_address"]):
            what = ", ".join(taken) or f"the MAC {body['mac_address']}"
            owner = f" ({other['device_owner']})" if other.get("device_owner") else ""
            return f"{what} belongs to the port {other.get('name') or other['id']}{owner} there"
    return ""


def not_ours(body: Body, chosen: Chosen, powers: Powers) -> bool:
    """Whether its network is another project's, and so MAC and addresses are not for a member to choose."""
    network = chosen("network", str(body.get("network_id") or ""))
    owner = (network or {}).get("project_id") or powers.project_id
    return owner != powers.project_id and not holds(powers.roles, ("admin",))


OF_ANOTHER = "the network is another project's: only its owner or an administrator may choose it"


class Port(Neutron):
    """A port: MAC, addresses, groups. Those of servers come back too; the server is given them.

    A server does not remove a port that it was given: when a restored server is deleted, its ports stay.
    Ports that a service made for itself (DHCP, router interfaces, load balancers) are only recorded.
    """

    path, key, plural = "/v2.0/ports", "port", "ports"
    sdk = "openstack.network.v2.port.Port"
    natural = ("network_id", "mac_address")

    network = Ref("network_id", to="network")
    subnets = Ref("fixed_ips[].subnet_id", to="subnet", null=True)
    groups = Ref("security_groups[]", to="security_group", null=True, optional=True)
    addresses = Keep("fixed_ips[].ip_address")
    kept = Keep("name", "description", "admin_state_up", "mac_address")
    device = Keep("device_owner", "device_id", why="where the user says them; a server or trunk says its own")
    pairs = Keep("allowed_address_pairs", extension="allowed-address-pairs")
    dhcp_options = Keep("extra_dhcp_opts", extension="extra_dhcp_opt")
    port_security = Keep("port_security_enabled", extension="port-security")
    vnic = Keep("binding:vnic_type", default="normal", extension="binding")
    dns = Keep("dns_name", extension="dns-integration")
    dns_domain = Keep("dns_domain", extension="dns-domain-ports")
    uplink = Keep("propagate_uplink_status", extension="uplink-status-propagation")
    numa = Keep("numa_affinity_policy", extension="port-numa-affinity-policy")
    device_profile = Keep("device_profile", extension="port-device-profile")
    offload = Keep("hardware_offload_type", extension="port-hardware-offload-type")
    qos = Ref("qos_policy_id", to="qos_policy", optional=True, extension="qos")
    hints = Asked("hints", extension="port-hints")
    trusted = Asked("trusted", default=False, extension="port-trusted-vif")
    tags = Tags("tags")
    noted = Note("status", "dns_assignment", "ip_allocation", "qos_network_policy_id", "resource_request")
    host = Note(
        "binding:host_id",
        "binding:profile",
        "binding:vif_type",
        "binding:vif_details",
        "data_plane_status",
        why="the target cloud binds the port",
    )
    trunk = Note("trunk_details", why="the trunk says it")
    not_kept = Drop("pvlan_type", "pvlan_community", why="the operator decides about private VLANs")

    def title(self, body: Body) -> str:
        return super().title(body) or ", ".join(one["ip_address"] for one in body.get("fixed_ips") or ())

    def made_by(self, body: Body) -> str:
        owner = str(body.get("device_owner") or "")
        return owner if owner.startswith(MADE_BY_CLOUD) else ""

    def clash(self, body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
        return occupied(body, resolve, visible)

    def withheld(self, body: Body, chosen: Chosen, powers: Powers) -> Iterator[tuple[str, str]]:
        if not_ours(body, chosen, powers):
            yield "mac_address", OF_ANOTHER
            yield "fixed_ips[].ip_address", OF_ANOTHER
            if body.get("allowed_address_pairs"):
                yield "allowed_address_pairs", OF_ANOTHER
            if body.get("port_security_enabled") is False:
                yield "port_security_enabled", OF_ANOTHER
        server = chosen("server", str(body.get("device_id") or "")) if of_server(body) else None
        host = str((server or {}).get(HOSTNAME) or "").lower()
        if host and (body.get("dns_name") or host).lower() not in (host, host.partition(".")[0]):
            yield "dns_name", "Nova gives a server's port the host name of the server"

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        for address in wanted.get("fixed_ips") or ():
            if follows_mac(address.get("ip_address", ""), body["mac_address"]):
                del address[
                    "ip_address"
                ]  # refused where the subnet gives addresses by MAC; it gives the same one
        if taken(body):
            # Nova refuses a port with a device_id, or with a dns_name that is not the hostname.
            wanted.pop("device_id", None)
            wanted.pop("dns_name", None)
            if not str(body["device_owner"]).startswith("compute:"):
                wanted.pop("device_owner")
        return wanted

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        """Whose a port is is compared as far as it is the user's word; a zone's name is not. Nor is the host name of
        its server, which says it itself: a cloud may know it in one of the two places only. One of the user's own is
        `withheld`."""
        if not taken(body):
            return body
        owner = body["device_owner"].partition(":")[0]
        said = {"device_owner": owner, "device_id": ""}
        return body | said | ({"dns_name": ""} if of_server(body) else {})

    def create(self, cloud: Cloud, request: Body) -> Body:
        """On a network that another project shares, only its owner may choose MAC and addresses (403); anybody the
        subnets.

        A server's port is made as nobody's: as a server's, it could not be removed any more should the server not
        come. Only where a subnet is for servers alone (400), it has to be one from the start.
        """
        said = dict(request)
        owner = said.pop("device_owner", "") if taken(request) else ""
        try:
            return super().create(cloud, said)
        except Forbidden:
            refused = ("mac_address", "port_security_enabled", "allowed_address_pairs", "fixed_ips")
            less = {key: value for key, value in said.items() if key not in refused}
            legs = [{"subnet_id": one["subnet_id"]} for one in said.get("fixed_ips") or ()]
            return super().create(cloud, less | ({"fixed_ips": legs} if legs else {}))
        except Refused:
            if not owner:
                raise
            return super().create(cloud, said | {"device_owner": owner})

    def delete(self, cloud: Cloud, id: str) -> None:
        """Also one that was said to be a server's: that only Nova may remove (403)."""
        try:
            super().delete(cloud, id)
        except Forbidden:
            self.finish(cloud, id, {"device_owner": ""})
            super().delete(cloud, id)


def taken(body: Body) -> bool:
    """Whether a server or a trunk has said whose the port is."""
    return str(body.get("device_owner") or "").startswith(("compute:", "trunk:"))


def of_server(body: Body) -> bool:
    return str(body.get("device_owner") or "").startswith("compute:")


def follows_mac(address: Any, mac: str) -> bool:
    """Whether an IPv6 address ends in the modified EUI-64 of ``mac`` (RFC 4291, appendix A)."""
    if ":" not in str(address):
        return False
    octets = bytes.fromhex(mac.replace(":", ""))
    eui = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return IPv6Address(address).packed[8:] == eui
