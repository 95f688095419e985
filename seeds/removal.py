"""Empties a project, in an order that works, whatever is in it; the proof that it is empty is `seeds.look`'s.

What every project has by itself stays and is brought back to what it was at first: the default security group, the
default firewall group. Leaves users, roles and quotas alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from demo.swift import Swift
from demo.tenant.guards import loosen_firewalls
from seeds.api import APIS
from seeds.rest import Refused, Rest, identity

LIMIT = 300
AT_ONCE = 4
ORDER = (
    "application_credential",
    "ec2_credential",
    "server",
    "load_balancer",
    "ipsec_site_connection",
    "vpn_service",
    "vpn_endpoint_group",
    "ike_policy",
    "ipsec_policy",
    "firewall_group",
    "firewall_policy",
    "firewall_rule",
    "zone",
    "rbac_policy",
    "floating_ip",
    "local_ip",
    "trunk",
    "ndp_proxy",
    "router",
    "port",
    "network",
    "security_group_rule",
    "security_group",
    "address_group",
    "subnet_pool",
    "address_scope",
    "qos_policy",
    "volume_snapshot",
    "volume_group",
    "volume",
    "image",
    "secret_container",
    "secret",
    "server_group",
    "keypair",
)
"""Logs come before all, as Neutron stumbles over rules that go while it takes a log off them; then the default security
group, since its rules may name address groups and other groups."""
MANAGED = ("qos_policy",)
QUERY = {"load_balancer": {"cascade": "true"}, "volume": {"cascade": "true"}}


def empty(rest: Rest, manager: Rest | None = None) -> None:
    """``manager``: a login of the same project that may remove what a member may not. Raises TimeoutError if
    something does not go."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        stored = pool.submit(_containers, rest)
        _logs(manager or rest)
        _default_group(rest)
        for kind in ORDER:
            if kind == "firewall_group":
                loosen_firewalls(rest.cloud)
            _all_of(manager or rest if kind in MANAGED else rest, kind, pool)
        stored.result()


def _all_of(rest: Rest, kind: str, pool: ThreadPoolExecutor) -> None:
    end = time.monotonic() + LIMIT
    while bodies := [one for one in rest.all(kind) if _goes(kind, one)]:
        if time.monotonic() > end:
            raise TimeoutError(
                f"{kind}: still there after {LIMIT} s: {[identity(kind, one) for one in bodies]}"
            )
        list(pool.map(lambda body: _remove(rest, kind, body), bodies))
        if not APIS[kind].settles and kind != "vpn_service":
            return
        time.sleep(0.5)


def _logs(rest: Rest) -> None:
    """One at a time. Neutron forgets a log before OVN does: a fault of the second (500) leaves none to be removed."""
    for body in rest.all("network_log"):
        try:
            rest.delete("network_log", body["id"])
        except Refused as refused:
            if refused.status != 500 or body["id"] in {one["id"] for one in rest.all("network_log")}:
                raise


def _goes(kind: str, body: dict[str, Any]) -> bool:
    """Whether it is to be removed by itself: not what every project has, nor what goes with something else."""
    if kind == "port":
        owner = body["device_owner"]
        return not owner.startswith(("network:", "compute:", "ovn-lb", "Octavia"))
    if kind in ("firewall_group", "firewall_policy", "firewall_rule"):
        return not _standing_firewall(kind, body)
    if kind == "security_group":
        return bool(body["name"] != "default")
    if kind == "security_group_rule":
        return not body.get("belongs_to_default_sg")
    return True


def _standing_firewall(kind: str, body: dict[str, Any]) -> bool:
    """The default group of a project, and what it is made of."""
    if kind == "firewall_group":
        return bool(body["name"] == "default")
    return str(body["name"]).startswith("default ")


def _remove(rest: Rest, kind: str, body: dict[str, Any]) -> None:
    before: dict[str, Callable[[Rest, dict[str, Any]], None]] = {
        "floating_ip": _unforwarded,
        "local_ip": _unused,
        "trunk": _enabled,
        "router": _bare_router,
        "image": _unprotected,
        "server": _unlocked,
    }
    if kind in before:
        before[kind](rest, body)
    if str(body.get("provisioning_status")) == "PENDING_DELETE" or body.get("status") == "deleting":
        return
    if body.get("action") == "DELETE":  # a zone that the name servers are forgetting
        return
    if kind == "volume_group":
        asked = {"delete": {"delete-volumes": True}}
        rest.ask(APIS[kind], "POST", f"/groups/{body['id']}/action", asked, patient=True)
        return
    rest.delete(kind, identity(kind, body), **QUERY.get(kind, {}))


def _enabled(rest: Rest, body: dict[str, Any]) -> None:
    """One that is off refuses to go."""
    if not body["admin_state_up"]:
        path = f"/trunks/{body['id']}"
        rest.ask(APIS["trunk"], "PUT", path, {"trunk": {"admin_state_up": True}}, patient=True)


def _unforwarded(rest: Rest, body: dict[str, Any]) -> None:
    for one in rest.all("port_forwarding", body["id"]) if body.get("port_forwardings") else ():
        rest.delete("port_forwarding", one["id"], body["id"])


def _unused(rest: Rest, body: dict[str, Any]) -> None:
    for one in rest.all("local_ip_association", body["id"]):
        rest.delete("local_ip_association", one["fixed_port_id"], body["id"])


def _bare_router(rest: Rest, body: dict[str, Any]) -> None:
    api, path = APIS["router"], f"/routers/{body['id']}"
    if body.get("routes"):
        rest.ask(api, "PUT", path, {"router": {"routes": []}}, patient=True)
    for port in rest.ask(api, "GET", "/ports", query={"device_id": body["id"]})["ports"]:
        if port["device_owner"].startswith("network:router_interface"):
            asked = {"port_id": port["id"]}
            rest.ask(api, "PUT", f"{path}/remove_router_interface", asked, patient=True)


def _unprotected(rest: Rest, body: dict[str, Any]) -> None:
    if body["protected"]:
        change = [{"op": "replace", "path": "/protected", "value": False}]
        headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        rest.ask(APIS["image"], "PATCH", f"/images/{body['id']}", change, headers=headers)


def _unlocked(rest: Rest, body: dict[str, Any]) -> None:
    if body["locked"]:
        rest.ask(APIS["server"], "POST", f"/servers/{body['id']}/action", {"unlock": None})


def _default_group(rest: Rest) -> None:
    """Rules that it had not at first go; those that were there at first and are gone come back."""
    (group,) = [one for one in rest.all("security_group") if one["name"] == "default"]
    path = f"/security-groups/{group['id']}"
    rest.ask(
        APIS["security_group"],
        "PUT",
        path,
        {"security_group": {"description": "Default security group"}},
    )
    rest.ask(APIS["security_group"], "PUT", f"{path}/tags", {"tags": []})
    missing = {(way, family) for way in ("ingress", "egress") for family in ("IPv4", "IPv6")}
    for rule in rest.all("security_group_rule"):
        remote = rule["remote_group_id"] == (group["id"] if rule["direction"] == "ingress" else None)
        plain = not any(rule[one] for one in ("protocol", "remote_ip_prefix", "remote_address_group_id"))
        if remote and plain and (rule["direction"], rule["ethertype"]) in missing and not rule["description"]:
            missing.discard((rule["direction"], rule["ethertype"]))
        else:
            rest.delete("security_group_rule", rule["id"])
    for way, family in missing:
        body = {"security_group_id": group["id"], "direction": way, "ethertype": family}
        if way == "ingress":
            body["remote_group_id"] = group["id"]
        rest.ask(APIS["security_group_rule"], "POST", "/security-group-rules", {"security_group_rule": body})


def _containers(rest: Rest) -> None:
    """Old versions first, then what is there; a container may be the target of links from others."""
    swift = Swift(rest.cloud)
    for container in swift.ask("GET", format="plain", limit="10000").body.decode().splitlines():
        swift.ask("POST", container, headers={"X-Versions-Enabled": "false"})
        _objects(swift, container)
        try:
            swift.ask("DELETE", container)
        except RuntimeError as refused:
            raise Refused("DELETE", container, 409, str(refused)) from refused


def _objects(swift: Swift, container: str) -> None:
    for one in json.loads(swift.ask("GET", container, format="json", versions="true").body):
        version = {"version-id": one["version_id"]} if one.get("version_id", "null") != "null" else {}
        swift.ask("DELETE", container, one["name"], **version)
