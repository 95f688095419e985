"""Gives back the space of what no backup needs. Decides what may go, whom to wait for, and when a writer is given up.

The steps of a collection, and why each is there, are in format.md ("Writers and collectors"). Reads maps only; data
where packs are rewritten. A run that dies leaves nothing that the next one does not put right: before its seal it is
void, and what it has copied is used; after it the next one deletes what it was about to.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from hoarfrost.errors import NameTaken, RepositoryInUse
from hoarfrost.repository.backup import Tombstone
from hoarfrost.repository.found import add_doubts, drop_doubts
from hoarfrost.repository.generation import Claim, Generations, Mark, Seal, pack_set
from hoarfrost.repository.index_objects import rewrite_index
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import PackClass, pack_object, snap_object
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.presence import LEASE, Open, open_sessions
from hoarfrost.repository.repacking import Moved, Repacking
from hoarfrost.repository.stores.store import Store
from hoarfrost.repository.survey import Plan, Repack, Survey, backup_names

_POLL = 5.0


class Pruned(msgspec.Struct, frozen=True):
    """In bytes and in packs; what was done, or would be.

    ``freed``, ``packs``: deleted, since nobody needs anything of them. ``regained``, ``repacked``: by rewriting packs;
    ``read``: what that had to read, and the proof of blobs that have several places. ``left``: packs that would be
    worth rewriting and were not; ``damaged``: those of them that cannot be read. ``kept``: what there is afterwards;
    ``dead``: bytes of that which nobody needs. ``waiting``: the writers because of which nothing was deleted (of a
    forecast: those at work, who would be waited for); ``given_up``: those whose run was over.
    """

    freed: int = 0
    packs: int = 0
    regained: int = 0
    repacked: int = 0
    read: int = 0
    left: int = 0
    damaged: int = 0
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
    def __init__(self, store: Store, keys: Keys, patience: Patience, repack: Repack, limits: Limits) -> None:
        self._store = store
        self._keys = keys
        self._patience = patience
        self._repack = repack
        self._limits = limits
        self._generations = Generations(store, keys)
        self._given_up: list[str] = []

    def forecast(self) -> Pruned:
        """What `run` would free now. Changes nothing. Raises Damaged."""
        survey = Survey(self._store, self._keys, self._generations.standing().gone)
        plan = survey.plan(self._repack, self._limits)
        moved = Moved(plan.rewrite, plan.live, plan.live, 0)
        told = _told(survey, plan, moved, plan.unused | plan.rewrite)
        there = [one for one in open_sessions(self._store, self._keys) if not self._has_committed(one)]
        dead = [one for one in there if one.silent >= self._patience.lease]
        return msgspec.structs.replace(
            told,
            kept=told.kept + plan.live,
            waiting=tuple(one.owner for one in there if one not in dead),
            given_up=tuple(one.owner for one in dead),
        )

    def run(self) -> Pruned:
        """Raises RepositoryInUse where another collector is faster; Damaged if it cannot tell what is needed."""
        number = self._begin()
        # Earlier marks stay to the end: until then a listing that lags (Swift) may name what they removed
        survey = Survey(self._store, self._keys, self._generations.standing().gone)
        plan = survey.plan(self._repack, self._limits)
        add_doubts(self._store, self._keys, plan.wrong)
        moved = self._copied(survey, plan)
        condemned = plan.unused | moved.packs
        if not condemned:
            self._give_way(number)
            return _told(survey, plan, moved, set())
        self._generations.put(number, Mark(b"".join(sorted(condemned)), sorted(survey.seen)))
        waited, waiting = self._outlast()
        if waiting:
            self._give_way(number)
            owners = tuple(one.owner for one in waiting)
            return msgspec.structs.replace(_told(survey, plan, moved, set()), waiting=owners)
        victims = condemned - self._needed_since(survey, waited, condemned, moved)
        try:
            self._generations.put(number, Seal("go", b"".join(sorted(victims))))
        except NameTaken as error:
            raise RepositoryInUse("Another collection has taken the place of this one.") from error
        told = _told(survey, plan, moved, victims)
        self._remove(victims)
        self._generations.drop(number, ["claim"])
        self._forget_earlier(number)
        return msgspec.structs.replace(told, given_up=tuple(self._given_up))

    def _copied(self, survey: Survey, plan: Plan) -> Moved:
        """Before the mark: who sees that the old packs may go finds the new ones."""
        if not plan.rewrite:
            return Moved(set(), 0, 0, 0)
        copying = Repacking(self._store, self._keys, survey.catalogue, survey.blobs, self._limits)
        return copying.run(survey.live.places(plan.rewrite))

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

    def _has_committed(self, one: Open) -> bool:
        """Its name among the backups tells, asked for by itself: listings may lag."""
        return self._store.size(snap_object(one.session)) is not None

    def _is_through(self, one: Open) -> bool:
        """Committed, or given up."""
        if not self._has_committed(one):
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

    def _needed_since(
        self, survey: Survey, waited: set[str], condemned: set[bytes], moved: Moved
    ) -> set[bytes]:
        """Also what those need that were waited for: a listing may lack them."""
        return survey.needed_since(backup_names(self._store) | waited, condemned, moved.made)

    def _remove(self, victims: set[bytes]) -> None:
        if not victims:
            return
        for pack in sorted(victims):
            self._store.delete(pack_object(pack))
        rewrite_index(self._store, self._keys, victims)
        drop_doubts(self._store, self._keys, victims)


def _told(survey: Survey, plan: Plan, moved: Moved, victims: set[bytes]) -> Pruned:
    sizes = survey.catalogue.index.packs
    unused, rewritten = victims & plan.unused, victims & moved.packs
    freed = sum(sizes[pack] for pack in unused)
    rewritten_bytes = sum(sizes[pack] for pack in rewritten)
    return Pruned(
        freed=freed,
        packs=len(unused),
        regained=rewritten_bytes - moved.written if rewritten else 0,
        repacked=len(rewritten),
        read=moved.read + plan.read,
        left=plan.left + len(plan.rewrite) - len(rewritten),
        damaged=moved.damaged,
        kept=sum(sizes.values()) - freed - rewritten_bytes,
        dead=plan.dead,
    )
