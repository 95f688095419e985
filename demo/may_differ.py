"""The one table of what may differ between a tenant and its restored self, each line with its reason.

Everything that is not named here has to be equal. `FREE` may have any value; `BLANK` and `ADDED` free a
little; `RENAMED` has to have the value that the other cloud's name for the same thing demands. Kinds, names and
the fields of `RENAMED` are patterns (`fnmatch`); a field is a path of keys joined by dots, in which the places
of a list are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo.offer import Offer


@dataclass(frozen=True)
class Free:
    kind: str
    fields: tuple[str, ...]
    reason: str
    name: str = "*"


FREE = (
    Free("*", ("id", "created_at", "updated_at", "revision_number"), "given by the cloud at creation"),
    Free(
        "security_group",
        tuple(f"rules.{field}" for field in ("id", "created_at", "updated_at", "revision_number")),
        "given by the cloud at creation",
    ),
    Free("security_group", ("rules.standard_attr_id",), "a row number of the cloud's database"),
    Free("port", ("mac_address",), "an interface of a router gets its MAC from the cloud", name="network *"),
    Free(
        "router",
        ("external_gateway_info.external_fixed_ips", "external_gateways.external_fixed_ips"),
        "the address outside is the cloud's to choose: a member may not",
    ),
    Free("image", ("properties.stores",), "how the cloud calls the place where it keeps images"),
    Free("volume", ("service_uuid", "volume_type_id"), "ids of the cloud's own services and types"),
    Free(
        "volume",
        ("attachments.attachment_id", "attachments.attached_at"),
        "given by the cloud when it was attached",
    ),
    Free(
        "volume",
        ("snapshot_id", "source_volid", "volume_image_metadata.image_id"),
        "what it was once made from; the content is there, the ancestor need not be",
    ),
    Free("server", ("hostId", "created", "updated", "OS-SRV-USG:launched_at"), "the new server's own"),
    Free("server", ("image",), "a restored server boots from its own saved disk, not from the image of old"),
    Free(
        "server",
        tuple(f"flavor.{field}" for field in ("ram", "disk", "vcpus", "description", "extra_specs")),
        "the other cloud's flavor may be larger; which one it is has to be right",
    ),
    Free("guest", ("root.size",), "the other cloud's flavor may be larger"),
    Free(
        "container",
        ("headers.last-modified", "headers.x-timestamp"),
        "set by the object store when the container was made",
    ),
    Free("object", ("headers.last-modified", "headers.x-timestamp"), "set by the object store at upload"),
    Free(
        "object",
        ("headers.x-manifest-etag",),
        "the stored manifest holds the upload times of its segments; the segments themselves have to be equal",
    ),
)

BLANK = (
    Free(
        "security_group",
        ("rules.description",),
        "the cloud's own rules have no description; who makes one gives it an empty one, as none is refused",
    ),
)
"""Fields in which nothing (``null``) and an empty text are the same."""

ADDED = (
    (
        Free(
            "floating_ip",
            ("tags",),
            "a member cannot have the same address: the tag says which one it was, and is how it is recognised",
        ),
        "hoarfrost:was=*",
    ),
)
"""Values that a restore may add to a list."""

ORDERED = ("segments", "nics", "dns_nameservers")
"""Lists in which the order means something; any other list is compared as a set with repetitions."""

RENAMED: tuple[tuple[str, str, Callable[[Offer], tuple[str, ...]]], ...] = (
    ("server", "flavor.name", lambda offer: offer.flavors),
    ("server", "flavor.original_name", lambda offer: offer.flavors),
    ("server", "flavor.id", lambda offer: offer.flavors),
    ("server", "OS-EXT-AZ:availability_zone", lambda offer: (offer.zone,)),
    ("port", "device_owner", lambda offer: (f"compute:{offer.zone}",)),
    ("floating_ip", "port_details.device_owner", lambda offer: (f"compute:{offer.zone}",)),
    ("volume", "availability_zone", lambda offer: (offer.zone,)),
    ("volume", "type", lambda offer: (offer.volume_type,)),
    ("container", "headers.x-storage-policy", lambda offer: (offer.storage_policy,)),
    ("*", "*", lambda offer: (f"<network {offer.external_network}>",)),
    ("*", "*", lambda offer: (f"<image {offer.guest_image}>",)),
)
"""Kind, field, and the names of an offer that may stand there: the n-th here becomes the n-th there."""
