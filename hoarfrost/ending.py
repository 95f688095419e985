"""How a run ends, and what one that was killed leaves to the next: ledgers closed, temporary things given back.

Decides which run owns what is left over. Making and removing it is the affair of `cloud.Borrow`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hoarfrost.cloud import Borrow, Borrowed, Cloud, leftovers
from hoarfrost.cloud.borrow import MARK
from hoarfrost.errors import AnotherRun, CloudError, UsageError
from hoarfrost.model import Finding
from hoarfrost.pattern import listed
from hoarfrost.run import Journal


@contextmanager
def ended(journal: Journal) -> Iterator[None]:
    """The ledger of a run says at its end that it is over; one without that word was killed."""
    try:
        yield
    except BaseException as error:
        journal.end(type(error).__name__)
        raise
    journal.end("done")


def alone(journal: Journal, what: str, **facts: str) -> None:
    """Raises AnotherRun while another run with these facts is at work. Of other machines nothing is known.

    Two runs of one plan would make everything twice; two backups of one project would ask its servers and volumes for
    snapshots, and give them back, across each other.
    """
    for one in Journal.open_runs():
        if one.alive and one.run != journal.run and facts.items() <= {"kind": one.kind, **one.facts}.items():
            raise AnotherRun(f"another {what} is at work (process {one.pid})")


def clear_dead_runs(cloud: Cloud, journal: Journal) -> list[Finding]:
    """Give back what runs on this machine left in this project when they were killed; their ledgers are closed."""
    dead = {
        one.run
        for one in Journal.open_runs()
        if one.alive is False and one.facts.get("project_id") == cloud.project_id
    }
    borrow = Borrow(cloud, journal, journal.run)
    for left in leftovers(cloud) if dead else ():
        if any(_is_of(left, run) for run in dead):
            borrow.adopt(left.what, left.id, left.name)
    findings = borrow.give_back_all()
    for run in dead:
        Journal.close(run, "killed")
    return findings


def remove_leftovers(cloud: Cloud, run: str | None) -> tuple[list[Borrowed], list[Finding]]:
    """Give back what killed runs left in the project: of one run, or of all that are not at work on this machine.

    Returns what went and what did not. Raises UsageError where something is left, and nothing of that run.
    """
    at_work = {one.run for one in Journal.open_runs() if one.alive}
    left_over = list(leftovers(cloud))
    found = [
        one
        for one in left_over
        if (_is_of(one, run) if run else not any(_is_of(one, alive) for alive in at_work))
    ]
    if run and left_over and not found:
        there = listed((_run_of(one) for one in left_over), run)
        raise UsageError(f"nothing is left over of a run {run!r}", hint=f"Something is left of: {there}.")
    journal = Journal.begin("leftover", auth_url=cloud.auth_url, project_id=cloud.project_id)
    with ended(journal):
        borrow = Borrow(cloud, journal, journal.run)
        for one in found:
            borrow.adopt(one.what, one.id, one.name)
        findings = borrow.give_back_all()
    left = {one.address for one in findings}
    return [one for one in found if f"{one.what}/{one.id}" not in left], findings


def proof(cloud: Cloud, run: str) -> list[Finding]:
    """A run ends by looking whether anything of it is left. That it cannot look does not undo what it did."""
    try:
        left = [one for one in leftovers(cloud) if _is_of(one, run)]
    except CloudError as error:
        return [
            Finding(
                address="project",
                severity="warning",
                code="not-looked",
                sentence=f"whether anything temporary is left could not be seen: {error.sentence}",
                hint="Look with `hoarfrost leftover list`.",
            )
        ]
    return [
        Finding(
            address=f"{one.what}/{one.id}",
            severity="error",
            code="left-behind",
            sentence=f"temporary {one.what} {one.name!r} is still in the project",
            hint="Remove it with `hoarfrost leftover remove`.",
        )
        for one in left
    ]


def _run_of(one: Borrowed) -> str:
    return one.name.partition(MARK)[2].rpartition("-")[0] or one.name


def _is_of(one: Borrowed, run: str) -> bool:
    return f"{MARK}{run}-" in one.name
