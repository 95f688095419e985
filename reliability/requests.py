"""Requests that go wrong, one at a time, each one of a run. Decides which faults a store may show.

Absorbed: the run ends well, and nothing is lost. Reported: it ends with an error of ours, and nothing that was
committed before is lost. Either way another run goes on. The faults are those that real stores have shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hoarfrost.errors import NameTaken, RepositoryError, StoreFull, StoreUnavailable
from hoarfrost.repository import Store
from hoarfrost.repository.layout import FORMAT, SNAPS
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.retried import RetriedStore
from hoarfrost.repository.stores.store import Buffer
from hoarfrost.repository.stores.wrapped import WrappedStore
from reliability.crash import much_garbage, two_backups
from reliability.part import Cell, Effort, Part, Violation, spread, total
from reliability.world import AT_ONCE, copied, goes_on, is_right, new_repository, opened, snaps, write

_WRITES, _READS, _ALL = ("put", "delete"), ("get",), ("put", "delete", "get", "list", "size")
FAULTS = {
    "5xx before it is done": _ALL,
    "time-out after it is done": _WRITES,
    "connection lost for good": _ALL,
    "disk full from here on": ("put",),
    "412 for a name that is free": ("put",),
    "an answer cut short": _READS,
    "a bit flipped on the way": _READS,
    "a listing without the newest": ("list",),
}
_LASTING = ("connection lost for good", "disk full from here on")


class FaultyRequest(WrappedStore):
    """One fault, at the n-th request that can have it. ``came``: whether there was such a request."""

    def __init__(self, store: MemoryStore, fault: str, at: int) -> None:
        super().__init__(store)
        self.asked = 0
        self.came = False
        self._fault, self._at, self._memory = fault, at, store

    def _hit(self, request: str) -> bool:
        if request not in FAULTS[self._fault]:
            return False
        number, self.asked = self.asked, self.asked + 1
        hit = number == self._at or (self._fault in _LASTING and number > self._at)
        self.came |= hit
        return hit

    def _fail_before(self, request: str) -> bool:
        """Raises where nothing is done; whether the fault is one that comes after it."""
        if not self._hit(request):
            return False
        if self._fault == "disk full from here on":
            raise StoreFull("No space left, on purpose.")
        if self._fault == "412 for a name that is free":
            raise NameTaken("That name is taken, on purpose.")
        if self._fault in ("5xx before it is done", "connection lost for good"):
            raise StoreUnavailable("On purpose.")
        return True

    def put_new(self, name: str, data: Buffer) -> None:
        late = self._fail_before("put")
        super().put_new(name, data)
        if late:
            raise StoreUnavailable("On purpose, afterwards.")

    def delete(self, name: str) -> None:
        late = self._fail_before("delete")
        super().delete(name)
        if late:
            raise StoreUnavailable("On purpose, afterwards.")

    def get(self, name: str) -> bytes:
        late = self._fail_before("get")
        return self._spoilt(super().get(name), late)

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        late = self._fail_before("get")
        return self._spoilt(super().get_range(name, offset, length), late)

    def size(self, name: str) -> int | None:
        self._fail_before("size")
        return super().size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        lacking = ""
        if self._fail_before("list"):
            lacking = next((name for name in reversed(self._memory.objects) if name.startswith(prefix)), "")
        yield from [one for one in super().list(prefix) if one[0] != lacking]

    def _spoilt(self, data: bytes, hit: bool) -> bytes:
        if not hit or not data:
            return data
        if self._fault == "an answer cut short":
            return data[: len(data) // 2]
        at = self._at * 7919 % len(data)
        return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


class Run(NamedTuple):
    name: str
    before: Callable[[Store], object]
    act: Callable[[Store], object]


def _restore(store: Store) -> None:
    repository = opened(store)
    for backup in repository.backups():
        is_right(repository, backup)


RUNS = (
    Run("init", lambda _: None, new_repository),
    Run("backup", two_backups, lambda store: write(opened(store), 2)),
    Run("prune", much_garbage, lambda store: opened(store).prune(patience=AT_ONCE)),
    Run("restore", two_backups, _restore),
)


def trial(run: Run, before: dict[str, bytes], faulty: FaultyRequest, *, retried: bool) -> str:
    """Absorbed or reported. Raises Violation."""
    around: Store = RetriedStore(faulty, sleep=lambda _: None) if retried else faulty
    try:
        done = run.act(around)
        verdict = "absorbed"
    except RepositoryError:
        done, verdict = None, "reported"
    store = faulty._memory
    if FORMAT not in store.objects:
        if verdict == "absorbed":
            raise Violation("it ended well, and there is no repository")
        new_repository(store)
        return verdict
    kept = snaps(before)
    there = {backup.id for backup in opened(store).backups()}
    committed = {done} if run.name == "backup" and isinstance(done, str) else set[str]()
    if not {name for name in kept if name in there or _is_backup(before, name)} | committed <= there:
        raise Violation("a backup is not there any more")
    goes_on(store, there)
    return verdict


def _is_backup(objects: dict[str, bytes], name: str) -> bool:
    return opened(copied(objects))._committed(name) is not None if SNAPS + name in objects else False


def _count(run: Run, before: dict[str, bytes], fault: str) -> int:
    counting = FaultyRequest(copied(before), fault, 1_000_000)
    run.act(counting)
    return counting.asked


def measure(effort: Effort) -> Part:
    counts: dict[str, Counter[str]] = {}
    failures: list[str] = []
    for run in RUNS:
        start = MemoryStore()
        run.before(start)
        for fault in FAULTS:
            count = counts.setdefault(fault, Counter())
            for at in spread(range(_count(run, start.objects, fault)), effort.of(1, 6, 1000)):
                for retried in (True, False):
                    faulty = FaultyRequest(copied(start.objects), fault, at)
                    try:
                        verdict = trial(run, start.objects, faulty, retried=retried)
                        count.update((verdict, "injected") if faulty.came else ())
                    except Exception as error:  # noqa: BLE001 - silent, and told
                        count.update(("silent", "injected"))
                        how = "with" if retried else "without"
                        failures.append(
                            f"{run.name}, {fault}, request {at}, {how} another try: {type(error).__name__}: {error}"
                        )
    columns = ("fault", "injected", "absorbed", "reported", "silent")
    rows: list[tuple[Cell, ...]] = [
        (fault, *(count[column] for column in columns[1:])) for fault, count in counts.items()
    ]
    return Part("Requests that go wrong", columns, [*rows, total(rows, len(columns))], failures)
