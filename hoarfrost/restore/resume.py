"""Where an earlier run of the same plan stopped: what is settled already before the first step is taken.

Decides which steps need nothing any more. An earlier run may have been killed between making a thing and
writing down its id, and a journal may be lost; so things are also recognised by their natural keys among what
came after the plan was made.
"""

from __future__ import annotations

from collections.abc import Iterator

from hoarfrost.model import Finding, Step
from hoarfrost.restore.ledger import Entry
from hoarfrost.restore.outcome import Done, What
from hoarfrost.restore.work import Work


def resume(work: Work) -> dict[str, Done]:
    """node -> what is known of it, for the steps that are not to be done (again)."""
    done = dict(_not_to_do(work))
    steps = [step for step in work.plan.steps if step.action == "create"]
    for step in steps:
        if _still_there(work, step):
            done[step.node] = _word(step, "present", work.ids[step.address])
    for step in steps:
        entry = work.past.get(step.node)
        if entry and entry.state == "intent":
            _made_after_all(work, step)
    for step in steps:
        nameless = work.kinds[step.kind].nameless(work.resource(step).body)
        if step.node not in work.past and not nameless and (id := _found(work, step)):
            done[step.node] = _word(step, "reused", id)
    for step in work.plan.steps:
        if step.action == "update" and _was_updated(work, step):
            done[step.node] = _word(step, "present", work.ids[step.address])
    return done


def _not_to_do(work: Work) -> Iterator[tuple[str, Done]]:
    for step in work.plan.steps:
        if step.action in ("reuse", "map"):
            work.keep(step, step.target)
            yield step.node, _word(step, "reused" if step.action == "reuse" else "mapped", step.target)
        elif step.action in ("skip", "impossible"):
            what: What = "skipped" if step.action == "skip" else "impossible"
            yield step.node, Done(address=step.address, name=step.name, what=what, sentence=step.reason)


def _still_there(work: Work, step: Step) -> bool:
    """Whether a run finished it and nobody has removed it since."""
    entry = work.past.get(step.node)
    if entry is None or entry.state not in ("done", "found"):
        return False
    if work.present.has(step.kind, entry.id):
        work.keep(step, entry.id)
        return True
    work.write(step, "gone")
    work.past[step.node] = Entry(node=step.node, state="gone")
    return False


def _made_after_all(work: Work, step: Step) -> None:
    """The run was cut between the create call and writing down the id."""
    id = work.present.find(work.resource(step), work.resolve, work.used(step.kind))
    if id:
        work.write(step, "made", id)
        work.past[step.node] = Entry(node=step.node, state="made", id=id)
        work.hold(step.kind, id)


def _found(work: Work, step: Step) -> str:
    """Something that came after the plan was made, and not by a run that is remembered here."""
    id = work.present.find(work.resource(step), work.resolve, work.used(step.kind))
    if id:
        work.write(step, "found", id)
        work.keep(step, id)
        work.report(
            Finding(
                address=step.address,
                severity="warning",
                code="found",
                sentence=f"{step.kind} {step.name or id} came into the project after the plan was made, by no run"
                " that this machine remembers; it is left as it is, whole or not",
                hint="If an interrupted run on another machine made it, apply the plan there, or remove it first.",
            )
        )
    return id


def _was_updated(work: Work, step: Step) -> bool:
    """Also true of what was found: nobody knows what its owner has done to it since."""
    maker, entry = work.past.get(step.address), work.past.get(step.node)
    id = work.ids.get(step.address)
    if id is None:
        return False
    if entry is not None and entry.state == "done" and entry.id == id:
        return True
    return step.address in work.to_make and (maker is None or maker.state == "found")


def _word(step: Step, what: What, id: str) -> Done:
    return Done(address=step.address, name=step.name, what=what, id=id)
