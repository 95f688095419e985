"""What the tests of whole services share: a site made raw, backed up, restored in another project, looked at."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud
from hoarfrost.events import silent
from hoarfrost.flow import back_up, load
from hoarfrost.kinds import KINDS
from hoarfrost.model import Backup, Finding, Plan
from hoarfrost.plan import plan
from hoarfrost.repository import Cost, Passphrase, Repository, open_store
from hoarfrost.restore import HandOver, Outcome, apply, made_before, undo
from hoarfrost.stream import MOVERS
from hoarfrost.verify import compare

Undo = Callable[[Callable[[], object]], None]


class Notes:
    """A journal in memory."""

    run = "test"

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []

    def record(self, entry: Mapping[str, str]) -> None:
        self.entries.append(dict(entry))

    def records(self, *, plan: str) -> list[dict[str, str]]:
        return list(self.entries)


class RoundTrip:
    """From ``here`` to ``there``, of the things whose names begin with ``mark``, and of ``also`` (addresses)."""

    def __init__(self, here: Cloud, there: Cloud, undo: Undo) -> None:
        self.here, self.there, self.undo = here, there, undo
        self.mark = f"trip-{uuid.uuid4().hex[:8]}"
        self.also: list[str] = []
        self.notes: list[Notes] = []
        cost = Cost(time=1, memory_kib=64, lanes=1)
        self.repository = Repository.init(open_store("memory:"), Passphrase("test"), cost=cost)

    def name(self, word: str) -> str:
        return f"{self.mark}-{word}"

    def back_up(self, snapshots: Iterable[str] = ()) -> Backup:
        committed, _ = back_up(self.here, self.repository, silent, snapshots=snapshots)
        self.backup_id, self.backup = committed.id, load(self.repository, committed.id)[1]
        return self.backup

    def findings(self, code: str = "") -> list[Finding]:
        """Those about the site, whatever else the project has."""
        ours = set(self._addresses())
        return [one for one in self.backup.findings if one.address in ours and code in ("", one.code)]

    def _addresses(self) -> list[str]:
        return [one.address for one in self.backup.resources if self.mark in one.name] + self.also

    def restore(self, to: HandOver | None = None, known: Mapping[str, str] | None = None) -> Outcome:
        """Undone at the end of the test. ``differences``: what came back other than it was; ``fates``: what became
        of all."""
        chosen = self._addresses()
        earlier = made_before(one for notes in self.notes for one in notes.entries)
        self.plan = plan(self.backup, self.backup_id, self.there, KINDS, only=chosen, earlier=earlier)
        storage: Any = self.repository
        notes = Notes()
        self.notes.append(notes)
        made = self.plan
        self.undo(lambda: self._undone(made, notes))
        self.outcome = apply(
            self.plan, self.backup, self.there, KINDS, MOVERS, storage, notes, silent, to=to, known=known
        )
        there, _ = capture(self.there, KINDS, silent)
        found = compare(self.backup, self.plan, self.outcome.ids, there, KINDS, self.there)
        self.fates = found.fates
        self.differences = [one for one in found.findings if one.severity != "info"]
        return self.outcome

    def _undone(self, made: Plan, notes: Notes) -> None:
        removed = undo(made, self.there, KINDS, notes, silent)
        assert removed.status == "complete", removed.findings
        if notes is not self.notes[0]:
            return  # what an earlier restore made goes after this
        left, _ = capture(self.there, KINDS, silent)
        assert [one.address for one in left if one.owned and self.mark in one.name] == []

    def action(self, address: str) -> str:
        return next(step.action for step in self.plan.steps if step.address == address)
