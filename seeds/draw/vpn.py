"""Site-to-site VPN: policies, endpoint groups, a service on a router with a gateway, connections with their keys."""

from __future__ import annotations

from seeds.blueprint import Blueprint, Id
from seeds.values import some

IKE = {"name": "ike", "auth_algorithm": "sha256"}
IPSEC = {"name": "ipsec", "auth_algorithm": "sha256"}


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    ike = [blueprint.add("ike_policy", IKE | some("ike_policy", random)) for _ in range(random.randint(1, 2))]
    ipsec = [
        blueprint.add("ipsec_policy", IPSEC | some("ipsec_policy", random))
        for _ in range(random.randint(1, 2))
    ]
    cidrs = {"type": "cidr", "endpoints": ["10.66.0.0/24", "10.67.0.0/24"]}
    peers = blueprint.add("vpn_endpoint_group", {**cidrs, **some("vpn_endpoint_group", random)})
    inside = [
        one
        for one in blueprint.of("router_interface")
        if one.body["outside"] and _four(blueprint, one.body["subnet"].label)
    ]
    if not inside:
        return
    leg = random.choice(inside)
    locals_ = {"type": "subnet", "endpoints": [leg.body["subnet"]], **some("vpn_endpoint_group", random)}
    ours = blueprint.add("vpn_endpoint_group", locals_, after=(leg.label,))
    service = {"router_id": leg.body["router"], **some("vpn_service", random)}
    made = blueprint.add("vpn_service", service, after=(leg.label,))
    for number in range(random.randint(0, 2)):
        far = f"198.51.100.{10 + number}"
        body = {"peer_address": far, "peer_id": far, "psk": "secret", "vpnservice_id": Id(made)}
        body |= {"ikepolicy_id": Id(random.choice(ike)), "ipsecpolicy_id": Id(random.choice(ipsec))}
        body |= {"local_ep_group_id": Id(ours), "peer_ep_group_id": Id(peers)}
        blueprint.add("ipsec_site_connection", body | some("ipsec_site_connection", random))


def _four(blueprint: Blueprint, subnet: str) -> bool:
    return any(one.label == subnet and one.body["ip_version"] == 4 for one in blueprint.of("subnet"))
