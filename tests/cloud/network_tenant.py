"""A tenant with everything that Neutron knows, built by raw calls, and a picture of it that no code of the product
takes: raw lists, with ids replaced by what the builder wrote into the descriptions.

Names are what tenants make of them: doubled, empty, in any script.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.errors import NotFound

Body = dict[str, Any]

KINDS = {
    "address-scopes": "address_scope",
    "subnetpools": "subnet_pool",
    "address-groups": "address_group",
    "qos/policies": "qos_policy",
    "security-groups": "security_group",
    "security-group-rules": "security_group_rule",
    "networks": "network",
    "subnets": "subnet",
    "routers": "router",
    "ports": "port",
    "trunks": "trunk",
    "floatingips": "floating_ip",
    "local_ips": "local_ip",
    "ndp_proxies": "ndp_proxy",
    "log/logs": "network_log",
    "rbac-policies": "rbac_policy",
}
"""Path of a collection -> kind."""

ENVELOPES = {"qos/policies": "policy", "ndp_proxies": "ndp_proxy", "log/logs": "log"}


def envelope(path: str) -> str:
    """The word around one body of a collection."""
    return ENVELOPES.get(
        path, path.removesuffix("s").replace("-", "_").replace("rbac_policie", "rbac_policy")
    )


def listed(cloud: Cloud, path: str, **query: str) -> list[Body]:
    plural = {"qos/policies": "policies", "log/logs": "logs"}.get(path, path.replace("-", "_"))
    return list(cloud.rest("network").list(f"/v2.0/{path}", plural, **query))


class Tenant:
    """What was built, in order. ``ids``: what the builder calls a thing -> id."""

    def __init__(self, cloud: Cloud, mark: str) -> None:
        self.cloud, self.mark, self.rest = cloud, mark, cloud.rest("network")
        self.ids: dict[str, str] = {}
        self.made: list[tuple[str, str]] = []

    def make(
        self, path: str, label: str, *, tags: tuple[str, ...] = (), by: Cloud | None = None, **said: Any
    ) -> str:
        """``label`` goes into the description, or the name of what has none."""
        rest = (by or self.cloud).rest("network")
        if path == "address-scopes":
            said["name"] = f"{self.mark} {label}"
        elif path != "rbac-policies":
            said["description"] = f"{self.mark} {label}"
        body = rest.post(f"/v2.0/{path}", {envelope(path): said})[envelope(path)]
        if tags:
            rest.put(f"/v2.0/{path.removeprefix('qos/')}/{body['id']}/tags", {"tags": list(tags)})
        self.ids[label] = body["id"]
        self.made.append((path, body["id"]))
        return str(body["id"])

    def describe(self, port: str, label: str, **said: Any) -> None:
        """Of a port that Neutron made: give it a description by which it is found again."""
        self.rest.put(f"/v2.0/ports/{port}", {"port": {"description": f"{self.mark} {label}", **said}})
        self.ids[label] = port


def wipe(cloud: Cloud, mark: str) -> None:
    """Remove whatever of the project bears ``mark``, whoever made it."""
    rest = cloud.rest("network")
    mine = {path: [one["id"] for one in marked(cloud, path, mark)] for path in KINDS}
    groups = set(mine["security-groups"])
    for path in ("log/logs", "ndp_proxies"):
        _delete(cloud, path, mine[path])
    for id in mine["local_ips"]:
        for one in rest.get(f"/v2.0/local_ips/{id}/port_associations")["port_associations"]:
            rest.delete(f"/v2.0/local_ips/{id}/port_associations/{one['fixed_port_id']}")
    for id in mine["floatingips"]:
        for one in rest.get(f"/v2.0/floatingips/{id}/port_forwardings")["port_forwardings"]:
            rest.delete(f"/v2.0/floatingips/{id}/port_forwardings/{one['id']}")
    _delete(cloud, "local_ips", mine["local_ips"])
    _delete(cloud, "floatingips", mine["floatingips"])
    for id in mine["trunks"]:
        rest.put(f"/v2.0/trunks/{id}", {"trunk": {"admin_state_up": True}})  # else it cannot be removed
    _delete(cloud, "trunks", mine["trunks"])
    for id in mine["routers"]:
        rest.put(f"/v2.0/routers/{id}", {"router": {"routes": []}})
        for port in listed(cloud, "ports", device_id=id):
            if port["device_owner"].startswith("network:router_interface"):
                rest.put(f"/v2.0/routers/{id}/remove_router_interface", {"port_id": port["id"]})
    for one in marked(cloud, "ports", mark):
        if one["device_owner"].startswith("compute:"):  # only Nova may remove those
            rest.put(f"/v2.0/ports/{one['id']}", {"port": {"device_owner": ""}})
    for path in ("routers", "ports", "rbac-policies", "subnets", "networks", "security-group-rules"):
        _delete(cloud, path, mine[path])
    for id in groups:
        path = f"/v2.0/security-groups/{id}"
        if rest.get(path)["security_group"]["name"] == "default":
            rest.put(path, {"security_group": {"description": "Default security group"}})
        else:
            rest.delete(path)
    for path in ("address-groups", "subnetpools", "address-scopes", "qos/policies"):
        _delete(cloud, path, mine[path])


def _delete(cloud: Cloud, path: str, ids: list[str]) -> None:
    for id in ids:
        with contextlib.suppress(NotFound):
            cloud.rest("network").delete(f"/v2.0/{path}/{id}")


def marked(cloud: Cloud, path: str, mark: str) -> Iterator[Body]:
    """What the project has of one collection that bears ``mark``; RBAC policies, of what bears it."""
    objects = (
        {one["id"] for other in KINDS if other != path for one in marked(cloud, other, mark)}
        if path == "rbac-policies"
        else set()
    )
    mine = {} if path == "ndp_proxies" else {"project_id": cloud.project_id}  # there it is refused
    for one in listed(cloud, path, **mine):
        text = one.get("description") or one.get("name") or ""
        if text.startswith(f"{mark} ") or one.get("object_id") in objects:
            yield one


VOLATILE = {
    "id",
    "created_at",
    "updated_at",
    "revision_number",
    "standard_attr_id",
    "project_id",
    "tenant_id",
    "status",
}


def picture(cloud: Cloud, mark: str, ignored: Callable[[str, str], bool]) -> dict[str, list[Body]]:
    """path -> bodies, with labels for ids. ``ignored(path, field)``: what is left out."""
    found = {path: list(marked(cloud, path, mark)) for path in KINDS}
    for one in found["floatingips"]:
        path = f"/v2.0/floatingips/{one['id']}/port_forwardings"
        one["port_forwardings"] = cloud.rest("network").get(path)["port_forwardings"]
    for one in found["local_ips"]:
        path = f"/v2.0/local_ips/{one['id']}/port_associations"
        one["+associations"] = cloud.rest("network").get(path)["port_associations"]
    labels = {
        one["id"]: (one.get("description") or one.get("name") or "").removeprefix(mark).strip()
        for bodies in found.values()
        for one in bodies
    }
    held = listed(cloud, "ports", project_id=cloud.project_id, device_owner="network:local_ip")
    labels |= {one["id"]: "a port of its own" for one in held}
    default = listed(cloud, "security-groups", project_id=cloud.project_id, name="default")
    labels |= {one["id"]: "the default group" for one in default}
    return {
        path: sorted((_told(path, one, labels, ignored) for one in bodies), key=str)
        for path, bodies in found.items()
    }


def _told(path: str, body: Body, labels: dict[str, str], ignored: Callable[[str, str], bool]) -> Body:
    return {
        name: _labelled(value, labels)
        for name, value in sorted(body.items())
        if name not in VOLATILE and not ignored(path, name)
    }


def _labelled(value: Any, labels: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _labelled(one, labels) for name, one in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return sorted((_labelled(one, labels) for one in value), key=str)
    if value is None:
        return ""  # they say the same
    return labels.get(value, value) if isinstance(value, str) else value
