"""Firewall rules, policies with an order, groups on the interfaces of routers."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Id
from seeds.values import some


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    for _ in range(random.randint(1, 6)):
        body: dict[str, Any] = {"protocol": "tcp", "action": "deny", "ip_version": 4}
        body |= some("firewall_rule", random)
        if random.random() < 0.4:
            body["source_ip_address"] = random.choice(("10.20.0.0/24", "192.0.2.7"))
        if random.random() < 0.3:
            body["destination_ip_address"] = "203.0.113.0/24"
        blueprint.add("firewall_rule", body)
    for _ in range(random.randint(1, 2)):
        rules = [Id(one) for one in blueprint.some("firewall_rule", 6)]
        blueprint.add("firewall_policy", {"firewall_rules": rules, **some("firewall_policy", random)})
    policies = [Id(one.label) for one in blueprint.of("firewall_policy")]
    legs = [Id(one.label, "port_id") for one in blueprint.of("router_interface")]
    for number in range(random.randint(0, 2)):
        body = some("firewall_group", random)
        for direction in random.sample(("ingress", "egress"), random.randint(0, 2)):
            body[f"{direction}_firewall_policy_id"] = random.choice(policies)
        body["ports"] = legs[number::2]
        blueprint.add("firewall_group", body)
