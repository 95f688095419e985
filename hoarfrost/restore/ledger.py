"""What a restore writes down of every step, and what it reads back of earlier runs of the same plan.

Decides what the entries mean. Where they lie and that they are durable is the affair of the journal
(`hoarfrost.run`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, get_args

import msgspec
from msgspec.structs import replace

from hoarfrost.model import Struct

State = Literal["intent", "made", "done", "found", "gone"]
"""``intent``: about to be made; ``made``: it has this id, but is not ready; ``done``: ready; ``found``: was
there although no run of this plan made it; ``gone``: not there (refused, removed, or somebody else deleted
it)."""


class Ledger(Protocol):
    """`hoarfrost.run.Journal` as the restore needs it. For several threads."""

    @property
    def run(self) -> str:
        """The id of this run; temporary things are named after it."""
        ...

    def record(self, entry: Mapping[str, str]) -> None:
        """Returns when the entry would survive a crash."""
        ...

    def records(self, *, plan: str) -> Iterable[Mapping[str, str]]:
        """Every entry of every run of ``plan`` that this machine knows, oldest first."""
        ...


class Entry(Struct, frozen=True):
    """The last word about one node of the plan. ``beside``: id of what was made with it (`Kind.take_along`)."""

    node: str
    state: State
    id: str = ""
    beside: str = ""


def write(ledger: Ledger, plan: str, entry: Entry) -> None:
    beside = {"beside": entry.beside} if entry.beside else {}
    ledger.record({"plan": plan, "node": entry.node, "state": entry.state, "id": entry.id} | beside)


def made_before(records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Address in a backup -> ids of what restores made of it and nobody has taken back, the newest first.

    Of ``records`` of any plans.
    """
    known: dict[tuple[str, str], str] = {}
    for record in records:
        if {"plan", "node", "state"} <= record.keys():
            at = (str(record["plan"]), str(record["node"]))
            known.pop(at, None)
            if record["state"] == "done" and record.get("id"):
                known[at] = str(record["id"])
    made: dict[str, tuple[str, ...]] = {}
    for (_, node), id in known.items():
        made[node] = (id, *made.get(node, ()))
    return made


def stands(records: Iterable[Mapping[str, Any]], plan: str) -> bool:
    """Whether something that runs of ``plan`` made, or were about to make, was not taken back. Of ``records`` of it."""
    return any(one.state in ("intent", "made", "done") for one in _known(records, plan).values())


def read(ledger: Ledger, plan: str) -> dict[str, Entry]:
    """The last word about each node, in the order in which they were first made."""
    return _known(ledger.records(plan=plan), plan)


def _known(records: Iterable[Mapping[str, Any]], plan: str) -> dict[str, Entry]:
    known: dict[str, Entry] = {}
    for record in records:
        if record.get("plan") != plan or record.get("state") not in get_args(State):
            continue
        entry = msgspec.convert(record, Entry)
        if last := known.get(entry.node):
            entry = replace(entry, beside=entry.beside or last.beside)  # it outlives the thing itself
        if entry.state == "intent":
            known.pop(entry.node, None)  # made anew: what follows counts from here
        known[entry.node] = entry
    return known
