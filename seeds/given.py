"""What the cloud gives to a new thing and no tenant can set: nobody has to announce that it differs.

Everything else has to be equal, or to be in `announced`. A field is a path of keys joined by dots, in which the places
of a list are left out; kinds and fields are patterns (`fnmatch`).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, NamedTuple


class Given(NamedTuple):
    kind: str
    fields: tuple[str, ...]
    reason: str


STATEFUL = (
    *("network", "subnet", "router", "port", "router_interface", "trunk", "floating_ip", "local_ip"),
    *("vpn_service", "ipsec_site_connection", "firewall_group", "secret", "secret_container"),
    *("zone", "recordset"),
    *("load_balancer", "listener", "pool", "member", "health_monitor", "l7_policy", "l7_rule"),
)
"""Types whose status says how they are now, not what they are."""

STORED = (("object", ""), ("container", "+versions."))
"""Where headers of objects are: of an old version, with its container."""

GIVEN = (
    Given("*", ("id", "created_at", "updated_at", "revision_number", "created", "updated"), "at creation"),
    Given("*", ("standard_attr_id", "links", "self", "schema", "file", "href"), "at creation"),
    *(
        Given(kind, ("status", "operating_status", "provisioning_status"), "its state now")
        for kind in STATEFUL
    ),
    Given("*", ("qos_network_policy_id",), "said by its network"),
    Given("user", ("password_expires_at",), "of the password, which the API never gives"),
    Given("security_group", ("security_group_rules",), "each is a thing of its own"),
    Given("address_group", ("shared",), "whether somebody shares it: the share is a thing of its own"),
    Given("network", ("subnets", "availability_zones"), "said by its subnets"),
    Given("network", ("ipv4_address_scope", "ipv6_address_scope"), "said by the pools of its subnets"),
    Given("router", ("availability_zones", "enable_ndp_proxy_from"), "where it runs"),
    Given(
        "router",
        ("external_gateway_info.external_fixed_ips", "external_gateways.external_fixed_ips"),
        "the address outside is the cloud's to choose: a member may not",
    ),
    Given("port", ("ip_allocation",), "how it came to its addresses; the addresses themselves are compared"),
    Given("router_interface", ("ip_allocation",), "how it came to its addresses"),
    Given("router_interface", ("mac_address", "device_owner"), "an interface gets its MAC from the cloud"),
    Given("floating_ip", ("port_details", "port_forwardings"), "said by the port and by the forwardings"),
    Given("local_ip", ("local_port_id",), "the cloud makes a port for it"),
    Given("load_balancer", ("vip_port_id", "additional_vips.port_id"), "the balancer makes its port"),
    Given(
        "vpn_service", ("external_v4_ip", "external_v6_ip"), "the address outside is the cloud's to choose"
    ),
    Given("zone", ("serial", "version", "pool_id", "action", "transferred_at"), "the name servers' affair"),
    Given("recordset", ("version", "action"), "the name servers' affair"),
    Given("image", ("stores", "os_glance_*", "direct_url", "locations"), "where the cloud keeps images"),
    Given("volume", ("volume_type_id", "service_uuid", "cluster_name"), "ids of the cloud's own"),
    Given("volume", ("attachments.attachment_id", "attachments.attached_at"), "when it was attached"),
    Given(
        "volume", ("snapshot_id", "source_volid", "volume_image_metadata.image_id"), "what it was made from"
    ),
    Given(
        "server",
        ("hostId", "OS-SRV-USG:launched_at", "progress", "OS-EXT-STS:*", "accessIPv6"),
        "the new one's",
    ),
    Given("server", ("image",), "a restored server boots from its own saved disk"),
    Given("server", ("flavor.ram", "flavor.disk", "flavor.vcpus"), "another cloud's flavor may be larger"),
    Given("secret", ("secret_ref", "creator_id"), "at creation"),
    Given(
        "secret",
        ("+acl.*.created", "+acl.*.updated", "+acl.read.created", "+acl.read.updated"),
        "at creation",
    ),
    Given("secret_container", ("container_ref", "creator_id", "consumers"), "at creation"),
    Given("application_credential", ("roles.id", "roles.domain_id"), "ids of the cloud's own roles"),
    Given("container", ("headers.last-modified", "headers.x-timestamp"), "when it was made"),
    Given(
        "container", ("headers.x-container-bytes-used", "headers.x-container-object-count"), "counted late"
    ),
    *(
        Given(
            kind,
            tuple(f"{at}headers.{name}" for name in ("last-modified", "x-timestamp", "x-object-version-id")),
            "when it was put",
        )
        for kind, at in STORED
    ),
    *(
        Given(kind, (f"{at}headers.x-manifest-etag",), "the stored manifest holds the times of its segments")
        for kind, at in STORED
    ),
)

ORDERED = ("firewall_rules", "dns_nameservers", "segments", "+versions")
"""Lists in which the order means something; any other list is compared as a set with repetitions."""

BLANK = (
    ("security_group_rule", "description"),
    ("security_group", "rules.description"),
    ("port", "device_profile"),
)
"""(kind, field) in which nothing (``null``) and an empty text are the same."""

OFFERED = {
    "availability_zone": "zone",
    "OS-EXT-AZ:availability_zone": "zone",
    "volume_type": "volume_type",
    "original_name": "flavors",
    "x-storage-policy": "storage_policy",
}
"""The last part of a field -> the offer that its value is a name of; names differ between clouds."""


ADDED = (("floating_ip", "tags", "hoarfrost:was="),)
"""(kind, field, how it begins) of values that a restore adds to a list: the tag by which an address is recognised that
stands for another one."""


def stripped(kind: str, body: Any, path: str = "") -> Any:
    """``body`` without what is given."""
    if isinstance(body, dict):
        fields = {key: f"{path}.{key}".lstrip(".") for key in body}
        return {
            key: stripped(kind, body[key], field) for key, field in fields.items() if not given(kind, field)
        }
    if isinstance(body, list):
        marks = tuple(mark for of_kind, field, mark in ADDED if (of_kind, field) == (kind, path))
        return [stripped(kind, one, path) for one in body if not (marks and str(one).startswith(marks))]
    return "" if body is None and (kind, path) in BLANK else body


def given(kind: str, field: str) -> bool:
    return any(
        fnmatchcase(kind, one.kind) and any(fnmatchcase(field, pattern) for pattern in one.fields)
        for one in GIVEN
    )
