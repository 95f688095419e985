"""Networks, subnets of both families and every mode, pools and scopes, QoS policies, routers with interfaces."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Call, Id
from seeds.values import some, tags

MODES: tuple[dict[str, str], ...] = (
    {},
    {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"},
    {"ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"},
    {"ipv6_ra_mode": "dhcpv6-stateless", "ipv6_address_mode": "dhcpv6-stateless"},
    {"ipv6_address_mode": "slaac"},
)
DNS = ("10.0.0.54", "10.0.0.53", "192.0.2.1")
EXTERNAL = Id("offer", "external_network")


def tagging(blueprint: Blueprint, path: str) -> list[Call]:
    """The call that tags the new thing, or none; most types do not take tags at creation."""
    words = tags(blueprint.random)
    return [Call("PUT", f"{path}/{{id}}/tags", {"tags": list(words)})] if words else []


def qualities(blueprint: Blueprint) -> None:
    """QoS policies with their rules: only a manager may make them, and any member may use them."""
    random = blueprint.random
    for _ in range(random.randint(1, 3)):
        body = {"name": "slow", **some("qos_policy", random)}
        policy = blueprint.add("qos_policy", body, *tagging(blueprint, "/policies"))
        for direction in random.sample(("egress", "ingress"), random.randint(0, 2)):
            rule = {"max_kbps": 3000, "direction": direction, **some("qos_bandwidth_limit_rule", random)}
            blueprint.add("qos_bandwidth_limit_rule", rule, under=policy)
        if random.random() < 0.5:
            rule = {"dscp_mark": 10, **some("qos_dscp_marking_rule", random)}
            blueprint.add("qos_dscp_marking_rule", rule, under=policy)


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    pool = _pool(blueprint) if random.random() < 0.4 else ""
    for number in range(1, random.randint(2, 2 + blueprint.size // 25) + 1):
        _network(blueprint, number, pool if number == 1 else "")
    for number in range(random.randint(0, 1 + blueprint.size // 60)):
        _router(blueprint, number)


def _pool(blueprint: Blueprint) -> str:
    random = blueprint.random
    scope = {"name": "scope", "ip_version": 4, **some("address_scope", random, "ip_version")}
    body = {"prefixes": ["10.200.0.0/16", "10.202.0.0/16"], "name": "pool", **some("subnet_pool", random)}
    if random.random() < 0.5:
        body["address_scope_id"] = Id(blueprint.add("address_scope", scope))
    if random.random() < 0.5:
        blueprint.add("address_scope", some("address_scope", random) | {"ip_version": 6, "name": "six"})
    return blueprint.add("subnet_pool", body, *tagging(blueprint, "/subnetpools"))


def _network(blueprint: Blueprint, number: int, pool: str) -> None:
    random = blueprint.random
    body = some("network", random)
    if blueprint.of("qos_policy") and random.random() < 0.4:
        body["qos_policy_id"] = Id(random.choice(blueprint.of("qos_policy")).label)
    label = blueprint.add("network", body, *tagging(blueprint, "/networks"))
    if random.random() < 0.1:
        return
    first = f"10.200.{number}" if pool else f"10.{20 + number}.0"
    chosen = {"subnetpool_id": Id(pool)} if pool else {}
    _subnet(blueprint, label, first, chosen)
    if random.random() < 0.3 and not pool:
        _subnet(blueprint, label, f"10.{20 + number}.1", {})
    if random.random() < 0.35:
        _six(blueprint, label, number)
    if random.random() < 0.15 and not pool:
        only = {"service_types": ["compute:nova", "network:floatingip_agent_gateway"], "enable_dhcp": False}
        _subnet(blueprint, label, f"10.{20 + number}.2", only)


def _subnet(blueprint: Blueprint, network: str, first: str, chosen: dict[str, Any]) -> None:
    random = blueprint.random
    body = {"network_id": Id(network), "ip_version": 4, "cidr": f"{first}.0/24"}
    body |= some("subnet", random) | chosen
    if gateway := random.choice(("", "", ".1", ".254", "none")):
        body["gateway_ip"] = None if gateway == "none" else first + gateway
    if random.random() < 0.3:
        ranges = ((100, 149), (160, 169)) if random.random() < 0.5 else ((10, 99),)
        body["allocation_pools"] = [{"start": f"{first}.{a}", "end": f"{first}.{b}"} for a, b in ranges]
    if random.random() < 0.4:
        body["dns_nameservers"] = random.sample(DNS, random.randint(1, 3))
    if random.random() < 0.3:
        routes = random.sample(("10.77.0.0/16", "0.0.0.0/1", "192.0.2.7/32"), random.randint(1, 3))
        body["host_routes"] = [{"destination": one, "nexthop": f"{first}.250"} for one in routes]
    blueprint.add("subnet", body, *tagging(blueprint, "/subnets"))


def _six(blueprint: Blueprint, network: str, number: int) -> None:
    random = blueprint.random
    body = {"network_id": Id(network), "ip_version": 6, "cidr": f"fd00:{number}::/64"}
    body |= some("subnet", random, "enable_dhcp") | random.choice(MODES)
    if random.random() < 0.3:
        body["gateway_ip"] = f"fd00:{number}::fe"
    if random.random() < 0.3:
        body["dns_nameservers"] = ["2001:db8::53"]
    blueprint.add("subnet", body, *tagging(blueprint, "/subnets"))


def _router(blueprint: Blueprint, number: int) -> None:
    random = blueprint.random
    free = [
        one for one in blueprint.of("subnet") if _reachable(one.body) and not _taken(blueprint, one.label)
    ]
    connected = random.sample(free, min(len(free), random.randint(0, 3)))
    body = some("router", random)
    if gateway := random.random() < 0.7:
        body["external_gateway_info"] = {"network_id": EXTERNAL}
    label = blueprint.add("router", body, *tagging(blueprint, "/routers"))
    previous: tuple[str, ...] = ()
    for subnet in connected:
        made = {"router": Id(label), "subnet": Id(subnet.label), "outside": gateway}
        previous = (blueprint.add("router_interface", made, after=previous),)
    if plain := [one for one in connected if one.body["ip_version"] == 4]:
        nexthop = plain[0].body["cidr"].replace(".0/24", ".251")
        routes = [{"destination": f"10.{90 + number}.{one}.0/24", "nexthop": nexthop} for one in range(2)]
        update = {"router": {"routes": routes[: random.randint(0, 2)]}}
        path = Id(label, "id", "/routers/{}")
        blueprint.add("extra", {"service": "network"}, Call("PUT", path, update), after=previous)


def _reachable(subnet: dict[str, Any]) -> bool:
    """Whether a router can have the gateway's address there."""
    modes = [subnet.get("ipv6_ra_mode"), subnet.get("ipv6_address_mode")]
    return subnet.get("gateway_ip", "") is not None and modes[0] == modes[1] and "service_types" not in subnet


def _taken(blueprint: Blueprint, subnet: str) -> bool:
    return any(one.body["subnet"] == Id(subnet) for one in blueprint.of("router_interface"))
