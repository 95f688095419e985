"""Edge values of every field a tenant may set freely, by type: empty, longest, Unicode, what looks like an id.

Fields whose value depends on other things of the tenant (addresses, references) are `draw`'s. No emoji: services
whose database knows three bytes a character answer them with an error.
"""

from __future__ import annotations

from random import Random
from typing import Any

BOTH = (True, False)
NAMES = (
    "web",
    "web",
    "db",
    "",
    "",
    "Straße nach Ω",
    "中文名字",
    "'\"\\%s{}$;`",
    "two  spaces",
    "x" * 255,
    "00000000-0000-0000-0000-000000000000",
    "None",
    "-dash",
    "<b>&amp;</b>",
    "a/b",
    "a: b #c",
)
TEXTS = ("", "", "plain", "zwei Zeilen\nund Umlaute: äöü", "ł" * 255, "null", "{}")
TAGS = ((), (), ("a",), ("tier:web", "größe:s", "z" * 60), ("None", "0", "a b"))

EDGES: dict[str, dict[str, tuple[Any, ...]]] = {
    "address_scope": {"name": NAMES, "ip_version": (4, 6)},
    "address_group": {"name": NAMES, "description": TEXTS},
    "subnet_pool": {
        "name": NAMES,
        "description": TEXTS,
        "default_quota": (1000, 100000),
        "min_prefixlen": (8, 20, 24),
        "max_prefixlen": (28, 32),
        "default_prefixlen": (24, 26),
    },
    "qos_policy": {"name": NAMES, "description": TEXTS},
    "qos_bandwidth_limit_rule": {
        "max_kbps": (0, 1, 1000, 2147483647),
        "max_burst_kbps": (0, 100, 2147483647),
    },
    "qos_dscp_marking_rule": {"dscp_mark": (0, 8, 26, 56)},
    "qos_minimum_bandwidth_rule": {"min_kbps": (0, 1, 1000)},
    "security_group": {"name": NAMES, "description": TEXTS, "stateful": BOTH},
    "security_group_rule": {"description": TEXTS},
    "network": {
        "name": NAMES,
        "description": TEXTS,
        "admin_state_up": BOTH,
        "mtu": (1280, 1400, 1442),
        "port_security_enabled": (True, True, False),
        "dns_domain": ("", "back.example.", "xn--strae-oqa.example."),
    },
    "subnet": {
        "name": NAMES,
        "description": TEXTS,
        "enable_dhcp": BOTH,
        "dns_publish_fixed_ip": BOTH,
    },
    "router": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "port": {
        "name": NAMES,
        "description": TEXTS,
        "admin_state_up": BOTH,
        "binding:vnic_type": ("normal", "normal", "direct", "macvtap", "baremetal"),
        "dns_name": ("", "front", "a" * 63),
        "device_id": ("", "my appliance"),
        "device_owner": ("", "appliance:vrrp"),
        "numa_affinity_policy": (None, "required", "preferred", "legacy"),
        "device_profile": (None, "gpu"),
        "propagate_uplink_status": BOTH,
        "extra_dhcp_opts": (
            [],
            [{"opt_name": "mtu", "opt_value": "1400"}],
            [{"opt_name": "bootfile-name", "opt_value": "pxelinux.0", "ip_version": 4}],
        ),
    },
    "trunk": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "floating_ip": {"description": TEXTS},
    "port_forwarding": {"description": TEXTS, "protocol": ("tcp", "udp")},
    "local_ip": {"name": NAMES, "description": TEXTS, "ip_mode": ("translate", "passthrough")},
    "ndp_proxy": {"name": NAMES, "description": TEXTS},
    "network_log": {
        "name": NAMES,
        "description": TEXTS,
        "enabled": BOTH,
        "event": ("ALL", "ACCEPT", "DROP"),
    },
    "firewall_rule": {
        "name": NAMES,
        "description": TEXTS,
        "action": ("allow", "deny", "reject"),
        "enabled": BOTH,
        "protocol": ("tcp", "udp"),
        "source_port": (None, "1", "1024:65535"),
        "destination_port": (None, "80", "443:445"),
    },
    "firewall_policy": {"name": NAMES, "description": TEXTS, "audited": BOTH},
    "firewall_group": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "ike_policy": {
        "name": NAMES,
        "description": TEXTS,
        "auth_algorithm": ("sha256", "sha512"),
        "encryption_algorithm": ("aes-128", "aes-256"),
        "pfs": ("group14", "group5"),
        "ike_version": ("v1", "v2"),
        "lifetime": ({"units": "seconds", "value": 60}, {"units": "seconds", "value": 86400}),
    },
    "ipsec_policy": {
        "name": NAMES,
        "description": TEXTS,
        "auth_algorithm": ("sha256", "sha384"),
        "encapsulation_mode": ("tunnel", "transport"),
        "transform_protocol": ("esp", "ah"),
        "lifetime": ({"units": "seconds", "value": 60}, {"units": "seconds", "value": 3600}),
    },
    "vpn_endpoint_group": {"name": NAMES, "description": TEXTS},
    "vpn_service": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "ipsec_site_connection": {
        "name": NAMES,
        "description": TEXTS,
        "admin_state_up": BOTH,
        "mtu": (68, 1280, 1500),
        "initiator": ("bi-directional", "response-only"),
        "psk": ("secret", "Ω geheim %$\"'", "p" * 255),
        "dpd": ({"action": "hold", "interval": 30, "timeout": 120}, {"action": "clear", "interval": 5}),
    },
    "load_balancer": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "listener": {
        "name": NAMES,
        "description": TEXTS,
        "admin_state_up": BOTH,
        "connection_limit": (-1, 1, 100000),
    },
    "pool": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "member": {"name": NAMES, "weight": (0, 1, 256), "admin_state_up": BOTH, "backup": BOTH},
    "health_monitor": {
        "name": NAMES,
        "admin_state_up": BOTH,
        "delay": (5, 3600),
        "max_retries": (1, 10),
        "max_retries_down": (1, 10),
    },
    "l7_policy": {"name": NAMES, "description": TEXTS, "admin_state_up": BOTH},
    "l7_rule": {"invert": BOTH, "admin_state_up": BOTH},
    "secret": {
        "name": NAMES,
        "algorithm": ("aes", "rsa"),
        "bit_length": (1, 256),
        "mode": ("cbc", "ctr"),
        "secret_type": ("opaque", "passphrase", "symmetric"),
    },
    "zone": {"description": TEXTS, "ttl": (1, 300, 2147483647)},
    "recordset": {"description": TEXTS, "ttl": (None, 1, 86400)},
    "image": {
        "name": NAMES,
        "min_disk": (0, 1),
        "min_ram": (0, 64),
        "os_hidden": BOTH,
        "visibility": ("private", "shared", "community"),
        "os_distro": ("orchard",),
        "note": ("fürs Frühjahr", "", "v" * 255),
        "hw_disk_bus": ("virtio", "ide"),
    },
    "volume": {
        "name": NAMES,
        "description": TEXTS,
        "metadata": ({}, {"purpose": "data", "wichtig": "ja, täglich"}, {"k" * 255: "v" * 255}),
    },
    "volume_group": {"name": NAMES, "description": TEXTS},
    "volume_snapshot": {"name": NAMES, "description": TEXTS, "metadata": ({}, {"why": "größer"})},
    "server": {
        "description": ("", "Sells apples & pears, naïvely"),
        "metadata": ({}, {"role": "web", "owner": "Jürgen"}),
        "tags": ([], ["blue", "shöp"]),
    },
}


def some(kind: str, random: Random, *without: str, often: float = 0.6) -> dict[str, Any]:
    """Each field of the type, or not, with one of its values; the same for the same ``random``."""
    found = {}
    for field, values in EDGES[kind].items():
        value = random.choice(values)
        if random.random() < often and field not in without:
            found[field] = value
    return found


def tags(random: Random) -> tuple[str, ...]:
    return random.choice(TAGS)
