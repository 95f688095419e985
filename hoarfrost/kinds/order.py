"""In which order kinds are made: it follows from what they refer to and from their late updates."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from hoarfrost.errors import HoarfrostError
from hoarfrost.kinds.field import Late, Ref, Turn
from hoarfrost.kinds.kind import Kind


def kind_order(kinds: Mapping[str, Kind]) -> list[str]:
    """Every name, after the names it refers to. What may come in any order comes as in ``kinds``.

    A late update is a node of its own: "subnet" is made, then "port", then "subnet" is updated, then
    "server" is made, which also says that ports come before servers. Raises HoarfrostError for a circle.
    """
    before = _before(kinds)
    rank = {name: place for place, name in enumerate(kinds)}
    followers: dict[str, list[str]] = {node: [] for node in before}
    for node, needs in before.items():
        for one in needs:
            followers[one].append(node)
    ready = [(rank[node.rstrip("+")], node) for node, needs in before.items() if not needs]
    heapq.heapify(ready)
    found: list[str] = []
    while ready:
        _, node = heapq.heappop(ready)
        found.append(node)
        for follower in followers[node]:
            before[follower].discard(node)
            if not before[follower]:
                heapq.heappush(ready, (rank[follower.rstrip("+")], follower))
    if len(found) < len(before):
        raise HoarfrostError(
            f"these kinds refer to one another in a circle: {', '.join(set(before) - set(found))}"
        )
    return [node for node in found if node in kinds]


def _before(kinds: Mapping[str, Kind]) -> dict[str, set[str]]:
    """node -> nodes that come first; "subnet+" is the late update of "subnet"."""
    before: dict[str, set[str]] = {node: set() for name in kinds for node in (name, f"{name}+")}
    for name, kind in kinds.items():
        before[f"{name}+"].add(name)
        for one in kind.fields:
            if isinstance(one, Ref):
                before[f"{name}+" if one.late else name].update(set(one.kinds()) & set(kinds) - {name})
            elif isinstance(one, Late):
                before[f"{name}+"].update(set(one.after) & set(kinds))
                if one.before in kinds:
                    before[one.before].add(f"{name}+")
            elif isinstance(one, Turn):
                before[name].update(set(one.after) & set(kinds))
                for other in set(one.before) & set(kinds):
                    before[other].add(name)
    return before
