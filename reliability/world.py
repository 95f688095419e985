"""A small repository with everything in it, and the proof that it is whole. Decides what "nothing was lost" means.

A backup's manifest is the number of its version, and a version decides every byte: so what a backup must give back is
known from the backup alone.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterable
from datetime import timedelta

from hoarfrost.repository import (
    Committed,
    Cost,
    Extent,
    Limits,
    Passphrase,
    Patience,
    Repository,
    Session,
    Store,
    StreamRef,
)
from hoarfrost.repository.layout import GC, SEGMENT, SESSIONS, SNAPS
from hoarfrost.repository.stores.memory import MemoryStore
from reliability.part import Violation

KEY = Passphrase("a passphrase for tests")
CHEAP = Cost(time=1, memory_kib=64, lanes=1)
LIMITS = Limits(workers=2, uploads=3, pack_bytes=160 << 10, packs_an_index=2, fetches=2)
AT_ONCE = Patience(lease=timedelta(0))
GRAIN = 64 << 10
FRESH = 99
_DISK = SEGMENT + 300_000


@functools.cache
def contents(version: int) -> dict[str, bytes]:
    """The streams of a version; each is like its predecessor but for a few sub-blocks."""
    chance = random.Random(version)
    if version == 0 or version == FRESH:
        disk = bytearray(_DISK)
        for at, length in ((0, 3 * GRAIN), (2 << 20, 70_000), (SEGMENT + 200_000, 100_000)):
            disk[at : at + length] = chance.randbytes(length)
    else:
        disk = bytearray(contents(version - 1)["disk"])
        at = chance.randrange(0, 2 * GRAIN)
        disk[at : at + 5000] = chance.randbytes(5000)
    return {
        "disk": bytes(disk),
        "log": chance.randbytes(20_000 + version),
        "same": random.Random(7).randbytes(50_000),
        "zeros": bytes(SEGMENT + 1),
    }


def changed(old: bytes, new: bytes) -> list[Extent]:
    """What differs, at the grain of sub-blocks; the rest as it was."""
    return [
        Extent(at, len(piece), None if same else piece, same=same)
        for at in range(0, len(new), GRAIN)
        for piece in [new[at : at + GRAIN]]
        for same in [piece == old[at : at + GRAIN]]
    ]


def write(repository: Repository, version: int) -> str:
    """A backup of this version on top of the one before, if that is there; its id."""
    with repository.session("world") as session:
        before = next((b for b in repository.backups() if b.manifest() == _manifest(version - 1)), None)
        refs = [_stream(session, before, version, name) for name in contents(version)]
        return session.commit(_manifest(version), {"version": version}, refs).id


def _stream(session: Session, before: Committed | None, version: int, name: str) -> StreamRef:
    data = contents(version)[name]
    if name == "disk" and before:
        return session.write(
            name, len(data), changed(contents(version - 1)[name], data), before.streams[name]
        )
    return session.write(name, len(data), [Extent(0, len(data), data if name != "zeros" else None)])


def _manifest(version: int) -> bytes:
    return b"version %d" % version


def new_repository(store: Store) -> Repository:
    return Repository.init(store, KEY, cost=CHEAP, limits=LIMITS)


def opened(store: Store) -> Repository:
    """As another process would."""
    return Repository.open(store, KEY, limits=LIMITS)


def copied(objects: dict[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    store.objects = dict(objects)
    return store


def restored(repository: Repository, ref: StreamRef, *, ordered: bool = True) -> bytes:
    whole, seen = bytearray(b"\xaa" * ref.size), 0
    for extent in repository.read(ref, ordered=ordered):
        whole[extent.offset : extent.end] = extent.data or bytes(extent.length)
        seen += extent.length
    if seen != ref.size:
        raise Violation(f"stream {ref.name!r}: {seen} of {ref.size} bytes came")
    return bytes(whole)


def is_right(repository: Repository, backup: Committed) -> None:
    """Every byte of a backup. Raises Violation, or what reading raises."""
    manifest = backup.manifest()
    expected = contents(int(manifest.split()[1]))
    if manifest != _manifest(int(manifest.split()[1])) or list(backup.streams) != sorted(expected):
        raise Violation(f"backup {backup.id} is not what was written")
    for name, ref in backup.streams.items():
        for ordered in (True, False) if name == "disk" else (True,):
            if restored(repository, ref, ordered=ordered) != expected[name]:
                raise Violation(f"stream {name!r} of backup {backup.id} has other bytes")


def is_whole(store: Store, must: Iterable[str]) -> Repository:
    """Exactly these backups are there, each right, and a check of everything finds nothing. Raises Violation."""
    repository = opened(store)
    backups = repository.backups()
    if {backup.id for backup in backups} != set(must):
        raise Violation(f"there are {[backup.id for backup in backups]}, not {sorted(must)}")
    for backup in backups:
        is_right(repository, backup)
    if damage := repository.check(3).damage:
        raise Violation(f"check says {damage[0]}")
    return repository


def goes_on(store: Store, must: set[str]) -> None:
    """Another backup works, can be forgotten and collected, nothing is lost by that, and no garbage is left."""
    repository = is_whole(store, must)
    fresh = write(repository, FRESH)
    is_right(opened(store), opened(store).load(fresh))
    repository.forget(fresh)
    pruned = opened(store).prune(patience=AT_ONCE)
    if pruned.waiting:
        raise Violation(f"prune waits for {pruned.waiting}")
    is_whole(store, must)
    has_no_garbage(store)


def has_no_garbage(store: Store) -> None:
    """After a prune. Tombstones and seals are no garbage: they stop who wakes up late."""
    again = opened(store).prune(dry_run=True)
    if again.packs:
        raise Violation(f"{again.packs} packs that nobody needs are left")
    left = [name for name, _ in store.list(SESSIONS)]
    left += [name for name, _ in store.list(GC) if name.endswith("claim")]
    if left:
        raise Violation(f"{left[0]} is left")


def snaps(objects: Iterable[str]) -> set[str]:
    return {name.removeprefix(SNAPS) for name in objects if name.startswith(SNAPS)}
