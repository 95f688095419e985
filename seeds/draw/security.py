"""Security groups that name each other in a circle, address groups, and rules of every shape."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Call, Id
from seeds.values import some, tags

ADDRESSES = ("203.0.113.0/24", "198.51.100.7/32", "2001:db8:7::/48", "192.0.2.128/25", "0.0.0.0/1")
DEFAULT = Id("offer", "default_security_group")


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    for _ in range(random.randint(0, 2)):
        addresses = random.sample(ADDRESSES, random.randint(0, 3))
        blueprint.add("address_group", {"addresses": addresses, **some("address_group", random)})
    for _ in range(random.randint(1, max(1, blueprint.size // 20))):
        _group(blueprint)
    groups: list[Any] = [Id(one.label) for one in blueprint.of("security_group")]
    seen: set[str] = set()
    for _ in range(blueprint.size // 4):
        _rule(blueprint, random.choice([*groups, DEFAULT]), [*groups, DEFAULT], seen)


def _group(blueprint: Blueprint) -> None:
    random = blueprint.random
    then = []
    if words := tags(random):
        then.append(Call("PUT", "/security-groups/{id}/tags", {"tags": list(words)}))
    for number in range(random.choice((0, 0, 1, 2))):
        path = Id("", f"security_group_rules.{number}.id", "/security-group-rules/{}")
        then.append(Call("DELETE", path))
    body = {"name": "unnamed", **some("security_group", random)}
    blueprint.add("security_group", body, *then)


def _rule(blueprint: Blueprint, group: Any, groups: list[Any], seen: set[str]) -> None:
    random = blueprint.random
    family = random.choice(("IPv4", "IPv4", "IPv6"))
    matches = random.choice(_matches(family))
    remote = random.choice(_remotes(blueprint, family, groups))
    fields = {"security_group_id": group, "direction": random.choice(("ingress", "ingress", "egress"))}
    fields |= {"ethertype": family, **matches, **remote}
    automatic = fields["direction"] == "egress" and not matches and not remote
    if automatic or repr(fields) in seen:
        return
    seen.add(repr(fields))
    body = fields | some("security_group_rule", random)
    said = {name: value for name, value in fields.items() if value not in (1, 65535)}
    if (
        said == fields or repr(said) not in seen
    ):  # all ports are none: Neutron takes the two for the same rule
        blueprint.add("security_group_rule", body)
    seen.add(repr(said))


def _matches(family: str) -> tuple[dict[str, Any], ...]:
    echo = {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}
    if family == "IPv6":
        echo = {"protocol": "ipv6-icmp", "port_range_min": 128}
    return (
        {},
        {"protocol": "tcp"},
        {"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535},
        {"protocol": "udp", "port_range_min": 53, "port_range_max": 53},
        {"protocol": "6", "port_range_min": 22, "port_range_max": 22},
        {"protocol": "112"},
        {"protocol": "0"},
        {"protocol": "sctp", "port_range_min": 7, "port_range_max": 9},
        echo,
    )


def _remotes(blueprint: Blueprint, family: str, groups: list[Any]) -> list[dict[str, Any]]:
    remotes: list[dict[str, Any]] = [{}, {"remote_group_id": blueprint.random.choice(groups)}]
    if family == "IPv4":
        remotes += [{"remote_ip_prefix": "10.1.2.3/24"}, {"remote_ip_prefix": "128.0.0.0/1"}]
        remotes.append({"remote_ip_prefix": "192.0.2.7/32"})
    else:
        remotes += [{"remote_ip_prefix": "2001:db8::1/64"}, {"remote_ip_prefix": "8000::/1"}]
    remotes += [{"remote_address_group_id": Id(one.label)} for one in blueprint.of("address_group")]
    return remotes


def logs(blueprint: Blueprint) -> None:
    """Of one group, or of all. Only a manager may make them, and sees them. One after the other: of the first two of a
    cloud, made at once, Neutron refuses one (500)."""
    random = blueprint.random
    before: tuple[str, ...] = ()
    for _ in range(random.randint(1, 3)):
        body = {"resource_type": "security_group", **some("network_log", random)}
        if random.random() < 0.7:
            body["resource_id"] = Id(random.choice(blueprint.of("security_group")).label)
        before = (blueprint.add("network_log", body, after=before),)
