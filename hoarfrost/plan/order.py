"""In which order the steps go: after what they refer to, late updates where the declarations put them.

Decides ``needs`` and the order, from references and from ``Late.after``/``before`` alone; no resource type is
named here. What is done about each resource has been decided before (`planner`, `fit`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from hoarfrost.errors import PlanError
from hoarfrost.kinds import kind_order
from hoarfrost.kinds.field import Late, Ref, Turn
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Graph, Reference, Resource, Step

Kinds = Mapping[str, Kind]


def ordered(steps: Iterable[Step], graph: Graph, kinds: Kinds) -> tuple[Step, ...]:
    """The steps, one for each resource, in order, with their needs; late updates are added as steps of their
    own.

    Deterministic: what may go in any order goes by kind, then as in ``steps``. Raises PlanError for a circle.
    """
    nodes = {step.node: step for step in steps}
    for step in list(nodes.values()):
        if step.action in ("create", "reuse") and (update := _update(step, graph, kinds)):
            nodes[update.node] = update
    needs = _needs(nodes, graph, kinds)
    rank = {name: place for place, name in enumerate(kind_order(kinds))}
    keys = {
        node: (rank.get(step.kind, len(rank)), step.action == "update", place)
        for place, (node, step) in enumerate(nodes.items())
    }
    return tuple(replace(nodes[node], needs=tuple(needs[node])) for node in _sorted(needs, keys))


def in_order(resources: Iterable[Resource], kinds: Kinds) -> list[Resource]:
    """The resources, each after what it refers to: the order in which they can be decided about."""
    graph = Graph(resources)
    steps = (Step(address=one.address, name=one.name, action="map", reason="") for one in graph)
    rank = {name: place for place, name in enumerate(kind_order(kinds))}
    nodes = {step.node: step for step in steps}
    keys = {node: (rank.get(step.kind, len(rank)), place) for place, (node, step) in enumerate(nodes.items())}
    needs = {node: [one.address for one in graph[node].references if not one.late] for node in nodes}
    return [graph[node] for node in _sorted(needs, keys)]


def late_references(resource: Resource, kind: Kind) -> Iterator[Reference]:
    """Those that are set after creation. A noted one (lineage) is never set."""
    late = {
        path
        for one in kind.fields
        if isinstance(one, Ref) and one.late and not one.note
        for path in one.paths
    }
    return (one for one in resource.references if one.field in late)


def brought(graph: Graph, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Address of what comes along with another -> address of that one."""
    return {
        address: one.address
        for one in graph
        if one.kind in kinds and one.owned and not one.made_by
        for address in kinds[one.kind].brings(one.body)
        if address in graph and graph[address].made_by
    }


def _update(step: Step, graph: Graph, kinds: Kinds) -> Step | None:
    kind, body = kinds[step.kind], graph[step.address].body
    if step.action == "reuse":
        reason = "brings it to the state of this one" if kind.standing(body) else ""
    else:
        reason = ", ".join(sorted(kind.late(body, lambda kind, id: id)))
    if not reason:
        return None
    return Step(address=step.address, name=step.name, action="update", reason=reason)


def _needs(nodes: Mapping[str, Step], graph: Graph, kinds: Kinds) -> dict[str, list[str]]:
    """node -> nodes that come before, each once, in a fixed order."""
    makers: dict[str, list[str]] = {}
    for node, step in nodes.items():
        if step.action == "create":
            makers.setdefault(step.kind, []).append(node)
    needs: dict[str, list[str]] = {node: [] for node in nodes}
    along = brought(graph, kinds)
    for node, step in nodes.items():
        if step.action not in ("create", "update"):
            continue
        resource, kind = graph[step.address], kinds[step.kind]
        if step.action == "create":
            needs[node] += [one.address for one in resource.references if not one.late]
            for turn in (one for one in kind.fields if isinstance(one, Turn)):
                needs[node] += [other for name in turn.after for other in makers.get(name, ())]
                for other in (other for name in turn.before for other in makers.get(name, ())):
                    needs[other].append(node)
            continue
        later = [one.address for one in late_references(resource, kind)]
        needs[node] += [step.address, *(along.get(address, address) for address in later)]
        if nodes[step.address].action == "reuse":
            continue
        for late in (one for one in kind.fields if isinstance(one, Late)):
            for other in late.after:
                needs[node] += makers.get(other, ())
            for other in makers.get(late.before, ()):
                needs[other].append(node)
    useful = {node for node, step in nodes.items() if step.action not in ("skip", "impossible")}
    return {node: [one for one in dict.fromkeys(before) if one in useful] for node, before in needs.items()}


def _sorted(needs: Mapping[str, list[str]], keys: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Kahn's algorithm; among what is ready, the smallest key goes first."""
    open_needs = {node: {one for one in before if one in keys} - {node} for node, before in needs.items()}
    followers: dict[str, list[str]] = {}
    for node, before in open_needs.items():
        for one in before:
            followers.setdefault(one, []).append(node)
    ready = [(keys[node], node) for node, before in open_needs.items() if not before]
    heapq.heapify(ready)
    while ready:
        _, node = heapq.heappop(ready)
        yield node
        del open_needs[node]
        for follower in followers.get(node, ()):
            open_needs[follower].discard(node)
            if not open_needs[follower]:
                heapq.heappush(ready, (keys[follower], follower))
    if open_needs:
        circle = ", ".join(sorted(open_needs)[:6])
        raise PlanError(f"these wait for one another: {circle}", hint="Skip one of them in the plan.")
