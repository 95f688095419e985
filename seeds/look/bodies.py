"""JSON bodies of every type, with what further calls say of a thing under keys that begin with ``+``."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from seeds.api import APIS
from seeds.look.volume import content
from seeds.rest import Refused, Rest, identity

OF_THE_CLOUD = ("network:", "neutron:", "ovn-lb", "Octavia")
INTERFACE = "network:router_interface"
TRANSIT = "vpn-transit-"
"""How the names of what the VPN agent makes in the project begin."""


@dataclass(frozen=True)
class Thing:
    """``standing``: every project has one like it by itself. ``parent``: the id of what it lies in."""

    kind: str
    id: str
    body: dict[str, Any]
    parent: str = ""
    standing: bool = False


def of(rest: Rest, kind: str, parent: str = "") -> list[Thing]:
    """All of one type; of a service that the cloud lacks, none."""
    found = rest.all(kind, parent)
    return [_thing(rest, kind, body, parent) for body in found]


def _thing(rest: Rest, kind: str, body: dict[str, Any], parent: str) -> Thing:
    id = identity(kind, body)
    more = FURTHER.get(kind)
    told = {**body, **(more(rest, id, body) if more else {})}
    if kind == "port" and body["device_owner"].startswith(INTERFACE):
        kind = "router_interface"
    return Thing(kind, id, told, parent, _standing(kind, body))


def _standing(kind: str, body: dict[str, Any]) -> bool:
    if kind in ("firewall_group", "security_group"):
        return bool(body["name"] == "default")
    if kind in ("firewall_policy", "firewall_rule"):
        return str(body["name"]).startswith("default ")
    return kind == "security_group_rule" and bool(body.get("belongs_to_default_sg"))


def _image(rest: Rest, id: str, body: dict[str, Any]) -> dict[str, Any]:
    if body["visibility"] != "shared":
        return {"+members": []}  # the service answers 403
    members = rest.ask(APIS["image"], "GET", f"/images/{id}/members")["members"]
    return {"+members": [{"member": one["member_id"], "status": one["status"]} for one in members]}


def _secret(rest: Rest, id: str, body: dict[str, Any]) -> dict[str, Any]:
    api, path = APIS["secret"], f"/secrets/{id}"
    answer = rest.cloud.key_manager.get(f"{path}/payload", headers={"Accept": _accepted(body)})
    if answer.status_code >= 400:
        raise Refused("GET", path, answer.status_code, answer.text)
    return {
        "+payload": base64.b64encode(answer.content).decode(),
        "+metadata": rest.ask(api, "GET", f"{path}/metadata")["metadata"],
        "+acl": rest.ask(api, "GET", f"{path}/acl"),
    }


def _accepted(body: dict[str, Any]) -> str:
    return str((body.get("content_types") or {}).get("default", "text/plain"))


def _server(rest: Rest, id: str, body: dict[str, Any]) -> dict[str, Any]:
    attached = rest.ask(APIS["server"], "GET", f"/servers/{id}/os-volume_attachments")["volumeAttachments"]
    kept = ("volumeId", "device", "tag", "delete_on_termination")
    return {"+volumes": [{key: one[key] for key in kept} for one in attached]}


def _volume(rest: Rest, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Its bytes; of one that a server uses, the server's guest would have to say."""
    return {"+content": content(rest, body) if body["status"] == "available" else {}}


def _volume_group(rest: Rest, id: str, body: dict[str, Any]) -> dict[str, Any]:
    query = {"list_volume": "true"}
    return {
        "+volumes": rest.ask(APIS["volume_group"], "GET", f"/groups/{id}", query=query)["group"]["volumes"]
    }


FURTHER = {
    "image": _image,
    "secret": _secret,
    "server": _server,
    "volume": _volume,
    "volume_group": _volume_group,
}


def without_the_clouds_own(things: Iterable[Thing]) -> Iterator[Thing]:
    """What some part of the cloud made for itself is nobody's to bring back."""
    all = list(things)
    transit = {one.id for one in all if one.kind == "subnet" and one.body["name"].startswith(TRANSIT)}
    for one in all:
        subnets = {each["subnet_id"] for each in one.body.get("fixed_ips", []) if isinstance(each, dict)}
        made = one.kind == "port" and one.body["device_owner"].startswith(OF_THE_CLOUD)
        made = made or (one.kind == "recordset" and one.body["type"] in ("SOA", "NS"))
        if made or one.id in transit or (one.kind == "router_interface" and subnets & transit):
            continue
        if one.kind == "router":
            routes = [each for each in one.body["routes"] if not each["nexthop"].startswith("169.254.")]
            yield Thing(one.kind, one.id, {**one.body, "routes": routes})
        else:
            yield one
