"""Ports with everything on them, trunks, and how they are reached: floating addresses, forwardings, shares."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Id, Make
from seeds.draw.network import EXTERNAL, tagging
from seeds.values import some, tags

NEIGHBOUR = Id("offer", "neighbour_project")


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    for number in range(blueprint.size // 6):
        subnet = random.choice(_subnets(blueprint))
        _port(blueprint, subnet, number)
    if random.random() < 0.3:
        blueprint.add("port", {"network_id": Id("offer", "foreign_network"), "name": "at the neighbour's"})
    for number in range(random.choice((0, 0, 1, 2))):
        _trunk(blueprint, number)


def _subnets(blueprint: Blueprint) -> list[Make]:
    found = [
        one
        for one in blueprint.of("subnet")
        if one.body["ip_version"] == 4 and "service_types" not in one.body
    ]
    return found or [_spare(blueprint)]


def _spare(blueprint: Blueprint) -> Make:
    network = blueprint.add("network", {"name": "spare"})
    blueprint.add("subnet", {"network_id": Id(network), "ip_version": 4, "cidr": "10.19.0.0/24"})
    return blueprint.things[-1]


def _network_of(blueprint: Blueprint, subnet: Make) -> Make:
    label = subnet.body["network_id"].label
    return next(one for one in blueprint.of("network") if one.label == label)


def _address(subnet: Make, number: int) -> str:
    return str(subnet.body["cidr"]).replace(".0/24", f".{170 + number}")


def _port(blueprint: Blueprint, subnet: Make, number: int) -> None:
    random = blueprint.random
    body: dict[str, Any] = {"network_id": subnet.body["network_id"], **some("port", random, often=0.3)}
    fixed: dict[str, Any] = {"subnet_id": Id(subnet.label)}
    if random.random() < 0.6 and number < 70:
        fixed["ip_address"] = _address(subnet, number)
    body["fixed_ips"] = random.choice(([fixed], [fixed], [fixed], [fixed], []))
    if random.random() < 0.4:
        body["mac_address"] = f"fa:16:3e:{blueprint.seed % 256:02x}:aa:{number:02x}"
    secured = _network_of(blueprint, subnet).body.get("port_security_enabled", True)
    if secured and random.random() < 0.2:
        body |= {"port_security_enabled": False, "security_groups": []}
    elif secured:
        body["security_groups"] = [Id(one) for one in blueprint.some("security_group", 3)]
        if random.random() < 0.3:
            pairs = [
                {"ip_address": "10.250.0.0/16"},
                {"ip_address": "10.251.0.9", "mac_address": _mac(number)},
            ]
            body["allowed_address_pairs"] = random.sample(pairs, random.randint(1, 2))
    if blueprint.of("qos_policy") and random.random() < 0.3:
        body["qos_policy_id"] = Id(random.choice(blueprint.of("qos_policy")).label)
    if _ruled(blueprint, body, _network_of(blueprint, subnet).body):
        body.pop("binding:vnic_type", None)  # no rule is for other ports than normal ones
    body["tags"] = list(tags(random))
    # Neutron may forget to give an address by MAC to a port that is made in the same moment as its subnet
    beside = [one.label for one in blueprint.of("subnet") if one.body["network_id"] == body["network_id"]]
    blueprint.add("port", body, after=tuple(beside))


def _ruled(blueprint: Blueprint, *bodies: dict[str, Any]) -> bool:
    """Whether a policy of one of them has a rule."""
    policies = {body["qos_policy_id"].label for body in bodies if "qos_policy_id" in body}
    return any(one.kind.startswith("qos_") and one.under in policies for one in blueprint.things)


def _mac(number: int) -> str:
    return f"fa:16:3e:00:bb:{number:02x}"


def _trunk(blueprint: Blueprint, number: int) -> None:
    """Of networks of its own, as the parent's MTU has to be the larger one."""
    random = blueprint.random
    network = Id(blueprint.add("network", {"name": "trunked"}))
    parent = blueprint.add("port", {"network_id": network, "name": random.choice(("parent", ""))})
    subs = []
    for tag in random.sample((1, 100, 4094), random.randint(0, 3)):
        port = blueprint.add("port", {"network_id": network, "name": f"sub {number}"})
        subs.append({"port_id": Id(port), "segmentation_type": "vlan", "segmentation_id": tag})
    body = {"port_id": Id(parent), "sub_ports": subs, **some("trunk", random)}
    blueprint.add("trunk", body, *tagging(blueprint, "/trunks"))


def reach(blueprint: Blueprint) -> None:
    """Floating addresses, free, attached and forwarded; RBAC; local addresses."""
    random = blueprint.random
    inside = [one for one in blueprint.of("router_interface") if one.body["outside"]]
    subnets = {one.body["subnet"].label: one.label for one in inside}
    for subnet in [one for one in blueprint.of("subnet") if one.label in subnets][:2]:
        if subnet.body["ip_version"] == 4:
            _public(blueprint, subnet, subnets[subnet.label])
    for _ in range(random.randint(0, 2)):
        body = {"floating_network_id": EXTERNAL, **some("floating_ip", random)}
        blueprint.add("floating_ip", body, *tagging(blueprint, "/floatingips"))
    _shares(blueprint)


def chosen(blueprint: Blueprint) -> None:
    """Floating addresses that a manager chooses."""
    random = blueprint.random
    for number in random.sample(range(230, 250), random.randint(1, 2)):
        body = {"floating_network_id": EXTERNAL, "floating_ip_address": f"203.0.113.{number}"}
        blueprint.add("floating_ip", body | some("floating_ip", random))


def _public(blueprint: Blueprint, subnet: Make, interface: str) -> None:
    random = blueprint.random
    ports = []
    for number, use in enumerate(("attached", "forwarded")):
        address = {"subnet_id": Id(subnet.label), "ip_address": _address(subnet, 75 + number)}
        body = {"network_id": subnet.body["network_id"], "name": use, "fixed_ips": [address]}
        ports.append(blueprint.add("port", body))
    attached = {"floating_network_id": EXTERNAL, "port_id": Id(ports[0]), **some("floating_ip", random)}
    blueprint.add("floating_ip", attached, *tagging(blueprint, "/floatingips"), after=(interface,))
    free = {"floating_network_id": EXTERNAL, **some("floating_ip", random)}
    forwarded = blueprint.add("floating_ip", free, after=(interface,))
    for external in random.sample((22, 8080, 65535), random.randint(1, 3)):
        body = {"protocol": "tcp", "external_port": external, **some("port_forwarding", random)}
        inside = {"internal_port": 1, "internal_ip_address": _address(subnet, 76)}
        made = {"internal_port_id": Id(ports[1]), **inside, **body}
        blueprint.add("port_forwarding", made, under=forwarded, after=(interface,))


def _shares(blueprint: Blueprint) -> None:
    random = blueprint.random
    for kind, word in (
        ("network", "network"),
        ("security_group", "security_group"),
        ("address_group", "address_group"),
        ("address_scope", "address_scope"),
        ("subnet_pool", "subnetpool"),
    ):
        if blueprint.of(kind) and random.random() < 0.3:
            body = {"object_type": word, "action": "access_as_shared", "target_tenant": NEIGHBOUR}
            blueprint.add("rbac_policy", {"object_id": Id(random.choice(blueprint.of(kind)).label), **body})
    if random.random() < 0.3:
        subnet = random.choice(_subnets(blueprint))
        body = {"network_id": Id(subnet.body["network_id"].label), **some("local_ip", random)}
        blueprint.add("local_ip", body, after=(subnet.label,))
