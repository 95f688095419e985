"""What the steps of one restore share: the plan, both sides, the ids that are known so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Cancelled
from hoarfrost.events import Found, Happened, Progress, Sink
from hoarfrost.kinds.given import given
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.mover import Mover, Storage, Tell
from hoarfrost.model import Backup, Finding, Plan, Resource, Step
from hoarfrost.restore.ledger import Entry, Ledger, State, read, write
from hoarfrost.restore.present import Present


class Work:
    """For several threads: ids and findings only ever grow, and each belongs to one step."""

    def __init__(
        self,
        plan: Plan,
        backup: Backup,
        cloud: Cloud,
        kinds: Mapping[str, Kind],
        movers: Mapping[str, Mover],
        storage: Storage,
        ledger: Ledger,
        sink: Sink,
    ) -> None:
        self.plan, self.cloud, self.kinds, self.movers, self.storage = plan, cloud, kinds, movers, storage
        self.graph = backup.graph()
        self.streams = {one.address: one for one in backup.streams if one.outcome == "complete"}
        self.ledger, self.sink = ledger, sink
        self.past = read(ledger, plan.id)
        self.present = Present(plan, cloud, kinds)
        self.ids: dict[str, str] = given(kinds, backup, cloud)
        self.to_make = {step.address for step in plan.steps if step.action == "create"}
        self._held: dict[str, set[str]] = {}
        self.findings: list[Finding] = []
        self.secrets: dict[str, str] = {}  # node -> the new secret it is made with
        self.known: frozenset[str] = frozenset()  # those of which the secret was handed in
        self.stop = threading.Event()
        self._lock = threading.Lock()
        for entry in self.past.values():
            self.hold(entry.node.partition("/")[0], entry.id)

    def resolve(self, kind: str, id: str) -> str | None:
        return self.ids.get(f"{kind}/{id}")

    def asking(self, step: Step) -> tuple[Resolve, Callable[[], bool]]:
        """`resolve` for one step, and whether it was asked for something that the plan makes and that is not
        there.

        Each such thing is reported.
        """
        asked: dict[str, str | None] = {}

        def resolve(kind: str, id: str) -> str | None:
            return asked.setdefault(f"{kind}/{id}", self.resolve(kind, id))

        def missed() -> bool:
            lost = [one for one, id in asked.items() if id is None and one in self.to_make]
            for address in lost:
                self.report(_without(step, self.graph[address]))
            return bool(lost)

        return resolve, missed

    def resource(self, step: Step) -> Resource:
        """The resource of the backup, under the name that the plan gives it."""
        one = self.graph[step.address]
        if step.name == one.name:
            return one
        return replace(one, name=step.name, body=one.body | {"name": step.name})

    def used(self, kind: str) -> set[str]:
        """Ids on the target that stand for something already, or will."""
        with self._lock:
            return self._held.get(kind, set()) | {
                id for address, id in self.ids.items() if address.startswith(f"{kind}/")
            }

    def hold(self, kind: str, id: str) -> None:
        """``id`` was made by this plan; nothing else may take it for its own."""
        with self._lock:
            self._held.setdefault(kind, set()).add(id)

    def keep(self, step: Step, id: str) -> None:
        with self._lock:
            self.ids[step.address] = id
        self._keep_along(step, id)

    def _keep_along(self, step: Step, id: str) -> None:
        """What came with it stands for what came with the captured one."""
        kind, resource = self.kinds[step.kind], self.graph[step.address]
        if ours := kind.brings(resource.body) if resource.owned else ():
            theirs = kind.brings(kind.show(self.cloud, id))
            ids = [one.partition("/")[2] for one in theirs]
            with self._lock:
                self.ids |= dict(zip(ours, ids, strict=False))

    def write(self, step: Step, state: State, id: str = "", beside: str = "") -> None:
        write(self.ledger, self.plan.id, Entry(node=step.node, state=state, id=id, beside=beside))

    def report(self, finding: Finding) -> None:
        self.findings.append(finding)
        self.sink(Found(stage="restore", finding=finding))

    def tell(self, step: Step, what: str) -> None:
        self.sink(Happened(stage="restore", address=step.address, what=what))

    def teller(self, step: Step) -> Tell:
        """For a mover. It is called again and again while bytes move: there a run notices that it was
        stopped.
        """

        def tell(done: int, total: int) -> None:
            self.go_on()
            self.sink(Progress(stage="restore", address=step.address, done=done, total=total))

        return tell

    def go_on(self) -> None:
        if self.stop.is_set():
            raise Cancelled("the restore was stopped")


def _without(step: Step, missing: Resource) -> Finding:
    return Finding(
        address=step.address,
        severity="warning",
        code="reference-lost",
        sentence=f"{step.kind} {step.name or step.address} is without"
        f" {missing.kind} {missing.name or missing.id}, which could not be made",
        hint="Apply the same plan again when that is mended: what can still be set is set then.",
    )
