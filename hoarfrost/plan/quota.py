"""Whether the quota of the target project is large enough for what the plan creates.

Decides only the sum: how much of which quota each thing takes says its kind, how quotas are read
`hoarfrost.kinds.quota`. A shortage is a finding, since quotas can be raised between plan and restore.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from hoarfrost.errors import CloudError
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.quota import Quotas
from hoarfrost.model import Finding, Graph, Step
from hoarfrost.plan.there import There

TEMPORARY = 4
"""Temporary things by which bytes go up, at the same time: one for each worker of the restore."""


def shortages(
    steps: Iterable[Step], graph: Graph, there: There, kinds: Mapping[str, Kind], quotas: Quotas
) -> Iterator[Finding]:
    """A finding for each quota that does not suffice, and for each service that does not tell its quotas."""
    steps = list(steps)
    chosen = there.chosen({step.address: step for step in steps if step.action != "update"})
    needed: dict[str, Counter[str]] = {}
    through: set[str] = set()
    for step in (one for one in steps if one.action == "create"):
        kind = kinds[step.kind]
        through |= {kind.through} & kinds.keys()
        for quota, amount in kind.takes(graph[step.address].body, chosen):
            needed.setdefault(kind.service, Counter())[quota] += amount
    for name in through:
        needed.setdefault(kinds[name].service, Counter())[kinds[name].quota] += TEMPORARY

    def there_are(service: str, quota: str) -> int:
        counted = (kind.name for kind in kinds.values() if (kind.service, kind.quota) == (service, quota))
        return sum(len(there.own(name)) for name in counted)

    for service, amounts in needed.items():
        yield from _compared(quotas, service, amounts, there_are)


def _compared(
    quotas: Quotas, service: str, amounts: Mapping[str, int], there_are: Callable[[str, str], int]
) -> Iterator[Finding]:
    """What the service does not count itself, its listings do."""
    try:
        limits = quotas.of(service)
    except CloudError as error:
        yield Finding(
            address=service,
            severity="info",
            code="quota-unknown",
            sentence=f"the quotas of the {service} service cannot be read: {error.sentence}",
        )
        return
    for quota, amount in amounts.items():
        limit, counted = limits.get(quota, (-1, 0))
        used = there_are(service, quota) if counted is None and limit >= 0 else counted or 0
        if 0 <= limit < used + amount:
            yield Finding(
                address=service,
                severity="error",
                code="quota",
                sentence=f"the quota of {quota} does not suffice: {amount} needed,"
                f" {max(limit - used, 0)} of {limit} free",
                hint="Ask for a larger quota, or skip something in the plan.",
            )
