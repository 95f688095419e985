"""Applies a plan: several steps at a time, each after what it needs, each written down, and again where a run
was cut.

Decides whose turn it is and what a failure stops: only what cannot be without the thing that failed. How one
resource is made is `create`'s affair.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from hoarfrost.cloud import Cloud
from hoarfrost.errors import AuthenticationFailed, Cancelled, Forbidden, HoarfrostError
from hoarfrost.events import Sink
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.mover import Mover, Storage
from hoarfrost.kinds.role import advice
from hoarfrost.kinds.secret import MASK, scrubbed
from hoarfrost.model import Backup, Finding, Plan, Step
from hoarfrost.restore.create import create
from hoarfrost.restore.hand_over import HandOver, hand_over, useless
from hoarfrost.restore.ledger import Ledger
from hoarfrost.restore.link import link
from hoarfrost.restore.outcome import Done, Outcome, What
from hoarfrost.restore.resume import resume
from hoarfrost.restore.work import Work

ODD = (LookupError, TypeError, ValueError, AttributeError)
"""What a body raises that is not as its API describes it; it stops its own step and no other."""


def apply(
    plan: Plan,
    backup: Backup,
    cloud: Cloud,
    kinds: Mapping[str, Kind],
    movers: Mapping[str, Mover],
    storage: Storage,
    ledger: Ledger,
    sink: Sink,
    *,
    workers: int = 4,
    to: HandOver | None = None,
    known: Mapping[str, str] | None = None,
) -> Outcome:
    """Do what ``plan`` says, or go on where an earlier run of it stopped; what is done stays as it is.

    ``plan`` is whole (see `hoarfrost.plan.fit`); ``to``: whom new secrets (passwords) are written down for; ``known``:
    name -> secret that somebody hands in. Raises PlanError if it does not fit what is there, UsageError,
    AuthenticationFailed, Cancelled; everything else that goes wrong is in the outcome.
    """
    work = Work(plan, backup, cloud, kinds, movers, storage, ledger, sink)
    work.present.check(backup)
    work.present.load(plan.steps)
    done = resume(work)
    hand_over(work, to, done, known or {})
    run = _Run(work, done)
    run.all(workers)
    return Outcome(
        plan=plan.id,
        done=tuple(run.done[step.node] for step in plan.steps),
        ids=dict(work.ids),
        unlocked=tuple(sorted(node for node in work.secrets if node in work.ids)),
        findings=tuple(work.findings),
    )


class _Run:
    """The steps that are left, and what came of each."""

    def __init__(self, work: Work, done: dict[str, Done]) -> None:
        self.work, self.done = work, done
        self.steps = {step.node: step for step in work.plan.steps}
        self._place = {node: place for place, node in enumerate(self.steps)}
        self._open = {
            node: {one for one in step.needs if one in self.steps and one not in done}
            for node, step in self.steps.items()
            if node not in done
        }
        self._followers: dict[str, list[str]] = {}
        for node, before in self._open.items():
            for one in before:
                self._followers.setdefault(one, []).append(node)
        self._ready = [(self._place[node], node) for node, before in self._open.items() if not before]
        heapq.heapify(self._ready)

    def all(self, workers: int) -> None:
        running: dict[Future[Done], str] = {}
        with ThreadPoolExecutor(workers, thread_name_prefix="restore") as pool:
            try:
                while self._ready or running:
                    while self._ready and len(running) < workers:
                        _, node = heapq.heappop(self._ready)
                        running[pool.submit(self._one, self.steps[node])] = node
                    over, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in over:
                        self._over(running.pop(future), future.result())
            except BaseException:
                self.work.stop.set()
                raise

    def _over(self, node: str, done: Done) -> None:
        self.done[node] = done
        for follower in self._followers.get(node, ()):
            self._open[follower].discard(node)
            if not self._open[follower]:
                heapq.heappush(self._ready, (self._place[follower], follower))

    def _one(self, step: Step) -> Done:
        """What came of one step. Raises only what ends the run."""
        if reason := self._stopped_by(step):
            return _done(step, "skipped", sentence=reason)
        if finding := useless(self.work, step):
            self.work.report(finding)
            return _done(step, "impossible", sentence=finding.sentence)
        try:
            if step.action == "update":
                changed = link(self.work, step)
                return self._told(step, "updated" if changed else "present", self.work.ids[step.address])
            return self._told(step, "created", create(self.work, step))
        except (AuthenticationFailed, Cancelled):
            raise
        except HoarfrostError as error:
            hint = error.hint
            if isinstance(error, Forbidden):
                hint = advice(error, self.work.kinds[step.kind].makes, self.work.cloud.roles)
            return self._failed(step, error.code, error.sentence, hint)
        except ODD as error:
            return self._failed(step, "odd", f"{type(error).__name__}: {error}", "")

    def _stopped_by(self, step: Step) -> str:
        """Why the step cannot be done because of others, "" if it can."""
        if step.action == "update":
            return "" if step.address in self.work.ids else "it was not made"
        for one in self.work.graph[step.address].references:
            if not one.late and not one.optional and one.address not in self.work.ids:
                resource = self.work.graph.get(one.address)
                return f"needs {one.kind} {(resource.name if resource else '') or one.id}, which is not there"
        return ""

    def _told(self, step: Step, what: What, id: str) -> Done:
        self.work.tell(step, what)
        return _done(step, what, id)

    def _failed(self, step: Step, code: str, sentence: str, hint: str) -> Done:
        resource = self.work.graph[step.address]
        sentence = scrubbed(self.work.kinds[step.kind], resource.body, sentence)
        if secret := self.work.secrets.get(step.node):
            sentence = sentence.replace(secret, MASK)
        said = f"{step.kind} {step.name or step.address} could not be {_verb(step)}: {sentence}"
        self.work.report(Finding(address=step.address, severity="error", code=code, sentence=said, hint=hint))
        return _done(step, "failed", sentence=sentence)


def _verb(step: Step) -> str:
    return "completed" if step.action == "update" else "made"


def _done(step: Step, what: What, id: str = "", sentence: str = "") -> Done:
    return Done(address=step.address, name=step.name, what=what, id=id, sentence=sentence)
