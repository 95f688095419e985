"""Things that the project refers to and that somebody else owns: flavors, external networks, images.

They are recorded as not owned, with enough of a body to find their like on another cloud. What *they* refer
to is not followed, nor what things refer to that the cloud made by itself. A reference of lineage (who made it, from
which image) may lead nowhere; any other is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, MissingService, NotFound
from hoarfrost.kinds import Kind
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Ref
from hoarfrost.model import Finding, Graph, Reference, Resource


def adopt(cloud: Cloud, graph: Graph, kinds: Mapping[str, Kind]) -> list[Finding]:
    """Adds to ``graph`` what its owned resources refer to and lack. Raises CloudError when a call fails."""
    wanted: dict[str, tuple[Resource, Reference]] = {}
    for resource in graph:
        for reference in () if resource.made_by else resource.references:
            if reference.address not in graph and reference.kind in kinds and resource.owned:
                known = wanted.setdefault(reference.address, (resource, reference))
                if _is_lineage(kinds[known[0].kind], known[1]):
                    wanted[reference.address] = (resource, reference)  # a weightier one may follow a lineage
    found = each(lambda pair: _fetched(cloud, kinds, *pair), wanted.values())
    findings = []
    for (resource, reference), adopted in zip(wanted.values(), found, strict=True):
        if adopted is not None:
            graph.add(adopted)
        elif not _is_lineage(kinds[resource.kind], reference):
            findings.append(_dangling(resource, reference))
    return findings


def _fetched(
    cloud: Cloud, kinds: Mapping[str, Kind], resource: Resource, reference: Reference
) -> Resource | None:
    kind = kinds[reference.kind]
    try:
        body = kind.show(cloud, reference.id)
    except (NotFound, Forbidden, MissingService):
        recalled = kinds[resource.kind].recall(resource.body, reference)
        return kind.resource(recalled, owned=False) if recalled else None
    return kind.resource(body, owned=False)


def _is_lineage(kind: Kind, reference: Reference) -> bool:
    return any(isinstance(one, Ref) and one.note and reference.field in one.paths for one in kind.fields)


def _dangling(resource: Resource, reference: Reference) -> Finding:
    loss = "it can come back without" if reference.optional else "it cannot come back unless that is mapped"
    named = resource.name or resource.id
    return Finding(
        address=resource.address,
        severity="warning",
        code="dangling",
        sentence=f"{resource.kind} {named} refers to the {reference.kind} {reference.id}, "
        f"which cannot be read; {loss}.",
    )
