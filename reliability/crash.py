"""Crashes at every call of the store: what is left is read, written to, collected. Decides which stories are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from hoarfrost.errors import RepositoryError
from hoarfrost.repository import AgeRecipient, Passphrase, Repository, Store
from hoarfrost.repository.found import add_doubts
from hoarfrost.repository.index import Place
from hoarfrost.repository.layout import DAMAGED, FORMAT, ID_BYTES, SNAPS, pack_object
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.survey import Repack
from reliability.part import Effort, Part, Violation, failed, spread
from reliability.recording import Call, Crash, RecordingStore, apply, crashes
from reliability.world import (
    AT_ONCE,
    CHEAP,
    KEY,
    copied,
    goes_on,
    is_whole,
    new_repository,
    opened,
    snaps,
    write,
)

_PAUSE = 0.004
# The public half of a pair whose other half nobody has
_RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


class Story(NamedTuple):
    """``before`` makes what is there, undisturbed; ``act`` is what dies."""

    name: str
    before: Callable[[Store], object]
    act: Callable[[Store], object]


def two_backups(store: Store) -> None:
    repository = new_repository(store)
    write(repository, 0)
    write(repository, 1)


def _cut_short(store: Store) -> None:
    """A backup that died when half of its packs were there."""
    two_backups(store)
    recorded = RecordingStore(copied(_objects(store)), _PAUSE)
    write(opened(recorded), 2)
    calls = recorded.in_order()
    for call in calls[: len(calls) // 2]:
        if call.data is not None:
            store.put_new(call.name, call.data)


def much_garbage(store: Store) -> None:
    """Two backups forgotten, one alive, and a writer that died."""
    _cut_short(store)
    repository = opened(store)
    write(repository, 3)
    write(repository, 4)
    for backup in repository.backups()[:2]:
        repository.forget(backup.id)


def dead_collector(store: Store) -> None:
    """A collection that died in the middle of what it deletes."""
    much_garbage(store)
    recorded = RecordingStore(copied(_objects(store)))
    opened(recorded).prune(patience=AT_ONCE)
    calls = recorded.in_order()
    first = next(i for i, call in enumerate(calls) if call.data is None and call.name.startswith("packs/"))
    for call in calls[: first + 1]:
        _play(store, call)


def rot(store: Store) -> None:
    """A bit of the stream that all versions have turns, where it lies."""
    _, (pack, entry) = _same(store)
    data = bytearray(store.get(pack_object(pack)))
    data[entry.offset + 9] ^= 1
    store.delete(pack_object(pack))
    store.put_new(pack_object(pack), bytes(data))


def call_damaged(store: Store) -> None:
    """That same stream again, though what is found of it is right."""
    repository, (pack, entry) = _same(store)
    add_doubts(store, repository._keys, {(pack, entry.id)})


def _same(store: Store) -> tuple[Repository, Place]:
    repository = opened(store)
    repository.totals()
    root = repository.backups()[-1].streams["same"].root
    return repository, repository._blobs.place(root[1 : 1 + ID_BYTES])


def healed(store: Store) -> None:
    """A blob rots, a check finds it, and the next backup sends it again."""
    two_backups(store)
    rot(store)
    opened(store).check(3)
    write(opened(store), 2)


def _mistaken(store: Store) -> None:
    """It is the right place that is called damaged, and nobody says so of the other."""
    healed(store)
    _, right = _same(store)
    for name, _ in list(store.list(DAMAGED)):
        store.delete(name)
    add_doubts(store, opened(store)._keys, {(right.pack, right.entry.id)})


def _rotated(store: Store) -> None:
    much_garbage(store)
    _rotate(store)


def _check(store: Store) -> None:
    opened(store).check(3)


def _renew(store: Store) -> None:
    opened(store).prune(patience=AT_ONCE, repack=Repack(most=1.0, renew=True))


def _more_keys(store: Store) -> None:
    two_backups(store)
    opened(store).add_key(AgeRecipient(_RECIPIENT), "read", "other")


def _prune(store: Store) -> None:
    opened(store).prune(patience=AT_ONCE)


def _rewrite(store: Store) -> None:
    """Every pack of which anything is not needed."""
    opened(store).prune(patience=AT_ONCE, repack=Repack(below=0.999, most=1.0))


def _forget(store: Store) -> None:
    repository = opened(store)
    for backup in repository.backups():
        repository.forget(backup.id)


def _rotate(store: Store) -> None:
    opened(store).rotate_keys(KEY, cost=CHEAP)


def _change_keys(store: Store) -> None:
    repository = opened(store)
    added = repository.add_key(Passphrase("another"), "write", "agent", cost=CHEAP)
    repository.remove_key(added)


def _all_at_once(store: Store) -> None:
    """Two writers, a collector and a user who forgets, as far as each comes."""
    repository = opened(store)

    def one(work: Callable[[Repository], object]) -> None:
        try:
            work(opened(store))
        except RepositoryError:
            return  # taken for dead by the collector, or it found another one: the user runs it again

    works: list[Callable[[Repository], object]] = [
        partial(write, version=2),
        partial(write, version=5),
        lambda other: other.prune(patience=AT_ONCE),
        lambda other: other.forget(repository.backups()[0].id),
    ]
    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


STORIES = (
    Story("init", lambda _: None, new_repository),
    Story("first backup", new_repository, lambda store: write(opened(store), 0)),
    Story("incremental backup", two_backups, lambda store: write(opened(store), 2)),
    Story("resumed backup", _cut_short, lambda store: write(opened(store), 2)),
    Story("forget", two_backups, _forget),
    Story("prune", much_garbage, _prune),
    Story("prune that rewrites packs", much_garbage, _rewrite),
    Story("prune that rewrites a healed pack", healed, _rewrite),
    Story("prune that renews packs", _rotated, _renew),
    Story("check that finds damage", _mistaken, _check),
    Story("prune after a prune that died", dead_collector, _prune),
    Story("change of keys", _more_keys, _change_keys),
    Story("rotation of keys", _more_keys, _rotate),
    Story("two writers, prune and forget at once", _cut_short, _all_at_once),
)


class _Told(NamedTuple):
    before: dict[str, bytes]
    calls: Sequence[Call]
    backups: set[str]  # ids that are backups, not tombstones


def tell(story: Story) -> _Told:
    store = MemoryStore()
    story.before(store)
    before = dict(store.objects)
    recorded = RecordingStore(store, _PAUSE)
    story.act(recorded)
    calls = recorded.in_order()
    every = copied(before)
    for call in calls:
        if call.data is not None:
            apply(every.objects, call)
    names = snaps(every.objects) if FORMAT in every.objects else set()
    repository = opened(every)
    return _Told(before, calls, {name for name in names if repository._committed(name)})


def after(told: _Told, crash: Crash) -> None:
    """What must hold after a crash, and when requests of the dead arrive late. Raises Violation or what is raised."""
    store = copied(crash.objects(told.before, told.calls))
    if FORMAT not in store.objects:
        new_repository(store)
        goes_on(store, set())
        return
    must = snaps(store.objects) & told.backups
    goes_on(store, must)
    if not crash.under_way:
        return
    for number in sorted(crash.under_way):
        apply(store.objects, told.calls[number])
    came = {n.removeprefix(SNAPS) for i in crash.under_way if (n := told.calls[i].name).startswith(SNAPS)}
    there = {backup.id for backup in opened(store).backups()}
    if not must - came <= there <= must | came:
        raise Violation("a request that came late changed which backups are there")
    _prune(store)
    is_whole(store, there)


def measure(effort: Effort, stories: Sequence[Story] = STORIES) -> Part:
    rows: list[tuple[str | int, ...]] = []
    failures: list[str] = []
    for story in stories:
        told = tell(story)
        every = list(crashes(told.calls))
        chosen = spread(every, effort.of(7, 100_000))
        late = sum(bool(crash.under_way) for crash in chosen)
        lost: list[str] = []
        for crash in chosen:
            lost += failed(f"{story.name}, calls {_runs(crash, told)}", partial(after, told, crash))
        ordered = sum(crash.in_order for crash in chosen)
        rows.append(
            (story.name, len(told.calls), ordered, len(chosen) - ordered, late, len(lost)),
        )
        failures += lost
    columns = ("story", "calls", "crashes in order", "reordered", "with late requests", "lost")
    return Part("Crashes, call by call", columns, rows, failures)


def _runs(crash: Crash, told: _Told) -> str:
    return ", ".join(told.calls[i].name[:14] for i in sorted(crash.kept)[-3:]) + f" ({len(crash.kept)})"


def _objects(store: Store) -> dict[str, bytes]:
    return {name: store.get(name) for name, _ in store.list("")}


def _play(store: Store, call: Call) -> None:
    if call.data is None:
        store.delete(call.name)
    else:
        store.put_new(call.name, call.data)
