"""Every extension of Neutron that brings collections is sorted: a project owns things in them, or not."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from neutron_lib.api import definitions

from hoarfrost.kinds.extension import COLLECTIONS, OF_THE_OPERATOR

OF_OTHERS = {
    "binding-extended": "of Nova, while it moves a server",
    "dhcp_agent_scheduler": "of agents",
    "dummy": "an example",
    "bgpvpn-routes-control": "parts of bgpvpn",
    "ext-gw-mode": "fields of routers",
    "qos-gateway-ip": "fields of routers",
    "qos-pps": "rules of QoS policies",
    "qos-rules-alias": "rules of QoS policies",
    "qos-pps-minimum-rule-alias": "rules of QoS policies",
    "qos-pps-minimum": "rules of QoS policies",
}
"""Extensions whose collections are no things of their own."""

CORE = {"network", "subnet", "port", "subnetpool"}
"""Not named as extensions by a cloud."""


def defined() -> Iterator[Any]:
    for found in pkgutil.iter_modules(definitions.__path__):
        module: Any = importlib.import_module(f"{definitions.__name__}.{found.name}")
        if hasattr(module, "ALIAS"):
            yield module


def brings_collections(module: Any) -> bool:
    """Whether something with an id of its own comes with it; what only adds fields names no ids."""
    whole = getattr(module, "RESOURCE_ATTRIBUTE_MAP", None) or {}
    parts = getattr(module, "SUB_RESOURCE_ATTRIBUTE_MAP", None) or {}
    described = [*whole.values(), *(one.get("parameters", {}) for one in parts.values())]
    return any("id" in fields for fields in described)


def test_no_extension_is_forgotten() -> None:
    sorted_out = COLLECTIONS.keys() | OF_THE_OPERATOR | OF_OTHERS.keys() | CORE
    assert {one.ALIAS for one in defined() if brings_collections(one)} - sorted_out == set()
