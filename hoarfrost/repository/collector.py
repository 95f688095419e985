"""Gives back the space of what no backup needs. Decides what may go, whom to wait for, and when a writer is given up.

The steps of a collection, and why each is there, are in format.md ("Writers and collectors"). Reads maps only, never
data. A run that dies leaves nothing that the next one does not put right: before its seal it is void, after it the
next one deletes what it was about to.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from hoarfrost.errors import Missing, NameTaken, RepositoryInUse
from hoarfrost.repository.backup import Committed, Tombstone, open_snapshot
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.generation import Claim, Generations, Mark, Seal, pack_set
from hoarfrost.repository.index_objects import rewrite_index
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SNAPS, PackClass, is_id, pack_object, snap_object
from hoarfrost.repository.presence import LEASE, Open, open_sessions
from hoarfrost.repository.reach import Reach
from hoarfrost.repository.stores.store import Store
from hoarfrost.repository.usage import Usage, usage

_POLL = 5.0


class Pruned(msgspec.Struct, frozen=True):
    """``freed`` and ``packs``: what went, or would go. ``dead``: bytes that nobody needs in packs that stay.

    ``waiting``: the writers because of which nothing went; ``given_up``: those whose run was over.
    """

    freed: int = 0
    packs: int = 0
    kept: int = 0
    dead: int = 0
    waiting: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()


class Patience(msgspec.Struct, frozen=True):
    """How long to wait for writers under way, and how long one must have been silent to be given up."""

    wait: timedelta = timedelta(0)
    lease: timedelta = LEASE
    sleep: Callable[[float], None] = time.sleep


class Collector:
    def __init__(self, store: Store, keys: Keys, patience: Patience) -> None:
        self._store = store
        self._keys = keys
        self._patience = patience
        self._generations = Generations(store, keys)
        self._given_up: list[str] = []

    def forecast(self) -> Pruned:
        """What `run` would free now. Changes nothing. Raises Damaged."""
        catalogue, _, found = self._survey(self._generations.standing().gone)
        return self._told(found, catalogue, found.unused)

    def run(self) -> Pruned:
        """Raises RepositoryInUse where another collector is faster; Damaged if it cannot tell what is needed."""
        number = self._begin()
        # Earlier marks stay to the end: until then a listing that lags (Swift) may name what they removed
        catalogue, snaps, found = self._survey(self._generations.standing().gone)
        if not found.unused:
            self._give_way(number)
            return self._told(found, catalogue, set())
        self._generations.put(number, Mark(b"".join(sorted(found.unused)), sorted(snaps)))
        waited, waiting = self._outlast()
        if waiting:
            self._give_way(number)
            told = self._told(found, catalogue, set())
            return msgspec.structs.replace(told, waiting=tuple(one.owner for one in waiting))
        victims = found.unused - self._needed_since(catalogue, snaps, waited)
        try:
            self._generations.put(number, Seal("go", b"".join(sorted(victims))))
        except NameTaken as error:
            raise RepositoryInUse("Another collection has taken the place of this one.") from error
        self._remove(victims)
        self._generations.drop(number, ["claim"])
        self._forget_earlier(number)
        return self._told(found, catalogue, victims)

    def _begin(self) -> int:
        """End what others began, and claim the next number."""
        steps = self._generations.listed()
        for number in steps:
            if "seal" not in steps[number]:
                self._void(number)
        self._finish(steps)
        number = max(steps, default=0) + 1
        now = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            self._generations.put(number, Claim(f"{os.getpid()}@{socket.gethostname()}", now))
        except NameTaken as error:
            raise RepositoryInUse("Another collection has just begun.") from error
        return number

    def _void(self, number: int) -> None:
        try:
            self._generations.put(number, Seal("void"))
        except NameTaken:
            return  # it came to its end meanwhile

    def _finish(self, steps: dict[int, set[str]]) -> None:
        """Delete what collections that died after their seal did not come to; a claim that is there says so."""
        for number, done in steps.items():
            if {"claim", "mark"} <= done and (seal := self._generations.seal(number)):
                self._remove(pack_set(seal.packs))

    def _give_way(self, number: int) -> None:
        self._void(number)
        self._forget_earlier(number + 1)

    def _forget_earlier(self, number: int) -> None:
        """Their seals apart. Nothing of them may be left to delete, by whomsoever, when their marks go."""
        steps = self._generations.listed()
        earlier = {one: done for one, done in steps.items() if one < number and "seal" in done}
        self._finish(earlier)
        for one, done in earlier.items():
            self._generations.drop(one, done)

    def _survey(self, gone: Iterable[bytes]) -> tuple[Catalogue, set[str], Usage]:
        """The packs first, then the backups: what is written in between is in no pack that was listed."""
        catalogue = Catalogue(self._store, self._keys, gone)
        catalogue.refresh()
        packs = dict(catalogue.index.packs)
        snaps = self._snaps()
        reach = Reach(Blobs(self._store, self._keys, catalogue).content)
        seen: set[str] = set()
        needed = bytearray()
        for backup in self._opened(catalogue, snaps):
            seen.add(backup.id)
            for blob in reach.backup(backup):
                needed += blob
        return catalogue, seen, usage(catalogue.index, packs, needed)

    def _snaps(self) -> set[str]:
        names = (name.removeprefix(SNAPS) for name, _ in self._store.list(SNAPS))
        return {name for name in names if is_id(name)}

    def _opened(self, catalogue: Catalogue, snaps: Iterable[str]) -> Iterable[Committed]:
        blobs = Blobs(self._store, self._keys, catalogue)
        for snap in sorted(snaps):
            try:
                sealed = self._store.get(snap_object(snap))
            except Missing:
                continue  # forgotten since it was listed
            if backup := open_snapshot(self._keys, blobs, snap, sealed):
                yield backup

    def _outlast(self) -> tuple[set[str], list[Open]]:
        """Wait until every writer that may not have seen the mark is through, or give it up.

        Returns all of them, and those that are still at work when patience ends.
        """
        left = open_sessions(self._store, self._keys)
        waited = {one.session for one in left}
        polls = int(self._patience.wait.total_seconds() / _POLL)
        while True:
            left = [one for one in left if not self._is_through(one)]
            if not left or polls <= 0:
                return waited, left
            self._patience.sleep(_POLL)
            polls -= 1
            names = {one.session for one in left}
            there = {one.session: one for one in open_sessions(self._store, self._keys)}
            left = [there[name] for name in names if name in there]

    def _is_through(self, one: Open) -> bool:
        """Committed, or given up. Its name among the backups tells, asked for by itself: listings may lag."""
        if self._store.size(snap_object(one.session)) is None:
            if one.silent < self._patience.lease:
                return False
            name = snap_object(one.session)
            stone = Tombstone(fenced=f"a collector, for {one.owner}")
            try:
                self._store.put_new(
                    name, self._keys.seal(PackClass.META, name, msgspec.msgpack.encode(stone))
                )
                self._given_up.append(one.owner)
            except NameTaken:
                return True  # it was not dead after all, and has committed
        for beat in one.objects:
            self._store.delete(beat)
        return True

    def _needed_since(self, catalogue: Catalogue, seen: set[str], waited: set[str]) -> set[bytes]:
        """The packs with anything that backups need which were not there when the mark was made."""
        new = (self._snaps() | waited) - seen
        reach = Reach(Blobs(self._store, self._keys, catalogue).content)
        needed = (blob for backup in self._opened(catalogue, new) for blob in reach.backup(backup))
        return catalogue.index.packs_of(b"".join(needed))

    def _remove(self, victims: set[bytes]) -> None:
        if not victims:
            return
        for pack in sorted(victims):
            self._store.delete(pack_object(pack))
        rewrite_index(self._store, self._keys, victims)

    def _told(self, found: Usage, catalogue: Catalogue, victims: set[bytes]) -> Pruned:
        sizes = catalogue.index.packs
        freed = sum(sizes.get(pack, 0) for pack in victims)
        return Pruned(
            freed=freed,
            packs=len(victims),
            kept=sum(sizes.values()) - freed,
            dead=found.dead,
            given_up=tuple(self._given_up),
        )
