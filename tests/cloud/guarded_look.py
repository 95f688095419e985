"""What is there of secrets, firewalls, tunnels and load balancers, looked at by raw REST.

Nothing of the product is used here. Ids are replaced by what they stand for, so that two projects that look
alike are alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.cloud.guarded_site import BALANCED, BALANCERS, FIREWALL, TUNNEL, Body, Raw

VOLATILE = {
    *("id", "created_at", "updated_at", "created", "updated", "revision_number", "provisioning_status"),
    *("operating_status", "status", "creator_id", "project_id", "tenant_id", "consumers", "mac_address"),
    *("external_v4_ip", "external_v6_ip", "floating_ip_address"),
}
"""What every cloud says anew."""


IN_ORDER = ("firewall_rules",)
"""Lists whose order says something."""

PLACES = ("/networks", "/subnets", "/routers", "/ports", "/floatingips")


def found(raw: Raw) -> dict[str, list[Body]]:
    """Every body, by collection. The first look at firewall groups makes a project's default one."""
    raw.list(FIREWALL[0])
    paths = (*FIREWALL, *TUNNEL, BALANCERS, *BALANCED, *PLACES)
    bodies: dict[str, list[Body]] = {path: raw.list(path) for path in paths}
    for pool in bodies["/lbaas/pools"]:
        pool["members"] = raw.list(f"/lbaas/pools/{pool['id']}/members")
    for policy in bodies["/lbaas/l7policies"]:
        policy["rules"] = raw.list(f"/lbaas/l7policies/{policy['id']}/rules")
    return bodies | {kind: raw.secrets(kind) for kind in ("secrets", "containers")}


def ids(raw: Raw) -> set[str]:
    bodies = found(raw)
    parts = [part for one in bodies["/lbaas/pools"] for part in one["members"]]
    parts += [part for one in bodies["/lbaas/l7policies"] for part in one["rules"]]
    return {one["id"] for listed in (*bodies.values(), parts) for one in listed}


def look(raw: Raw, only: set[str]) -> dict[str, list[str]]:
    """How everything looks whose id is in ``only``."""
    bodies = found(raw)
    for kind in ("secrets", "containers"):
        bodies[kind] = [_opened(raw, kind, one) for one in bodies[kind] if one["id"] in only]
    labels = dict(_labels(raw, bodies))
    addresses = [one["port_id"] for one in bodies["/floatingips"] if one["id"] in only]
    return {"floating": sorted(labels[one] for one in addresses)} | {
        path: sorted(_told(one, labels) for one in listed if one["id"] in only)
        for path, listed in bodies.items()
        if path not in PLACES
    }


def _opened(raw: Raw, kind: str, one: Body) -> Body:
    path = f"/{kind}/{one['id']}"
    acl = raw.call("GET", "key-manager", f"{path}/acl")["read"]
    if kind == "containers":
        return one | {"acl": acl}
    payload = raw.call("GET", "key-manager", f"{path}/payload") if "content_types" in one else None
    metadata = raw.call("GET", "key-manager", f"{path}/metadata")["metadata"]
    return one | {"acl": acl, "metadata": metadata, "payload": repr(payload)}


def _labels(raw: Raw, bodies: dict[str, list[Body]]) -> Iterator[tuple[str, str]]:
    """id -> what it stands for, told by what does not change."""
    yield raw.user, "the user"
    for path in ("/networks", "/subnets", "/routers"):
        yield from ((one["id"], f"{path[1:-1]} {one['name']}") for one in bodies[path])
    for port in bodies["/ports"]:
        addresses = ", ".join(sorted(one["ip_address"] for one in port["fixed_ips"]))
        yield port["id"], f"port {port['device_owner']} {addresses}"
    for path in FIREWALL[2], "secrets", "containers", "/lbaas/pools", *TUNNEL[1:]:
        for one in bodies[path]:
            plain = {
                key: one.get(key) for key in ("name", "description", "action", "protocol", "payload", "type")
            }
            yield one["id"], f"{path} {json.dumps(plain, ensure_ascii=False)}"
    for one in bodies[FIREWALL[1]]:
        yield one["id"], f"policy {one['name']}"
    for one in bodies[BALANCERS]:
        yield one["id"], f"balancer {one['vip_address']}"
    for one in bodies["/lbaas/listeners"]:
        yield one["id"], f"listener {one['name']} {one['protocol_port']}"
    for one in bodies["/lbaas/healthmonitors"]:
        yield one["id"], f"monitor {one['name']}"
    for one in bodies["/lbaas/l7policies"]:
        yield one["id"], f"l7 policy at {one['position']}"


def _told(body: Body, labels: dict[str, str]) -> str:
    """Without what is volatile; where an id stands, what it stands for; lists sorted unless they are in an order."""

    def label(match: re.Match[str]) -> str:
        return labels.get(match[0], match[0])

    def plain(value: Any, key: str = "", whole: bool = False) -> Any:
        if isinstance(value, dict):
            dropped = VOLATILE if whole or "provisioning_status" in value else VOLATILE - {"id"}
            return {key: plain(one, key) for key, one in value.items() if key not in dropped}
        if isinstance(value, list):
            told = [plain(one) for one in value]
            return told if key in IN_ORDER else sorted(told, key=lambda one: json.dumps(one, sort_keys=True))
        return ID.sub(label, value) if isinstance(value, str) else value

    return json.dumps(plain(body, whole=True), sort_keys=True, ensure_ascii=False)


ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
