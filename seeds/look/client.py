"""The same project as the `openstack` client shows it: a second witness, for the types that it knows.

Its words for fields are its own, and which thing is which is taken from the comparison of the raw bodies (labels).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any

from demo.may_differ import FREE
from demo.observe.client import Client
from demo.observe.resources import NOUNS, listing
from seeds.look.bodies import Thing, without_the_clouds_own

OWN_WORDS = {
    "router": ("interfaces_info",),
    "network": ("subnets", "availability_zones"),
    "floating_ip": ("name", "port_details", "port_forwardings", "router_id"),
    "subnet": (),
}
"""Fields in which it says once more what other things say, in a form of its own."""

CALLED = {("volume", "type"): "volume_type"}
"""(kind, its word) -> the API's, of a field whose value has another name on another cloud."""


def shown(cloud: str, project: str) -> tuple[Thing, ...]:
    """Every ``show`` of what the client can list, without what may always differ. ``cloud``: of clouds.yaml."""
    client = Client(cloud)
    asked = [(kind, id) for kind, ids in listing(client, project).items() for id in ids]
    answers = client.ask([f"{NOUNS[kind]} show {shlex.quote(id)}" for kind, id in asked])
    things = (Thing(_kind(kind, body), id, body) for (kind, id), body in zip(asked, answers, strict=True))
    return tuple(_plain(without_the_clouds_own(things)))


def _kind(kind: str, body: dict[str, Any]) -> str:
    leg = kind == "port" and str(body["device_owner"]).startswith("network:router_interface")
    return "router_interface" if leg else kind


def _plain(things: Iterable[Thing]) -> Iterable[Thing]:
    for one in things:
        free = {
            field
            for line in FREE
            if line.kind in ("*", one.kind) and line.name == "*"
            for field in line.fields
        }
        body = {CALLED.get((one.kind, key), key): value for key, value in one.body.items()}
        body = _without(body, free | set(OWN_WORDS.get(one.kind, ())))
        yield Thing(one.kind, one.id, body)


def _without(value: Any, free: set[str], path: str = "") -> Any:
    if isinstance(value, dict):
        fields = {key: f"{path}.{key}".lstrip(".") for key in value}
        return {key: _without(value[key], free, field) for key, field in fields.items() if field not in free}
    if isinstance(value, list):
        return [_without(one, free, path) for one in value]
    return value
