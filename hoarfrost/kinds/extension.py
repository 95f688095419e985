"""What extensions of Neutron let a project own: by this is told what no kind covers.

The API names its extensions, but not the collections that they bring; these are facts from the definitions in
neutron-lib and in the plug-ins that bring an extension of their own. ``{parent}`` leads through another resource.
"""

from __future__ import annotations

from collections.abc import Mapping

SERVICE = "network"

COLLECTIONS: Mapping[str, tuple[str, ...]] = {
    "address-group": ("/v2.0/address-groups",),
    "address-scope": ("/v2.0/address-scopes",),
    "bgpvpn": ("/v2.0/bgpvpn/bgpvpns",),
    "floating-ip-port-forwarding": ("/v2.0/floatingips/{parent}/port_forwardings",),
    "flow_classifier": ("/v2.0/sfc/flow_classifiers",),
    "fwaas_v2": (
        "/v2.0/fwaas/firewall_groups",
        "/v2.0/fwaas/firewall_policies",
        "/v2.0/fwaas/firewall_rules",
    ),
    "l2-gateway": ("/v2.0/l2-gateways",),
    "l2-gateway-connection": ("/v2.0/l2-gateway-connections",),
    "l3-conntrack-helper": ("/v2.0/routers/{parent}/conntrack_helpers",),
    "l3-ndp-proxy": ("/v2.0/ndp_proxies",),
    "local_ip": ("/v2.0/local_ips", "/v2.0/local_ips/{parent}/port_associations"),
    "logging": ("/v2.0/log/logs",),
    "metering": ("/v2.0/metering/metering-labels", "/v2.0/metering/metering-label-rules"),
    "qos": ("/v2.0/qos/policies",),
    "rbac-policies": ("/v2.0/rbac-policies",),
    "router": ("/v2.0/routers", "/v2.0/floatingips"),
    "security-group": ("/v2.0/security-groups", "/v2.0/security-group-rules"),
    "segment": ("/v2.0/segments",),
    "sfc": ("/v2.0/sfc/port_pairs", "/v2.0/sfc/port_pair_groups", "/v2.0/sfc/port_chains"),
    "subnet_allocation": ("/v2.0/subnetpools",),
    "taas": ("/v2.0/taas/tap_services", "/v2.0/taas/tap_flows"),
    "tap-mirror": ("/v2.0/taas/tap_mirrors",),
    "trunk": ("/v2.0/trunks",),
    "vpn-endpoint-groups": ("/v2.0/vpn/endpoint-groups",),
    "vpnaas": (
        "/v2.0/vpn/vpnservices",
        "/v2.0/vpn/ikepolicies",
        "/v2.0/vpn/ipsecpolicies",
        "/v2.0/vpn/ipsec-site-connections",
    ),
}
"""alias -> the collections in which a project has things of its own."""

OF_THE_OPERATOR = frozenset(
    {
        "agent",
        "agent_sort_key",
        "auto-allocated-topology",
        "availability_zone",
        "bgp",
        "flavors",
        "floatingip-pools",
        "network-ip-availability",
        "network-segment-range",
        "security-groups-default-rules",
        "security-groups-default-statefulness",
        "service-type",
    }
)
"""Extensions whose collections a project only looks at, or whose things are networks and routers like others."""
