"""Where each resource type lies in its API: the one table that building, looking and emptying share.

A new type is one line. What its fields may be is `values`' to say, how many of it a tenant has `draw`'s.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Api:
    """``path`` of the collection below the service's versioned endpoint. ``parent``: the kind whose id stands for
    ``{parent}`` in it. ``owned``: the list has to be narrowed to the project, as it shows what others share."""

    service: str
    path: str
    key: str = ""
    plural: str = ""
    listing: str = ""
    parent: str = ""
    owned: bool = False
    settles: str = ""
    """The field that says how far it is: ``status`` or ``provisioning_status``."""
    microversion: str = ""
    identity: str = "id"
    people: bool = False
    """Of the domain, not of the project: `seeds.people` looks at those that are drawn."""
    bare: bool = False
    """Whether a creation is asked for without the envelope that the answer has."""


def _network(path: str, key: str, plural: str = "", **more: str | bool) -> Api:
    return Api("network", path, key, plural or f"{key}s", **{"owned": True, **more})  # type: ignore[arg-type]


def _balancer(path: str, key: str, plural: str, parent: str = "") -> Api:
    return Api(
        "load_balancer",
        path,
        key,
        plural,
        parent=parent,
        owned=not parent,
        settles="provisioning_status",
    )


NOVA = "compute 2.100"

APIS = {
    "user": Api("identity", "/users", "user", "users", people=True),
    "user_group": Api("identity", "/groups", "group", "groups", people=True),
    "application_credential": Api(
        "identity",
        "/users/{user}/application_credentials",
        "application_credential",
        "application_credentials",
    ),
    "ec2_credential": Api(
        "identity",
        "/users/{user}/credentials/OS-EC2",
        "credential",
        "credentials",
        identity="access",
        bare=True,
    ),
    "secret": Api("key_manager", "/secrets", "", "secrets", identity="secret_ref"),
    "secret_container": Api("key_manager", "/containers", "", "containers", identity="container_ref"),
    "address_scope": _network("/address-scopes", "address_scope"),
    "subnet_pool": _network("/subnetpools", "subnetpool"),
    "address_group": _network("/address-groups", "address_group"),
    "qos_policy": _network("/qos/policies", "policy", "policies"),
    "security_group": _network("/security-groups", "security_group"),
    "security_group_rule": _network("/security-group-rules", "security_group_rule"),
    "network": _network("/networks", "network"),
    "subnet": _network("/subnets", "subnet"),
    "router": _network("/routers", "router"),
    "port": _network("/ports", "port"),
    "trunk": _network("/trunks", "trunk"),
    "floating_ip": _network("/floatingips", "floatingip"),
    "port_forwarding": _network(
        "/floatingips/{parent}/port_forwardings", "port_forwarding", parent="floating_ip", owned=False
    ),
    "rbac_policy": _network("/rbac-policies", "rbac_policy", "rbac_policies"),
    "local_ip": _network("/local_ips", "local_ip"),
    "local_ip_association": _network(
        "/local_ips/{parent}/port_associations",
        "port_association",
        parent="local_ip",
        owned=False,
        identity="fixed_port_id",
    ),
    "ndp_proxy": _network("/ndp_proxies", "ndp_proxy", "ndp_proxies", owned=False),
    "network_log": _network("/log/logs", "log"),
    "firewall_rule": _network("/fwaas/firewall_rules", "firewall_rule"),
    "firewall_policy": _network("/fwaas/firewall_policies", "firewall_policy", "firewall_policies"),
    "firewall_group": _network("/fwaas/firewall_groups", "firewall_group"),
    "ike_policy": _network("/vpn/ikepolicies", "ikepolicy", "ikepolicies"),
    "ipsec_policy": _network("/vpn/ipsecpolicies", "ipsecpolicy", "ipsecpolicies"),
    "vpn_endpoint_group": _network("/vpn/endpoint-groups", "endpoint_group"),
    "vpn_service": _network("/vpn/vpnservices", "vpnservice"),
    "ipsec_site_connection": _network("/vpn/ipsec-site-connections", "ipsec_site_connection"),
    "load_balancer": _balancer("/lbaas/loadbalancers", "loadbalancer", "loadbalancers"),
    "listener": _balancer("/lbaas/listeners", "listener", "listeners"),
    "pool": _balancer("/lbaas/pools", "pool", "pools"),
    "member": _balancer("/lbaas/pools/{parent}/members", "member", "members", parent="pool"),
    "health_monitor": _balancer("/lbaas/healthmonitors", "healthmonitor", "healthmonitors"),
    "l7_policy": _balancer("/lbaas/l7policies", "l7policy", "l7policies"),
    "l7_rule": _balancer("/lbaas/l7policies/{parent}/rules", "rule", "rules", parent="l7_policy"),
    "zone": Api("dns", "/zones", "", "zones", settles="status"),
    "recordset": Api("dns", "/zones/{parent}/recordsets", "", "recordsets", parent="zone", settles="status"),
    "image": Api("image", "/images", "", "images", owned=True),
    "volume": Api("block_storage", "/volumes", "volume", "volumes", "/volumes/detail", settles="status"),
    "volume_group": Api(
        "block_storage",
        "/groups",
        "group",
        "groups",
        "/groups/detail",
        settles="status",
        microversion="volume 3.70",
    ),
    "volume_snapshot": Api(
        "block_storage", "/snapshots", "snapshot", "snapshots", "/snapshots/detail", settles="status"
    ),
    "keypair": Api("compute", "/os-keypairs", "keypair", "keypairs", microversion=NOVA, identity="name"),
    "server_group": Api("compute", "/os-server-groups", "server_group", "server_groups", microversion=NOVA),
    "server": Api(
        "compute", "/servers", "server", "servers", "/servers/detail", settles="status", microversion=NOVA
    ),
    **{
        f"qos_{name}_rule": _network(
            f"/qos/policies/{{parent}}/{name}_rules", f"{name}_rule", parent="qos_policy", owned=False
        )
        for name in ("bandwidth_limit", "dscp_marking", "minimum_bandwidth")
    },
}
"""Every type but those of the object store, which has no JSON bodies (`seeds.draw.objects`, `seeds.look.stored`)."""
