"""Load balancers of both providers with listeners, pools, members, monitors, and L7 rules where they can be."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Id, Make
from seeds.values import some

HTTP = {"protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN"}
TCP = {"protocol": "TCP", "lb_algorithm": "SOURCE_IP_PORT"}


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    subnets = [
        one
        for one in blueprint.of("subnet")
        if one.body["ip_version"] == 4 and "service_types" not in one.body
    ]
    if not subnets:
        return
    for number in range(random.choice((1, 1, 2))):
        _tree(blueprint, random.choice(subnets), number, random.choice(("ovn", "amphora")))


def _tree(blueprint: Blueprint, subnet: Make, number: int, provider: str) -> None:
    random = blueprint.random
    chosen = {"vip_subnet_id": Id(subnet.label), "provider": provider}
    if random.random() < 0.5:
        chosen["vip_address"] = subnet.body["cidr"].replace(".0/24", f".{160 + number}")
    chosen["tags"] = random.choice(([], ["front", "größe:s"]))
    balancer = blueprint.add("load_balancer", {**chosen, **some("load_balancer", random)})
    shape = HTTP if provider == "amphora" else TCP
    pools = []
    for _ in range(random.randint(1, 2)):
        pools.append(_pool(blueprint, subnet, balancer, shape))
    for port in range(random.randint(1, 2)):
        body = {"loadbalancer_id": Id(balancer), "protocol": shape["protocol"], "protocol_port": 80 + port}
        body |= some("listener", random)
        if provider == "amphora":
            body |= random.choice(
                ({}, {"insert_headers": {"X-Forwarded-For": "true"}, "timeout_client_data": 60000})
            )
        if random.random() < 0.7 and port < len(pools):
            body["default_pool_id"] = Id(pools[port])
        listener = blueprint.add("listener", body)
        if provider == "amphora":
            _l7(blueprint, listener, pools)


def _pool(blueprint: Blueprint, subnet: Make, balancer: str, shape: dict[str, str]) -> str:
    random = blueprint.random
    body: dict[str, Any] = {"loadbalancer_id": Id(balancer), **shape, **some("pool", random)}
    ovn = shape is TCP
    if not ovn and random.random() < 0.4:
        body["session_persistence"] = {"type": "HTTP_COOKIE"}
    pool = blueprint.add("pool", body)
    for number in range(random.randint(0, 3)):
        address = subnet.body["cidr"].replace(".0/24", f".{150 + number}")
        member = {"address": address, "protocol_port": 8080, "subnet_id": Id(subnet.label)}
        member |= some("member", random, *(("weight", "backup", "admin_state_up") if ovn else ()))
        blueprint.add("member", member, under=pool)
    if random.random() < 0.6:
        monitor = {"pool_id": Id(pool), "type": "TCP", "delay": 5, "timeout": 3, "max_retries": 3}
        if not ovn:
            monitor |= random.choice(({}, {"type": "HTTP", "url_path": "/up", "expected_codes": "200-204"}))
        blueprint.add("health_monitor", monitor | some("health_monitor", random))
    return pool


def _l7(blueprint: Blueprint, listener: str, pools: list[str]) -> None:
    random = blueprint.random
    actions: list[dict[str, Any]] = [
        {"action": "REJECT"},
        {"action": "REDIRECT_TO_POOL", "redirect_pool_id": Id(random.choice(pools))},
        {"action": "REDIRECT_TO_URL", "redirect_url": "https://orchard.example/", "redirect_http_code": 301},
    ]
    previous: tuple[str, ...] = ()
    for position, action in enumerate(random.sample(actions, random.randint(0, 2)), 1):
        body = {"listener_id": Id(listener), "position": position, **action, **some("l7_policy", random)}
        policy = blueprint.add("l7_policy", body, after=previous)
        previous = (policy,)
        for value in random.sample(("/api", "/%C3%A4?x=1"), random.randint(0, 2)):
            rule = {"type": "PATH", "compare_type": "STARTS_WITH", "value": value, **some("l7_rule", random)}
            blueprint.add("l7_rule", rule, under=policy)
