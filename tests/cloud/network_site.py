"""What the tenant of `network_tenant` consists of: edge values for everything that can be set."""

from __future__ import annotations

from typing import Any

from hoarfrost.cloud import Cloud
from tests.cloud.network_tenant import Tenant


def build(tenant: Tenant, manager: Cloud, admin: Cloud, outside: str, scope6: str) -> None:
    """``outside``: external network; ``scope6``: its IPv6 address scope, shared."""
    _pools(tenant, scope6)
    _limits(tenant, manager, admin)
    _groups(tenant)
    _networks(tenant)
    _subnets(tenant)
    _routers(tenant, outside)
    _ports(tenant)
    _trunks(tenant)
    _addresses(tenant, outside)
    _aliases(tenant)
    _shares(tenant, admin.project_id)
    group = tenant.ids["group a"]
    said = {"resource_type": "security_group", "resource_id": group, "event": "DROP", "enabled": False}
    tenant.make("log/logs", "log", by=manager, name="log ✎", **said)
    tenant.make("log/logs", "log of all", by=manager, name="", resource_type="security_group", event="ALL")


def _pools(tenant: Tenant, scope6: str) -> None:
    scope = tenant.make("address-scopes", "scope", ip_version=4)
    tenant.make(
        "subnetpools",
        "pool 4",
        name="pool",
        prefixes=["10.80.0.0/16", "10.96.0.0/15"],
        default_prefixlen=26,
        min_prefixlen=20,
        max_prefixlen=28,
        default_quota=5000,
        address_scope_id=scope,
        tags=("pool", "größe:s"),
    )
    six = {"prefixes": ["2001:db8:80::/48"], "default_prefixlen": 64, "address_scope_id": scope6}
    tenant.make("subnetpools", "pool 6", name="pool", **six)
    tenant.make("subnetpools", "pool without a scope", name="☃", prefixes=["192.0.2.0/24"])


def _limits(tenant: Tenant, manager: Cloud, admin: Cloud) -> None:
    """QoS policies, which a member cannot make."""
    rules: list[tuple[str, dict[str, Any]]] = [
        ("bandwidth_limit", {"max_kbps": 1000, "max_burst_kbps": 0, "direction": "egress"}),
        ("bandwidth_limit", {"max_kbps": 2000, "max_burst_kbps": 1500, "direction": "ingress"}),
        ("dscp_marking", {"dscp_mark": 0}),
        ("minimum_bandwidth", {"min_kbps": 10, "direction": "egress"}),
    ]
    policy = tenant.make("qos/policies", "limit", by=manager, name="limit", is_default=True, tags=("q",))
    for kind, said in rules:
        manager.rest("network").post(f"/v2.0/qos/policies/{policy}/{kind}_rules", {f"{kind}_rule": said})
    pps = tenant.make("qos/policies", "limit of packets", by=manager, name="limit")
    for kind, said in [
        ("packet_rate_limit", {"max_kpps": 5, "max_burst_kpps": 1, "direction": "ingress"}),
        ("minimum_packet_rate", {"min_kpps": 1, "direction": "any"}),
    ]:
        admin.rest("network").post(f"/v2.0/qos/policies/{pps}/{kind}_rules", {f"{kind}_rule": said})


def _groups(tenant: Tenant) -> None:
    """Groups of one name that name each other, address groups of one name, a default group that was changed."""
    near = tenant.make(
        "address-groups", "addresses a", name="addresses", addresses=["10.1.0.0/16", "10.2.0.1/32"]
    )
    far = tenant.make("address-groups", "addresses b", name="addresses", addresses=["2001:db8::/32"])
    a = tenant.make("security-groups", "group a", name="group", tags=("ä", "b"))
    b = tenant.make("security-groups", "group b", name="group", stateful=False)
    tenant.make("security-groups", "group without a name", name="")
    default = next(
        iter(
            tenant.rest.list(
                "/v2.0/security-groups", "security_groups", name="default", project_id=tenant.cloud.project_id
            )
        )
    )["id"]
    tenant.rest.put(
        f"/v2.0/security-groups/{default}", {"security_group": {"description": f"{tenant.mark} default"}}
    )
    four, six = {"ethertype": "IPv4"}, {"ethertype": "IPv6"}
    rules: list[tuple[str, dict[str, Any]]] = [
        (a, {"remote_group_id": b, "protocol": "tcp", "port_range_min": 1, "port_range_max": 65535, **four}),
        (b, {"remote_group_id": a, "protocol": "udp", **four}),
        (b, {"remote_group_id": b, **six}),
        (a, {"remote_address_group_id": near, "protocol": "112", **four}),
        (a, {"remote_address_group_id": far, "protocol": "ipv6-icmp", "port_range_min": 128, **six}),
        (
            a,
            {
                "remote_ip_prefix": "0.0.0.0/0",
                "protocol": "icmp",
                "port_range_min": 8,
                "port_range_max": 0,
                **four,
            },
        ),
        (a, {"remote_ip_prefix": "10.9.9.9/8", "protocol": "sctp", **four}),
        (default, {"protocol": "tcp", "port_range_min": 2222, "port_range_max": 2222, **four}),
    ]
    for number, (group, said) in enumerate(rules):
        tenant.make(
            "security-group-rules", f"rule {number} ≠", security_group_id=group, direction="ingress", **said
        )
    egress = {"security_group_id": b, "direction": "egress", "protocol": "tcp", **four}
    tenant.make("security-group-rules", "rule out", port_range_min=443, port_range_max=443, **egress)


def _networks(tenant: Tenant) -> None:
    limit = tenant.ids["limit"]
    tenant.make(
        "networks",
        "front",
        name="net",
        mtu=1300,
        dns_domain="front.example.",
        qos_policy_id=limit,
        tags=("kept", "naïve", "x" * 60),
    )
    tenant.make("networks", "back", name="net", admin_state_up=False)
    tenant.make("networks", "open", name="", port_security_enabled=False)
    tenant.make("networks", "unicode", name="Netz ☃ 网络")
    for label in ("back", "open", "unicode"):  # the default policy was put on them
        tenant.rest.put(f"/v2.0/networks/{tenant.ids[label]}", {"network": {"qos_policy_id": None}})


def _subnets(tenant: Tenant) -> None:
    front, back = tenant.ids["front"], tenant.ids["back"]
    four, six = tenant.ids["pool 4"], tenant.ids["pool 6"]
    tenant.make(
        "subnets", "front 4", name="s", network_id=front, ip_version=4, subnetpool_id=four, prefixlen=25
    )
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    tenant.make("subnets", "front 6", name="s", network_id=front, ip_version=6, subnetpool_id=six, **modes)
    tenant.make(
        "subnets",
        "back 4",
        name="",
        network_id=back,
        ip_version=4,
        cidr="10.81.0.0/24",
        gateway_ip="10.81.0.254",
        allocation_pools=[
            {"start": "10.81.0.100", "end": "10.81.0.120"},
            {"start": "10.81.0.130", "end": "10.81.0.130"},
        ],
        dns_nameservers=["10.81.0.3", "10.81.0.2"],
        host_routes=[{"destination": "10.7.0.0/16", "nexthop": "10.81.0.9"}],
        dns_publish_fixed_ip=True,
        tags=("t",),
    )
    tenant.make(
        "subnets",
        "no way out",
        network_id=back,
        ip_version=4,
        cidr="10.82.0.0/29",
        gateway_ip=None,
        enable_dhcp=False,
    )
    tenant.make(
        "subnets",
        "of servers",
        network_id=back,
        ip_version=4,
        cidr="10.83.0.0/28",
        service_types=["compute:nova", "network:floatingip"],
    )
    for number, mode in enumerate(("dhcpv6-stateful", "dhcpv6-stateless")):
        said = {"ipv6_ra_mode": mode, "ipv6_address_mode": mode, "cidr": f"fd81:{number}::/64"}
        tenant.make("subnets", f"open {mode}", network_id=tenant.ids["open"], ip_version=6, **said)
    tenant.make("subnets", "unicode 6", network_id=tenant.ids["unicode"], ip_version=6, cidr="fd82::/64")
    tenant.make(
        "subnets", "unicode 4", network_id=tenant.ids["unicode"], ip_version=4, cidr="10.84.0.0/24", name="ü"
    )


def _routers(tenant: Tenant, outside: str) -> None:
    rest = tenant.rest
    gateway = {"network_id": outside}
    router = tenant.make(
        "routers", "edge", name="r", external_gateway_info=gateway, enable_ndp_proxy=True, tags=("edge",)
    )
    more = {"router": {"external_gateways": [gateway]}}
    rest.put(f"/v2.0/routers/{router}/add_external_gateways", more)
    for subnet in ("front 4", "front 6"):
        leg = {"subnet_id": tenant.ids[subnet]}
        port = rest.put(f"/v2.0/routers/{router}/add_router_interface", leg)["port_id"]
        tenant.describe(port, f"leg {subnet}")
    fixed = [{"subnet_id": tenant.ids["back 4"], "ip_address": "10.81.0.253"}]
    chosen = {
        "network_id": tenant.ids["back"],
        "fixed_ips": fixed,
        "mac_address": "fa:16:3e:81:00:fd",
        "name": "leg",
    }
    port = rest.post("/v2.0/ports", {"port": chosen})["port"]["id"]
    rest.put(f"/v2.0/routers/{router}/add_router_interface", {"port_id": port})
    tenant.describe(port, "leg back 4")
    rest.put(f"/v2.0/ports/{port}/tags", {"tags": ["leg"]})
    routes = [
        {"destination": "10.99.0.0/24", "nexthop": "10.81.0.9"},
        {"destination": "2001:db8:99::/64", "nexthop": _second(tenant, "front 6")},
    ]
    rest.put(f"/v2.0/routers/{router}", {"router": {"routes": routes}})
    tenant.make("routers", "alone", name="r", admin_state_up=False)


def _second(tenant: Tenant, subnet: str) -> str:
    body = tenant.rest.get(f"/v2.0/subnets/{tenant.ids[subnet]}")["subnet"]
    return f"{body['cidr'].partition('/')[0]}2"


def _ports(tenant: Tenant) -> None:
    ids = tenant.ids
    front, back = ids["front"], ids["back"]
    fixed = [{"subnet_id": ids["back 4"], "ip_address": "10.81.0.7"}]
    tenant.make(
        "ports",
        "chosen",
        name="p",
        network_id=back,
        mac_address="fa:16:3e:81:00:07",
        fixed_ips=[*fixed, {"subnet_id": ids["no way out"], "ip_address": "10.82.0.3"}],
        security_groups=[ids["group a"], ids["group without a name"]],
        allowed_address_pairs=[
            {"ip_address": "10.81.0.0/25"},
            {"ip_address": "fd00::/8", "mac_address": "fa:16:3e:00:00:01"},
        ],
        extra_dhcp_opts=[
            {"opt_name": "26", "opt_value": "1200"},
            {"opt_name": "59", "opt_value": "x", "ip_version": 6},
        ],
        device_owner="keepalived",
        device_id="vip of the shop",
        tags=("nic:0",),
    )
    off = {"port_security_enabled": False, "security_groups": [], "admin_state_up": False}
    tenant.make("ports", "without groups", name="p", network_id=back, fixed_ips=[], **off)
    tenant.make(
        "ports", "no groups", name="", network_id=back, security_groups=[], **{"binding:vnic_type": "direct"}
    )
    owned = {
        "device_owner": "compute:nova",
        "fixed_ips": [{"subnet_id": ids["of servers"], "ip_address": "10.83.0.5"}],
    }
    tenant.make("ports", "of a server", network_id=back, **owned)
    numa = {"numa_affinity_policy": "socket", "propagate_uplink_status": False}
    tenant.make("ports", "numa", network_id=ids["unicode"], qos_policy_id=ids["limit"], **numa)
    named = {"dns_name": "www", "dns_domain": "front.example."}
    tenant.make("ports", "named", name="ñ", network_id=front, **named)
    tenant.make("ports", "inside", network_id=front)
    tenant.make("ports", "open", network_id=ids["open"])


def _trunks(tenant: Tenant) -> None:
    parent = tenant.make("ports", "parent", network_id=tenant.ids["unicode"])
    parts = [tenant.make("ports", f"part {vlan}", network_id=tenant.ids["front"]) for vlan in (1, 4094)]
    ports = [
        {"port_id": port, "segmentation_type": "vlan", "segmentation_id": vlan}
        for port, vlan in zip(parts, (1, 4094), strict=True)
    ]
    tenant.make("trunks", "trunk", name="trunk", port_id=parent, sub_ports=ports, tags=("t",))
    lone = tenant.make("ports", "lone parent", network_id=tenant.ids["unicode"])
    tenant.make("trunks", "lone trunk", name="trunk", port_id=lone, admin_state_up=False)


def _addresses(tenant: Tenant, outside: str) -> None:
    ids, net = tenant.ids, {"floating_network_id": outside}
    tenant.make(
        "floatingips", "of named", port_id=ids["named"], qos_policy_id=ids["limit"], tags=("www",), **net
    )
    tenant.make("floatingips", "free", dns_name="free", dns_domain="example.org.", **net)
    address = tenant.make("floatingips", "forwarding", **net)
    port = tenant.rest.get(f"/v2.0/ports/{ids['inside']}")["port"]
    inside = next(one["ip_address"] for one in port["fixed_ips"] if "." in one["ip_address"])
    said = {"internal_port_id": ids["inside"], "internal_ip_address": inside}
    single = {"protocol": "tcp", "external_port": 2222, "internal_port": 22, "description": "ssh ⇒"}
    ranged = {"protocol": "udp", "external_port_range": "5000:5010", "internal_port_range": "6000:6010"}
    for one in (single, ranged):
        tenant.rest.post(f"/v2.0/floatingips/{address}/port_forwardings", {"port_forwarding": said | one})


def _aliases(tenant: Tenant) -> None:
    ids = tenant.ids
    known = {"network_id": ids["unicode"], "local_ip_address": "10.84.0.77", "ip_mode": "passthrough"}
    own = tenant.make("local_ips", "local", name="", **known)
    holder = tenant.make("ports", "holder", network_id=ids["unicode"])
    port = tenant.rest.get(f"/v2.0/ports/{holder}")["port"]
    address = next(one["ip_address"] for one in port["fixed_ips"] if "." in one["ip_address"])
    tenant.make("local_ips", "held", name="held", local_port_id=holder, local_ip_address=address)
    other = tenant.rest.get(f"/v2.0/ports/{ids['numa']}")["port"]
    fixed = next(one["ip_address"] for one in other["fixed_ips"] if "." in one["ip_address"])
    said = {"fixed_port_id": ids["numa"], "fixed_ip": fixed}
    tenant.rest.post(f"/v2.0/local_ips/{own}/port_associations", {"port_association": said})
    inside = tenant.rest.get(f"/v2.0/ports/{ids['inside']}")["port"]
    six = next(one["ip_address"] for one in inside["fixed_ips"] if ":" in one["ip_address"])
    tenant.make(
        "ndp_proxies", "proxy", name="n", router_id=ids["edge"], port_id=ids["inside"], ip_address=six
    )


def _shares(tenant: Tenant, guest: str) -> None:
    shared = {
        "network": "back",
        "security_group": "group a",
        "address_group": "addresses a",
        "address_scope": "scope",
        "subnetpool": "pool without a scope",
    }
    for type, label in shared.items():
        said = {"object_type": type, "object_id": tenant.ids[label], "target_tenant": guest}
        tenant.make("rbac-policies", f"share of {label}", action="access_as_shared", **said)
    said = {"object_type": "network", "object_id": tenant.ids["front"], "target_tenant": guest}
    tenant.make("rbac-policies", "outside", action="access_as_external", **said)
