"""What came of a restore or of its undoing: a word for each step, the new ids, the findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from hoarfrost.model import Fate, Finding, Struct

What = Literal[
    "created", "updated", "present", "reused", "mapped", "removed", "skipped", "impossible", "failed"
]
"""``present``: done by an earlier run of the same plan; ``reused``: was there and not made by the plan."""

BAD = ("impossible", "failed")
"""What the backup has and nobody decided to leave out. ``skipped`` is a decision (of the user, or of what is declared:
the cloud makes it itself, no member may), or follows from one of these."""


class Done(Struct, frozen=True):
    """One step. ``id`` is on the target cloud; ``sentence`` says why, where it was not simply done."""

    address: str
    name: str
    what: What
    id: str = ""
    sentence: str = ""


class Outcome(Struct, frozen=True):
    """``ids``: address in the backup -> id on the target cloud, of everything that is there now.

    ``unlocked``: addresses of what has a new secret, or one that was handed in.
    ``fates``: what became of each field, once it has been compared with the backup.
    """

    plan: str
    done: tuple[Done, ...]
    ids: dict[str, str] = msgspec.field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    fates: tuple[Fate, ...] = ()
    unlocked: tuple[str, ...] = ()

    @property
    def status(self) -> Literal["complete", "partial"]:
        bad = any(one.what in BAD for one in self.done) or any(
            one.severity == "error" for one in self.findings
        )
        return "partial" if bad else "complete"

    def count(self, what: str) -> int:
        return sum(one.what == what for one in self.done)

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self.done:
            counts[one.what] = counts.get(one.what, 0) + 1
        return counts

    def with_findings(self, more: Iterable[Finding]) -> Outcome:
        return replace(self, findings=(*self.findings, *more))
