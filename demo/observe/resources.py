"""Everything the tenant has, as the `openstack` client's ``list`` and ``show`` say it.

Leaves out what the cloud makes for itself and counts on nobody to bring back (ports of DHCP and the like).
"""

from __future__ import annotations

from typing import Any

from demo.observe.client import Client
from demo.observe.labels import Labels, key

NOUNS = {
    "keypair": "keypair",
    "security_group": "security group",
    "network": "network",
    "subnet": "subnet",
    "port": "port",
    "router": "router",
    "floating_ip": "floating ip",
    "image": "image",
    "volume": "volume",
    "volume_snapshot": "volume snapshot",
    "server": "server",
}
OF_PROJECT = ("security_group", "network", "subnet", "port", "router", "floating_ip")
"""Lists that would also show what others share."""
Found = dict[str, dict[str, Any]]
"""Kind to name to body."""


def listing(client: Client, project: str) -> dict[str, list[str]]:
    """The ids of all that the project owns, by kind. A key pair has no id but its name."""
    commands = [f"{noun} list {_narrowed(kind, project)}" for kind, noun in NOUNS.items()]
    *lists, hidden = client.ask([*commands, "image list --long --hidden"])
    answers = dict(zip(NOUNS, lists, strict=True))
    answers["image"] = [one for one in [*answers["image"], *hidden] if one["Project"] == project]
    return {
        kind: [one["ID"] if "ID" in one else one["Name"] for one in rows] for kind, rows in answers.items()
    }


def _narrowed(kind: str, project: str) -> str:
    if kind == "image":
        return "--long"
    return f"--project {project}" if kind in OF_PROJECT else ""


def bodies(client: Client, ids: dict[str, list[str]], labels: Labels) -> Found:
    """Each of ``ids`` shown, by kind and name; ``labels`` learns their names. Ids are still in the bodies."""
    asked = [(kind, one) for kind, ones in ids.items() for one in ones]
    answers = client.ask([f"{NOUNS[kind]} show {one}" for kind, one in asked])
    found: Found = {kind: {} for kind in NOUNS}
    for (kind, id), body in zip(asked, answers, strict=True):
        if kind == "port" and _made_by_the_cloud(body):
            continue
        name = key(kind, body, found[kind])
        found[kind][name] = body
        if kind != "keypair":
            labels.add(id, kind, name)
        if kind == "floating_ip":
            labels.add(body["floating_ip_address"], kind, name)
    return found


def _made_by_the_cloud(port: dict[str, Any]) -> bool:
    owner = port["device_owner"]
    return owner.startswith("network:") and not owner.startswith("network:router_interface")
