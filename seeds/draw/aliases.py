"""Addresses that ports are reached by beside their own: local ones, and IPv6 ones that a router makes known outside."""

from __future__ import annotations

from typing import Any

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


def proxies(blueprint: Blueprint) -> None:
    """A router whose network outside has IPv6, and ports behind it with addresses of the same scope."""
    random = blueprint.random
    network = blueprint.add("network", {"name": "with proxies"})
    inside: dict[str, Any] = {"network_id": Id(network), "ip_version": 6, "cidr": "2001:db8:77::/64"}
    inside |= {"subnetpool_id": Id("offer", "scoped_pool")}
    inside |= {"ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"}
    subnet = blueprint.add("subnet", inside)
    outside = {"external_gateway_info": {"network_id": Id("offer", "external_network")}}
    edge = blueprint.add("router", {"name": "with proxies", "enable_ndp_proxy": True, **outside})
    leg = blueprint.add("router_interface", {"router": Id(edge), "subnet": Id(subnet), "outside": True})
    for number in range(random.randint(1, 3)):
        address = f"2001:db8:77::{100 + number}"
        fixed = [{"subnet_id": Id(subnet), "ip_address": address}]
        port = blueprint.add("port", {"network_id": Id(network), "fixed_ips": fixed})
        body = {
            "router_id": Id(edge),
            "port_id": Id(port),
            "ip_address": address,
            **some("ndp_proxy", random),
        }
        blueprint.add("ndp_proxy", body, after=(leg,))
