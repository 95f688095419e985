"""Removes what the runs of a plan made, the last first, and nothing else.

Decides what that is from the journal alone: what was there before, what was found or mapped, is never
touched.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from hoarfrost.cloud import Cloud
from hoarfrost.errors import AuthenticationFailed, HoarfrostError, PlanError, Refused
from hoarfrost.events import Happened, Sink
from hoarfrost.kinds.field import Late
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body, Finding, Plan
from hoarfrost.restore.ledger import Entry, Ledger, read, write
from hoarfrost.restore.outcome import Done, Outcome
from hoarfrost.restore.remove import remove

PATIENCE = 60.0
"""Seconds without any progress for which a refusal is taken for "not yet": what uses it may be on its way out."""


def undo(plan: Plan, cloud: Cloud, kinds: Mapping[str, Kind], ledger: Ledger, sink: Sink) -> Outcome:
    """What could not be removed is in the findings, and everything else goes on. May be done twice."""
    if plan.project_id != cloud.project_id:
        raise PlanError(f"the plan was applied to another project ({plan.project_name or plan.project_id})")
    names = {step.node: step.name for step in plan.steps}
    known = [one for one in reversed(read(ledger, plan.id).values()) if not one.node.startswith("update:")]
    findings = [_uncertain(one, names) for one in known if one.state == "intent"]
    made = [one for one in known if one.state in ("made", "done")]
    made.sort(key=lambda one: not kinds[_kind(one)].sweeps)
    for entry in made:
        findings += _loosened(entry, cloud, kinds)
    done: list[Done] = []
    for entry, error in _removed(made, cloud, kinds):
        told = Done(address=entry.node, name=names.get(entry.node, ""), what="removed", id=entry.id)
        if error is None:
            write(ledger, plan.id, Entry(node=entry.node, state="gone"))
            sink(Happened(stage="undo", address=entry.node, what="removed"))
        else:
            findings.append(_left(entry, error))
            told = replace(told, what="failed", sentence=error.sentence)
        done.append(told)
    findings += _along(known, cloud, kinds)
    return Outcome(plan=plan.id, done=tuple(done), findings=tuple(findings))


def _removed(
    left: list[Entry], cloud: Cloud, kinds: Mapping[str, Kind]
) -> Iterator[tuple[Entry, HoarfrostError | None]]:
    """Each entry once it is gone, or with why it stays. What is refused is asked again after the others."""
    progress = time.monotonic()
    while left:
        refused: list[tuple[Entry, Refused]] = []
        for entry in left:
            try:
                remove(cloud, kinds[_kind(entry)], entry.id)
            except AuthenticationFailed:
                raise
            except Refused as error:
                refused.append((entry, error))
            except HoarfrostError as error:
                yield entry, error
            else:
                progress = time.monotonic()
                yield entry, None
        if time.monotonic() - progress > PATIENCE:
            yield from refused
            return
        left = [entry for entry, _ in refused]
        time.sleep(1 if left else 0)


def _along(known: list[Entry], cloud: Cloud, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """What was made beside goes last, as several may share it; also of what is gone itself."""
    for entry in known:
        if entry.beside:
            try:
                kinds[_kind(entry)].take_along(cloud, entry.beside)
            except AuthenticationFailed:
                raise
            except HoarfrostError as error:
                yield _left(replace(entry, id=entry.beside), error, "what was made beside ")


def _loosened(entry: Entry, cloud: Cloud, kinds: Mapping[str, Kind]) -> list[Finding]:
    """Lists that were set late (routes) hold on to what was made after them: empty them first."""
    kind = kinds[_kind(entry)]
    tops = {
        top for one in kind.fields if isinstance(one, Late) for top in one.tops() if not top.startswith("+")
    }
    if not tops:
        return []
    try:
        body = kind.show(cloud, entry.id)
        update: Body = {top: [] for top in sorted(tops) if isinstance(body.get(top), list) and body[top]}
        if update:
            kind.finish(cloud, entry.id, update)
    except Refused:  # gone already; or held by what is removed first, and its own removal will tell
        return []
    except HoarfrostError as error:
        return [_left(entry, error)]
    return []


def _kind(entry: Entry) -> str:
    return entry.node.partition("/")[0]


def _uncertain(entry: Entry, names: Mapping[str, str]) -> Finding:
    return Finding(
        address=entry.node,
        severity="error",
        code="uncertain",
        sentence=f"a run was cut while {_kind(entry)} {names.get(entry.node, '')} was being made:"
        " it may be there",
        hint="Look for it; or apply the plan again, which recognises it, then undo.",
    )


def _left(entry: Entry, error: HoarfrostError, what: str = "") -> Finding:
    return Finding(
        address=entry.node,
        severity="error",
        code="not-removed",
        sentence=f"{what}{_kind(entry)} {entry.id} could not be removed: {error.sentence}",
        hint=error.hint,
    )
