"""History whose bytes are read: what the user froze himself, long before this backup.

Decides which: what the user asks for, and what something else that comes back cannot be without (an image that names
snapshots). Everything else of it stays recorded only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from hoarfrost.events import Found, Sink
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Finding, Frozen, Graph


def past(
    graph: Graph, kinds: Mapping[str, Kind], patterns: Iterable[str], sink: Sink
) -> tuple[list[Frozen], list[Finding]]:
    """Adds to ``graph`` what the bytes of the chosen history are restored as, with the moments of those.

    ``patterns``: names, ids, or as for `Resource.matches`.
    """
    chosen = [pattern for one in patterns for pattern in (one, f"*/{one}")]
    needed = {
        reference.address
        for one in graph
        if one.owned and not one.made_by
        for reference in one.references
        if not reference.optional and not reference.late
    }
    moments, findings = list[Frozen](), list[Finding]()
    for resource in [one for one in graph if one.owned and kinds[one.kind].recorded]:
        kind = kinds[resource.kind]
        found = kind.past(resource, graph, resource.address in needed or resource.matches(chosen))
        if isinstance(found, Finding):
            findings.append(found)
        elif found is not None:
            body = resource.body | found.learned
            graph.add(found.holder)
            graph.add(replace(resource, body=body, references=kind.references(body)))
            findings += kinds[found.holder.kind].findings(found.holder.body)
            moments.append(found.moment)
    for one in findings:
        sink(Found(stage="freeze", finding=one))
    return moments, findings
