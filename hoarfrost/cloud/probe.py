"""What a cloud says of itself: services, their versions and highest microversions, Neutron's extensions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hoarfrost.errors import CloudError
from hoarfrost.model import CloudPrint

if TYPE_CHECKING:
    from hoarfrost.cloud.connect import Cloud

KNOWN = (
    "identity",
    "network",
    "image",
    "block-storage",
    "compute",
    "object-store",
    "key-manager",
    "load-balancer",
    "dns",
    "orchestration",
    "shared-file-system",
)
"""Service types that are asked for their versions; the rest of the catalog is only named."""

_VERSION = re.compile(r"/v(\d[\d.]*)(/|$)")


def official(service: str) -> str:
    """The name by which OpenStack calls a service type today: "volumev3" is "block-storage"."""
    from os_service_types import ServiceTypes

    return str(ServiceTypes().get_service_type(service, permissive=True) or service)


def probe(cloud: Cloud) -> CloudPrint:
    """A service that does not answer is recorded with what went wrong."""
    services: dict[str, dict[str, str]] = {}
    for service in KNOWN:
        try:
            if not cloud.has(service):
                continue
            found = _VERSION.search(cloud.rest(service).endpoint)
            services[service] = {"version": found[1] if found else "", "microversion": cloud.highest(service)}
        except CloudError as error:
            services[service] = {"error": error.code}
    named: dict[str, dict[str, str]] = {one: {} for one in cloud.services if one not in services}
    extensions = tuple(sorted(cloud.extensions())) if "network" in services else ()
    return CloudPrint(
        auth_url=cloud.auth_url,
        region=cloud.region,
        services=services | named,
        extensions=extensions,
        keystone=cloud.keystone,
    )
