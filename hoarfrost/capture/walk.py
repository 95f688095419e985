"""Lists every kind of resource of one project.

Decides what a listing that fails means: a service that is not there and a listing that this role may not see are
findings (also where it shows itself as an empty list, see `doubt`); anything else stops the run, because a list
that is cut short would read as "deleted" in the backup. What is referred to, but owned by somebody else, is
`adopt`'s affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from hoarfrost.capture.adopt import adopt
from hoarfrost.capture.doubt import doubt
from hoarfrost.cloud import Cloud
from hoarfrost.cloud.borrow import BY_PRODUCT, MARK
from hoarfrost.errors import Forbidden, MissingService
from hoarfrost.events import Found, Progress, Sink
from hoarfrost.kinds import Kind, kind_order
from hoarfrost.kinds.quota import Quotas
from hoarfrost.kinds.role import advice, holds
from hoarfrost.model import Body, Finding, Graph

AT_ONCE = 6
"""Listings under way at the same time."""


def capture(cloud: Cloud, kinds: Mapping[str, Kind], sink: Sink) -> tuple[Graph, list[Finding]]:
    """The graph, in an order in which the kinds could be made, and what the user should know about it.

    Raises CloudError when a listing fails half-way.
    """
    graph, findings, quotas = Graph(), list[Finding](), Quotas(cloud)
    walked = [kinds[name] for name in kind_order(kinds) if kinds[name].owned]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="capture") as pool:
        listings = pool.map(lambda kind: listed(cloud, kind, quotas), walked)
        for kind, listing in zip(walked, listings, strict=True):
            for body in listing.bodies:
                graph.add(kind.resource(body))
                findings += kind.findings(body)
            findings += [one for one in listing.findings if not _expected(kind, one)]
            sink(_told(kind, listing))
    findings += adopt(cloud, graph, kinds)
    for one in findings:
        sink(Found(stage="capture", finding=one))
    return graph, findings


class Listing(NamedTuple):
    """What the project has of one kind, what is to be said of the listing, and how many requests it took."""

    bodies: list[Body]
    findings: list[Finding]
    requests: int


def listed(cloud: Cloud, kind: Kind, quotas: Quotas) -> Listing:
    """Without what runs borrow. Raises CloudError when the listing fails."""
    cloud = cloud.metered()
    bodies, findings = _listed(cloud, kind, quotas)
    return Listing(bodies, findings, cloud.requests)


def _told(kind: Kind, listing: Listing) -> Progress:
    count = len(listing.bodies)
    return Progress(
        stage="capture",
        address=kind.name,
        done=count,
        total=count,
        unit="items",
        requests=listing.requests,
    )


def _listed(cloud: Cloud, kind: Kind, quotas: Quotas) -> tuple[list[Body], list[Finding]]:
    try:
        bodies = list(kind.enumerate(cloud))
        doubts = [] if bodies else [one for one in [doubt(cloud, kind, quotas)] if one]
        return [body for body in bodies if not is_temporary(kind.title(body))], doubts
    except MissingService as error:
        return [], [Finding(address=kind.name, severity="info", code="absent", sentence=error.sentence)]
    except Forbidden as error:
        unreadable = Finding(
            address=kind.name,
            severity="info" if _not_for(cloud, kind) else "error",
            code="unreadable",
            sentence=f"What the project has of the kind {kind.name} may not be listed: {error.sentence}.",
            hint=f"None of it is in the backup. {advice(error, kind.reads, cloud.roles)}",
        )
        return [], [unreadable]


def _not_for(cloud: Cloud, kind: Kind) -> bool:
    """Whether it is an administrator's affair and this run is not by one."""
    return kind.administered and not cloud.looks and not holds(cloud.roles, kind.reads)


def _expected(kind: Kind, finding: Finding) -> bool:
    """A refusal that is no news in every backup of a member: `probe` tells it."""
    return kind.administered and (finding.severity, finding.code) == ("info", "unreadable")


def is_temporary(name: str) -> bool:
    """Whether it is one of the things that a run borrows, or a by-product of one."""
    return name.removeprefix(BY_PRODUCT).startswith(MARK)
