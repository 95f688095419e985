"""What the backups that are there need, and what of the rest is worth which effort. Changes nothing.

Decides which packs may go as they are, and which are to be rewritten. The packs are listed first, then the backups:
what is written in between is in no pack that was listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec

from hoarfrost.errors import Missing
from hoarfrost.repository.backup import Committed, open_snapshot
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.flight import in_flight
from hoarfrost.repository.found import Doubt
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import HEAD, Keys
from hoarfrost.repository.layout import SNAPS, is_id, pack_object, snap_object
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.proof import wrong_places
from hoarfrost.repository.reach import Reach, own_blobs
from hoarfrost.repository.stores.store import Store
from hoarfrost.repository.usage import Live, only_in

_WORTH = 256  # a pack is not rewritten for less than this part of a full one


class Repack(msgspec.Struct, frozen=True):
    """Packs of which less than ``below`` is needed are rewritten, at most ``most`` of the repository in one run.

    A full pack's worth may always be. ``renew``: also what is sealed for a key pair of before a rotation.
    """

    below: float = 0.5
    most: float = 0.1
    renew: bool = False


class Plan(NamedTuple):
    """``unused``: packs that nobody needs. ``rewrite``: those to be rewritten, ``live`` bytes of which are needed.

    ``left``: packs that would be worth it as well. ``dead``: bytes not needed in the packs that stay. ``read``: bytes
    of blobs that were proven; ``wrong``: places that were found not to hold what they should.
    """

    unused: set[bytes]
    rewrite: set[bytes]
    live: int
    left: int
    dead: int
    read: int
    wrong: set[Doubt]


class Survey:
    def __init__(self, store: Store, keys: Keys, gone: Iterable[bytes]) -> None:
        """Raises Damaged if it cannot be told what is needed."""
        self._store = store
        self._keys = keys
        self.catalogue = Catalogue(store, keys, gone)
        self.catalogue.refresh()
        if (
            damage := self.catalogue.damage()
        ):  # a pack that only that object knows of would not be accounted for
            raise damage[0]
        self.blobs = Blobs(store, keys, self.catalogue)
        self.live = Live(self.catalogue.index)
        self._reach = Reach(self.blobs.content, self.live.fresh)
        self._read = 0
        self._wrong: set[Place] = set()
        self.seen: set[str] = set()
        for backup in self._opened(backup_names(store)):
            self.seen.add(backup.id)
            for ids in self._reach.backup(backup):
                self.live.need(ids)
        # Added meanwhile, or lost: then segments may be read from blobs of their own, which no recipe names
        if not self.catalogue.index.holds(b"".join(self.live.missing())):
            for ids in own_blobs(self.blobs.content, self._opened(self.seen), self.catalogue.index):
                self.live.need(ids)

    def _opened(self, names: Iterable[str]) -> Iterator[Committed]:
        for name in sorted(names):
            try:
                sealed = self._store.get(snap_object(name))
            except Missing:
                continue  # forgotten since it was listed
            if backup := open_snapshot(self._keys, self.blobs, name, sealed):
                yield backup

    def plan(self, repack: Repack, limits: Limits) -> Plan:
        """Once, when all is surveyed."""
        sizes = self.catalogue.index.packs
        old = set(self._old(limits)) if repack.renew and self._keys.may_read else set()
        waiting, healed = self._doubted()
        there = self.live.names()
        doubted = self.catalogue.index.doubted
        also = self.live.needs(doubted)  # whoever adds objects may have called the right place damaged
        if self._keys.may_read:  # who cannot prove a blob takes no place for as good as another
            # Where a blob is damaged others may be, and what is gone since it was listed helps nobody
            shun = old | waiting | healed | (there - sizes.keys())
            also = self.live.settle(shun, self._prove, also)
        waiting |= {place.pack for blob in also for place in doubted.get(blob, ())}
        old |= healed
        damaged = (healed - waiting) & there & sizes.keys()  # those left in the end are so as a whole
        unused: set[bytes] = set()  # of those that were listed first: others came later
        dead, total = 0, sum(sizes.values())
        worth: list[tuple[float, bytes, int]] = []
        for pack, live, held in self.live.packs():
            damaged.discard(pack)
            if pack not in sizes or pack in waiting:
                continue
            if not live:
                unused.add(pack)
                continue
            dead += sizes[pack] - live
            poor = live < repack.below * held and (held - live) * _WORTH >= limits.pack_bytes
            if poor or pack in old:
                worth.append((live / held, pack, live))
        unused |= damaged
        room = max(int(repack.most * total), limits.pack_bytes) if repack.most else 0
        rewrite, moved = set(), 0
        for _, pack, live in sorted(worth):
            room -= sizes[pack]
            if room < 0 or not self._keys.may_read:
                break
            rewrite.add(pack)
            moved += live
            dead -= sizes[pack] - live
        wrong = {(place.pack, place.entry.id) for place in self._wrong if not self._is_right_beside(place)}
        return Plan(unused, rewrite, moved, len(worth) - len(rewrite), dead, self._read, wrong)

    def _prove(self, places: list[Place]) -> set[Place]:
        self._read += sum(place.entry.length for place in places)
        wrong = wrong_places(self.blobs, places)
        self._wrong |= wrong
        return wrong

    def _is_right_beside(self, wrong: Place) -> bool:
        """Whether the same pack has another place of the blob: a doubt would be of both."""
        beside = self.catalogue.index.places(wrong.entry.id)
        return any(one.pack == wrong.pack and one not in self._wrong for one in beside)

    def _doubted(self) -> tuple[set[bytes], set[bytes]]:
        """Packs with a blob that was found damaged: those where it is needed and not elsewhere, and the others."""
        doubted = self.catalogue.index.doubted
        missing = self.live.missing() if doubted else set()
        packs = {blob: {place.pack for place in places} for blob, places in doubted.items()}
        waiting = {pack for blob, held in packs.items() if blob in missing for pack in held}
        return waiting, {pack for held in packs.values() for pack in held} - waiting

    def _old(self, limits: Limits) -> Iterator[bytes]:
        """Packs that are sealed for a key pair of before a rotation: a small request for each pack."""

        def head(pack: bytes) -> bytes:
            try:
                return self._store.get_range(pack_object(pack), 0, HEAD)
            except Missing:
                return b""

        for pack, found in in_flight(list(self.catalogue.index.packs), head, limits.fetches):
            if found and self._keys.is_old(found):
                yield pack

    def needed_since(
        self, names: set[str], packs: Collection[bytes], copies: Collection[bytes]
    ) -> set[bytes]:
        """Those of the packs with anything that backups need which were not there before, and is in none of ``copies``.

        Another place of it is not proven: the next collection does that.
        """
        needed = bytearray()
        for backup in self._opened(names - self.seen):
            for ids in self._reach.backup(backup):
                needed += ids
        index = self.catalogue.index
        doubts = [(blob, place.pack) for blob, places in index.doubted.items() for place in places]
        doubted = {pack for blob, pack in doubts if pack in packs and blob in needed}
        # Nothing is deleted because a check called it damaged: it may have been wrong
        return only_in(index, bytes(needed), packs, copies) | doubted


def backup_names(store: Store) -> set[str]:
    names = (name.removeprefix(SNAPS) for name, _ in store.list(SNAPS))
    return {name for name in names if is_id(name)}
