"""Addresses that somebody else has already on a network that is not made anew.

Decides whether a port can have the MAC and the fixed addresses it had. On a network that the restore makes
there is nobody yet; subnets are made with DHCP off, so that the cloud takes no address before the ports are
there.
"""

from __future__ import annotations

from typing import Any

from hoarfrost.kinds.field import values
from hoarfrost.kinds.kind import Resolve
from hoarfrost.model import Resource
from hoarfrost.plan.there import There


def clash(resource: Resource, resolve: Resolve, there: There) -> str:
    """Why the addresses in the body of ``resource`` cannot be had, "" if they can (or if it has none)."""
    body = resource.body
    network = resolve("network", str(body.get("network_id") or ""))
    addresses = set(values(body, "fixed_ips[].ip_address"))
    if not network or not (addresses or body.get("mac_address")):
        return ""
    for other in there.visible("port"):
        if other.get("network_id") != network:
            continue
        taken = sorted(addresses & set(values(other, "fixed_ips[].ip_address")))
        if taken or (body.get("mac_address") and other.get("mac_address") == body["mac_address"]):
            what = ", ".join(taken) or f"the MAC {body['mac_address']}"
            return f"{what} belongs to {_whose(other)} there"
    return ""


def _whose(port: dict[str, Any]) -> str:
    owner = port.get("device_owner")
    return f"the port {port.get('name') or port['id']}" + (f" ({owner})" if owner else "")
