"""Objects that are not what was written: each is harmless, or somebody says so. Decides what counts as said.

Detected: reading says which stream and range, or which object; or a check does, or the repository does not open.
Harmless: all backups come back byte for byte in both orders, and a check of everything finds nothing. In both cases
what the damage does not touch has to come back, and a prune or another backup must not make it worse. Silent is
everything else, an error of Python instead of one of ours too.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from hoarfrost.errors import RepositoryError
from hoarfrost.repository import Passphrase, Repository, Store
from hoarfrost.repository.backup import Committed
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.layout import (
    DECODER,
    HOW_TO,
    ID_BYTES,
    KEYS,
    SNAPS,
    ZERO_ID,
    Kind,
    pack_object,
    pack_of,
    random_name,
)
from hoarfrost.repository.reach import Reach
from hoarfrost.repository.stores.memory import MemoryStore
from reliability.crash import call_damaged, dead_collector, rot
from reliability.part import Cell, Effort, Part, Violation, spread, total
from reliability.recording import RecordingStore, apply
from reliability.regions import class_of, regions
from reliability.world import (
    AT_ONCE,
    CHEAP,
    FRESH,
    contents,
    copied,
    opened,
    restored,
    write,
)

Verdict = Literal["detected", "harmless"]
_NAMED = re.compile(
    r"bytes \d+ to \d+|(packs|snaps|index|keys|gc|sessions)/|[Bb]lob [0-9a-f]{32}|backup [0-9a-f]{32}"
    r"|format|key slot|key ring|passphrase|no repository|not a repository|no backup"
)


class World(NamedTuple):
    """``needs``: the packs of each stream. ``history``: objects that were deleted, with what they held."""

    objects: dict[str, bytes]
    backups: dict[str, int]
    needs: dict[tuple[str, str], set[str]]
    history: dict[str, bytes]


class Injected(NamedTuple):
    """``touched``: the objects that are not what they were."""

    fault: str
    what: str
    objects: dict[str, bytes]
    touched: frozenset[str]


def world() -> World:
    """Backups alive, forgotten and never finished, keys of two roles, a collection that died, and one before it.

    A blob has rotted, was found by a check and sent again; another check has called one damaged that is not.
    """
    store = MemoryStore()
    recorded = RecordingStore(store)
    dead_collector(recorded)
    opened(recorded).add_key(Passphrase("agent"), "write", "agent", cost=CHEAP)
    gone = opened(recorded).add_key(Passphrase("gone"), "read", "gone", cost=CHEAP)
    repository = opened(recorded)
    repository.remove_key(gone)
    repository.prune(patience=AT_ONCE)
    forgotten = write(repository, 5)
    repository.forget(forgotten)
    write(repository, 6)
    rot(recorded)
    repository.check(3)
    write(repository, 6)
    call_damaged(recorded)
    _leave_a_collection(recorded)
    backups = {b.id: int(b.manifest().split()[1]) for b in opened(store).backups()}
    history: dict[str, bytes] = {}
    for call in recorded.in_order():
        apply(history, call) if call.data is not None else None
    history = {name: data for name, data in history.items() if name not in store.objects}
    return World(dict(store.objects), backups, _needs(store), history)


def _leave_a_collection(store: Store) -> None:
    """One that died after its mark, and a writer that died."""
    objects = {name: store.get(name) for name, _ in store.list("")}
    recorded = RecordingStore(copied(objects))
    write(opened(recorded), 7)
    opened(recorded).prune(patience=AT_ONCE)
    for call in recorded.in_order():
        if (
            call.data is not None
            and call.name.startswith(("sessions/", "gc/"))
            and not call.name.endswith("seal")
        ):
            store.put_new(call.name, call.data)


def _needs(store: Store) -> dict[tuple[str, str], set[str]]:
    repository = opened(store)
    repository.totals()
    needs = {}
    for backup in repository.backups():
        around = list(backup.blobs())
        for name, ref in backup.streams.items():
            ids = b"".join((*around, *Reach(repository._blobs.content).stream(ref.size, ref.root)))
            blobs = {ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)} - {ZERO_ID}
            needs[backup.id, name] = {pack for blob in blobs for pack in _sound(repository._blobs, blob)}
    return needs


def _sound(blobs: Blobs, blob: bytes) -> Iterator[str]:
    """The packs in which a blob lies unharmed, whatever checks have said of its places."""
    for place in blobs.places(blob):
        if blobs._opening(Kind(place.entry.kind), place) is not None:
            yield pack_object(place.pack)


def verdict(there: World, injected: Injected) -> Verdict:
    """Raises Violation for what is silent."""
    store = copied(injected.objects)
    said: list[str] = []
    right: set[tuple[str, str]] = set()
    try:
        repository = opened(store)
    except RepositoryError as error:
        _is_named(error)
        if not any(name.startswith((KEYS, "format", "packs", "index")) for name in injected.touched):
            raise Violation(f"nothing opens any more: {error}") from error
        return "detected"
    for backup, version in there.backups.items():
        for name, data in contents(version).items():
            try:
                _is(repository, repository.load(backup), name, data)
                right.add((backup, name))
            except RepositoryError as error:
                _is_named(error)
                said.append(error.sentence)
                if not (there.needs[backup, name] | {SNAPS + backup}) & injected.touched:
                    raise Violation(f"{name!r} is not damaged and does not come back: {error}") from error
    checked = _check(store)
    if said and not checked:
        raise Violation(f"check does not say: {said[0]}")
    return "detected" if _later(there, injected, right) or said or checked else "harmless"


def _is(repository: Repository, backup: Committed, name: str, data: bytes) -> None:
    ref = backup.streams[name]
    for ordered in (True, False):
        if restored(repository, ref, ordered=ordered) != data:
            raise Violation(f"other bytes in {name!r}")


def _is_named(error: RepositoryError) -> None:
    if not _NAMED.search(error.sentence):
        raise Violation(f"it does not say what is damaged: {error.sentence}") from error


def _check(store: Store) -> list[str]:
    try:
        return [one.why for one in opened(store).check(3).damage]
    except RepositoryError as error:
        _is_named(error)
        return [error.sentence]


def _later(there: World, injected: Injected, right: set[tuple[str, str]]) -> bool:
    """Another backup and a prune, if they work, take nothing with them. Whether they said something."""
    store = copied(injected.objects)
    said = False
    for act in (lambda: write(opened(store), FRESH), lambda: opened(store).prune(patience=AT_ONCE)):
        try:
            act()
        except RepositoryError as error:
            _is_named(error)
            said = True
    repository = opened(store)
    for backup, name in right:
        _is(repository, repository.load(backup), name, contents(there.backups[backup])[name])
    return said


def flips(there: World, effort: Effort) -> Iterator[Injected]:
    """In every region of every class of object; of many like ones in a few."""
    chance = random.Random(effort.seed)
    keys = opened(copied(there.objects))._keys
    kinds = Counter[tuple[str, str]]()
    for name, data in sorted(there.objects.items()):
        what = class_of(name, data)
        for region in regions(name, data, keys):
            kinds[what, region.name] += 1
            if kinds[what, region.name] > effort.of(1, 2, 6):
                continue
            places = {region.start, region.end - 1, chance.randrange(region.start, region.end)}
            for at in sorted(places)[: effort.of(1, 2, 3)]:
                broken = bytearray(data)
                broken[at] ^= 1 << chance.randrange(8)
                yield _one(there, f"{what}|{region.name}", name, bytes(broken))


def _one(there: World, fault: str, name: str, data: bytes | None) -> Injected:
    objects = dict(there.objects)
    if data is None:
        del objects[name]
    else:
        objects[name] = data
    return Injected(fault, name, objects, frozenset((name,)))


def others(there: World, effort: Effort) -> Iterator[Injected]:
    """Cut at every border of regions, missing, swapped, under another name, and back from the past."""
    keys = opened(copied(there.objects))._keys
    by_class: dict[str, list[str]] = {}
    for name, data in sorted(there.objects.items()):
        by_class.setdefault(class_of(name, data), []).append(name)
    some = [name for names in by_class.values() for name in names[: effort.of(1, 4, 100)]]
    for name in some:
        data = there.objects[name]
        borders = {0, len(data) - 1} | {region.start for region in regions(name, data, keys)}
        for at in spread(sorted(borders), effort.of(2, 8, 1000)):
            yield _one(there, "cut", name, data[:at])
        if not name.startswith(SNAPS):
            yield _one(there, "missing", name, None)
        if name not in ("format", HOW_TO, DECODER):
            other = name[: -len(_tail(name))] + random_name()[: len(_tail(name))] if not pack_of(name) else ""
            new = random_name()
            other = other or f"packs/{new[:2]}/{new}"
            if not name.startswith("gc/"):
                yield Injected("doubled", name, there.objects | {other: data}, frozenset((other,)))
    for one, two in itertools.permutations(some, 2):
        if class_of(one, there.objects[one]) == class_of(two, there.objects[two]) or effort.long:
            swapped = {one: there.objects[two], two: there.objects[one]}
            yield Injected("swapped", one, there.objects | swapped, frozenset(swapped))
    for one, two in itertools.islice(itertools.combinations(some, 2), 0, None, effort.of(40, 7, 1)):
        yield _one(there, "holds another's bytes", one, there.objects[two])
    for name, data in spread(sorted(there.history.items()), effort.of(6, 1000)):
        yield Injected("back from the past", name, there.objects | {name: data}, frozenset((name,)))


def _tail(name: str) -> str:
    """The random part of a name that a copy would have another of."""
    part = name.rpartition("/")[2]
    return part if len(part) == 32 else part[:32]


def _counted(there: World, every: Iterable[Injected]) -> tuple[dict[str, Counter[str]], list[str]]:
    counts: dict[str, Counter[str]] = {}
    failures = []
    for injected in every:
        label = injected.fault.partition("|")[0]
        count = counts.setdefault(label, Counter())
        count["injected"] += 1
        try:
            count[verdict(there, injected)] += 1
        except Exception as error:  # noqa: BLE001 - silent, and told
            count["silent"] += 1
            failures.append(f"{injected.fault}, {injected.what}: {type(error).__name__}: {error}")
    return counts, failures


def _some(every: Iterator[Injected], effort: Effort) -> list[Injected]:
    return spread(list(every), effort.of(30, 1_000_000))


def _table(title: str, first: str, counts: dict[str, Counter[str]], failures: list[str]) -> Part:
    columns = (first, "injected", "detected", "harmless", "silent")
    rows: list[tuple[Cell, ...]] = [
        (label, *(count[column] for column in columns[1:])) for label, count in sorted(counts.items())
    ]
    return Part(title, columns, [*rows, total(rows, len(columns))], failures)


def measure_flips(effort: Effort) -> Part:
    there = world()
    return _table(
        "One bit flipped, in every region", "object", *_counted(there, _some(flips(there, effort), effort))
    )


def measure_others(effort: Effort) -> Part:
    there = world()
    return _table(
        "Objects cut, missing, swapped, doubled, back", "fault", *_counted(there, others(there, effort))
    )
