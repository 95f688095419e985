"""Local addresses: one address that ports of a network reach beside their own."""

from __future__ import annotations

from seeds.blueprint import Blueprint, Id
from seeds.values import some


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    network = blueprint.add("network", {"name": "with aliases"})
    subnet = blueprint.add("subnet", {"network_id": Id(network), "ip_version": 4, "cidr": "10.17.0.0/24"})
    for number in range(random.choice((1, 2))):
        body = {"network_id": Id(network), **some("local_ip", random)}
        if random.random() < 0.5:
            body["local_ip_address"] = f"10.17.0.{200 + number}"
        alias = blueprint.add("local_ip", body, after=(subnet,))
        for _ in range(random.randint(0, 2)):
            ready = {
                "network_id": Id(network),
                "name": f"reaches alias {number}",
                "fixed_ips": [{"subnet_id": Id(subnet)}],
            }
            port = blueprint.add("port", ready)
            blueprint.add("local_ip_association", {"fixed_port_id": Id(port)}, under=alias)
