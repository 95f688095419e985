"""What becomes of a resource when something that it refers to does not come back.

Decides between impossible (a reference without which it is not worth making) and a finding (one it can do
without).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Backup, Finding, Graph, Reference, Resource, Step
from hoarfrost.plan.order import late_references

NEEDS = "needs "
"""How the reason of a step begins that is impossible only because of another; it is never final."""


def missing(resource: Resource, steps: Mapping[str, Step], graph: Graph) -> str:
    """Why ``resource`` cannot be made, "" if nothing that it needs is missing."""
    for one in resource.references:
        if not one.late and not one.optional and not _comes(one, steps):
            return f"{NEEDS}{_told(one, graph)}, which {_why(one, steps)}"
    return ""


def lost_bytes(backup: Backup) -> set[str]:
    """The addresses of what should have bytes and has none in the backup: made without, it would be empty."""
    return {one.address for one in backup.streams if one.outcome == "failed"}


def losses(
    resource: Resource,
    kind: Kind,
    steps: Mapping[str, Step],
    graph: Graph,
    along: Mapping[str, str],
    beyond: Container[str] = (),
) -> Iterator[Finding]:
    """A finding for each reference that the resource will be made without. ``along``: see `order.brought`;
    ``beyond``: addresses of what only another role may make."""
    optional = [one for one in resource.references if one.optional and not one.late]
    for one in [*optional, *late_references(resource, kind)]:
        comes = _comes(one, steps, along)
        if not comes or one.address in beyond:
            why = "needs another role" if comes else _why(one, steps)
            yield Finding(
                address=resource.address,
                severity="info" if one.address in steps and not graph[one.address].owned else "warning",
                code="reference-lost",
                sentence=f"{resource.name or resource.id} comes back without its {one.field}: "
                f"{_told(one, graph)} {why}",
            )


def _comes(one: Reference, steps: Mapping[str, Step], along: Mapping[str, str] | None = None) -> bool:
    step = steps.get((along or {}).get(one.address, one.address))
    return step is not None and step.action in ("create", "reuse", "map")


def _told(one: Reference, graph: Graph) -> str:
    resource = graph.get(one.address)
    return f"{one.kind} {(resource.name if resource else '') or one.id}"


def _why(one: Reference, steps: Mapping[str, Step]) -> str:
    if one.address not in steps:
        return "is not in the backup"
    step = steps[one.address]
    return "is impossible" if step.action == "impossible" else f"is skipped ({step.reason})"
