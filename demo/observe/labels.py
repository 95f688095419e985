"""Ids become names: ``<network inside>`` stands for the id of that network, wherever an id is said.

What two clouds say about the same tenant can be compared only so. Leaves to `demo.observe` what is looked at.
"""

from __future__ import annotations

import re
from typing import Any

TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d{1,3}(?:\.\d{1,3}){3}")
"""What may be an id or an address."""


class Labels:
    """From ids, and the addresses of floating addresses, to labels."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}

    def add(self, token: str, kind: str, name: str) -> None:
        self._labels[token] = f"<{kind} {name}>"

    def of(self, beginning: str) -> str:
        """The label of the only id that begins so; ``beginning`` itself where there is none."""
        found = [label for token, label in self._labels.items() if beginning and token.startswith(beginning)]
        return found[0] if len(found) == 1 else beginning

    def apply(self, value: Any) -> Any:
        """``value`` with every known id replaced, in keys too, at any depth and within longer strings."""
        if isinstance(value, str):
            return TOKEN.sub(lambda found: self._labels.get(found.group(), found.group()), value)
        if isinstance(value, list):
            return [self.apply(one) for one in value]
        if isinstance(value, dict):
            return {self.apply(key): self.apply(one) for key, one in value.items()}
        return value


def name_of(kind: str, body: dict[str, Any]) -> str:
    """How a thing is recognised on another cloud: its name, or what is particular about it."""
    if kind == "floating_ip":
        return str(body["description"])
    if kind == "port" and not body["name"]:
        addresses = ", ".join(sorted(one["ip_address"] for one in body["fixed_ips"]))
        return f"{body['device_owner'].partition(':')[0] or 'unnamed'} {addresses}"
    return str(body["name"])


def key(kind: str, body: dict[str, Any], taken: dict[str, Any]) -> str:
    """`name_of`, made different from those in ``taken`` where the tenant has two of that name."""
    name = plain = name_of(kind, body)
    number = 1
    while name in taken:
        number += 1
        name = f"{plain} ({number})"
    return name
