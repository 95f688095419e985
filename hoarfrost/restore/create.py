"""One resource made on the target, from the intent to its being ready; or taken up where an earlier run left
it.

Decides the sequence supply, create, fill, settle, complete, and what is done about something half-made. What
the calls look like says the kind, how bytes go in the mover, when a step's turn comes the `executor`.
"""

from __future__ import annotations

from hoarfrost.cloud import Borrow, wait_until
from hoarfrost.errors import HoarfrostError, NotFound, QuotaExceeded, Refused, WentWrong
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.secret import scrubbed
from hoarfrost.model import Finding, Step
from hoarfrost.restore.hand_over import told
from hoarfrost.restore.remove import is_gone, remove
from hoarfrost.restore.work import Work

LIMIT = 1800.0
"""Seconds that a new resource may take until it is ready."""

LIMIT_WITH_BYTES = 6 * 3600.0
"""The same where the cloud itself copies bytes meanwhile (a volume made from an image)."""


def create(work: Work, step: Step) -> str:
    """Returns the id. Raises HoarfrostError; what then is there half-made is told in a finding."""
    entry = work.past.get(step.node)
    if entry and entry.state == "made":
        try:
            return _completed(work, step, entry.id)
        except NotFound:
            if not is_gone(work.cloud, work.kinds[step.kind], entry.id):
                raise  # something else is missing: a second one of this would not help
            work.write(step, "gone")
        except WentWrong:
            remove(work.cloud, work.kinds[step.kind], entry.id)
            work.write(step, "gone")
    borrow = Borrow(work.cloud, work.ledger, f"{work.ledger.run}-{work.plan.steps.index(step)}")
    try:
        id = _made(work, step, borrow)
        try:
            return _completed(work, step, id)
        except HoarfrostError as error:
            told = scrubbed(work.kinds[step.kind], work.resource(step).body, error.sentence)
            work.report(_half_made(step, id, told))
            raise
    finally:
        for finding in borrow.give_back_all():
            work.report(finding)


def ready(work: Work, step: Step, id: str) -> None:
    """Wait until ``id`` can be used. Raises WentWrong, TimedOut, NotFound."""
    kind = work.kinds[step.kind]
    if type(kind).settled is Kind.settled:
        return

    def probe() -> bool | None:
        work.go_on()
        return True if kind.settled(kind.show(work.cloud, id)) else None

    limit = LIMIT_WITH_BYTES if kind.mover else LIMIT
    wait_until(probe, what=f"making {kind.name} {step.name or id}", limit=limit)


def _made(work: Work, step: Step, borrow: Borrow) -> str:
    """Its id, as soon as there is one. The bytes may have to be there before it."""
    kind, resource = work.kinds[step.kind], work.resource(step)
    resolve, missed = work.asking(step)
    request = kind.request(resource.body, resolve, kind.may(work.cloud))
    missed()
    if stream := work.streams.get(step.address):
        tell = work.teller(step)
        mover = work.movers[kind.mover]
        request |= mover.supply(work.cloud, borrow, resource, stream, work.storage, tell)
    if secret := work.secrets.get(step.node):
        request = kind.unlocked(resource.body, request, secret)
    work.write(step, "intent")
    try:
        id = kind.id(kind.create(work.cloud, request))
    except (Refused, QuotaExceeded):
        work.write(step, "gone")  # the cloud said no: nothing was made
        raise
    work.write(step, "made", id)
    if finding := told(work, step):
        work.report(finding)
    return id


def _completed(work: Work, step: Step, id: str) -> str:
    """Fill it, wait for it, set what the create call does not take. May be done twice.

    Filling comes before waiting: an image becomes ready by being filled.
    """
    kind, resource = work.kinds[step.kind], work.resource(step)
    if stream := work.streams.get(step.address):
        mover = work.movers[kind.mover]
        for finding in mover.fill(work.cloud, resource, id, stream, work.storage, work.teller(step)):
            work.report(finding)
    ready(work, step, id)
    if beside := kind.beside(work.cloud, id, resource.body):
        work.write(step, "made", id, beside)
    kind.made(work.cloud, id, resource.body, work.resolve)
    work.write(step, "done", id)
    work.keep(step, id)
    return id


def _half_made(step: Step, id: str, why: str) -> Finding:
    return Finding(
        address=step.address,
        severity="error",
        code="half-made",
        sentence=f"{step.kind} {step.name or id} was made as {id} but is not whole: {why}",
        hint="Apply the same plan again: it is completed, or removed and made anew.",
    )
