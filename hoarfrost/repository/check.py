"""Whether what backups need is there, and right. Decides what a level looks at, and how damage is named.

Level 1: each pack is there in its size, each map can be read, each blob is in a pack. 2: also a random sample of blobs
is read and proven. 3: every blob is. Nothing is changed. Memory: as a prune.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

import msgspec

from hoarfrost.errors import Damaged, RoleForbids
from hoarfrost.repository.backup import Committed
from hoarfrost.repository.blobs import Blobs, Opened, neighbourhoods
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.damage import Backups, Damage
from hoarfrost.repository.extent import StreamRef
from hoarfrost.repository.identity import blob_id
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import FANOUT, ID_BYTES, SEGMENT, SUBBLOCK_SIZES, ZERO_ID, Kind
from hoarfrost.repository.pack_order import proven
from hoarfrost.repository.page import ZERO_ENTRY, MapEntry
from hoarfrost.repository.reach import Reach
from hoarfrost.repository.tree import StreamTree
from hoarfrost.repository.usage import Live

Level = Literal[1, 2, 3]
SAMPLE = 256 << 20
_CHUNK = 1 << 16  # blobs that are put into the order of packs together


class Checked(msgspec.Struct, frozen=True):
    """``blobs`` and ``read``: what was read and proven, in sealed bytes. ``left``: blobs the budget did not reach."""

    backups: int
    packs: int
    blobs: int
    read: int
    left: int
    damage: tuple[Damage, ...] = ()


class Check:
    def __init__(self, catalogue: Catalogue, blobs: Blobs, keys: Keys) -> None:
        self._index = catalogue.index
        self._blobs = blobs
        self._keys = keys
        self._bad: dict[bytes, str] = {}

    def run(self, backups: Backups, level: Level, budget: int | None) -> Checked:
        """Raises RoleForbids from level 2 on for who may not read."""
        if level > 1 and not self._keys.may_read:
            raise RoleForbids(f"A {self._keys.role} key can check no more than presence (level 1).")
        live, unread = self._needed(backups)
        missing = {blob for blob in live.missing() if not self._is_there(blob)}
        self._bad.update((blob, f"Blob {blob.hex()} is in no pack of the repository.") for blob in missing)
        if budget is None and level == 2:
            budget = SAMPLE
        count = size = left = 0
        if level > 1:
            live.settle()
            for place in self._proven_of(live, budget):
                count, size = count + 1, size + place.entry.length
            left = live.count() - count
        damage = (*backups.damaged, *(self._named(backups) if self._bad or unread else ()))
        return Checked(len(backups), len(self._index.packs), count, size, left, damage)

    def _needed(self, backups: Iterable[Committed]) -> tuple[Live, bool]:
        """All blobs that are needed, as far as maps can be read; whether some cannot."""
        live, lost = Live(self._index), set[bytes]()
        reach = Reach(self._blobs.content, live.fresh, lambda blob, _: lost.add(blob))
        for backup in backups:
            for ids in reach.backup(backup):
                live.need(ids)
        return live, bool(lost)  # which streams that concerns is found when damage is named

    def _is_there(self, blob: bytes) -> bool:
        """A collector may have put it elsewhere, or a writer."""
        try:
            self._blobs.place(blob)
        except Damaged:
            return False
        return True

    def _proven_of(self, live: Live, budget: int | None) -> Iterator[Place]:
        """All, or so many bytes of them, chosen by chance, or hardly more."""
        chosen: list[Place] = []
        for place in live.sample() if budget is not None else chain.from_iterable(live.every()):
            if budget is not None:
                if budget <= 0:
                    break
                budget -= place.entry.length
            chosen.append(place)
            if len(chosen) >= _CHUNK:
                yield from self._proven(chosen)
                chosen = []
        yield from self._proven(chosen)

    def _proven(self, places: list[Place]) -> Iterator[Place]:
        """Read and prove; those that are not right are remembered."""
        for group in neighbourhoods(places):
            try:
                wrong = [blob for blob, opened in self._blobs.opened(group) if not self._right(blob, opened)]
                self._bad.update((blob, f"Blob {blob.hex()} is not what its id says.") for blob in wrong)
            except Damaged as error:
                if len(group) == 1:
                    self._bad[group[0].entry.id] = error.sentence
                else:  # one by one, to name the one
                    for place in group:
                        yield from self._proven([place])
                    continue
            yield from group

    def _right(self, blob: bytes, opened: Opened) -> bool:
        if opened.kind not in (Kind.SEGMENT, Kind.PATCH):
            return blob_id(self._keys, opened.kind, opened.content) == blob
        for sub in SUBBLOCK_SIZES:
            try:
                proven(self._keys, blob, opened, sub)
            except Damaged:
                continue  # of a stream with the other size of sub-blocks, or wrong
            return True
        return False

    def _named(self, backups: Iterable[Committed]) -> Iterator[Damage]:
        known: dict[bytes, list[tuple[int, int, str]]] = {}
        for backup in backups:
            for blob in backup.blobs():
                if blob in self._bad:
                    yield Damage(backup.id, "", 0, 0, self._bad[blob])
            try:
                for ref in self._streams(backup):
                    if ref.root not in known:
                        known[ref.root] = list(_joined(self._ranges(ref)))
                    for offset, length, why in known[ref.root]:
                        yield Damage(backup.id, ref.name, offset, length, why)
            except Damaged as error:
                yield Damage(backup.id, "", 0, 0, error.sentence)

    def _streams(self, backup: Committed) -> Iterable[StreamRef]:
        """Who may not read names learns which stream it is in the table."""
        if self._keys.may_read:
            return backup.streams.values()
        rows = enumerate(backup.rows(), 1)
        return [StreamRef(f"stream {number}", size, root, "") for number, (size, root) in rows]

    def _ranges(self, ref: StreamRef) -> Iterator[tuple[int, int, str]]:
        tree = StreamTree(ref.size, ref.root, self._blobs.content)
        for page in range(-(-tree.segments // FANOUT)):
            start = page * FANOUT * SEGMENT
            try:
                for blob in _around(tree, page):
                    if blob in self._bad:
                        raise Damaged(self._bad[blob])
                for number, segment in enumerate(tree.page(page)):
                    why = next((self._bad[blob] for blob in segment.blobs if blob in self._bad), None)
                    if why:
                        offset = start + number * SEGMENT
                        yield offset, min(SEGMENT, ref.size - offset), why
            except Damaged as error:
                yield start, min(FANOUT * SEGMENT, ref.size - start), error.sentence


def _around(tree: StreamTree, page: int) -> Iterator[bytes]:
    """The blobs of a page beside those of its segments."""
    if tree.level == 0:
        yield from (one for one in (tree.root.entry[ID_BYTES:],) if one)
        return
    entry = tree.entry(1, page)
    if entry != ZERO_ENTRY:
        yield from (one for one in MapEntry.unpack(entry)[:3] if one != ZERO_ID)


def _joined(ranges: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    at: tuple[int, int, str] | None = None
    for offset, length, why in ranges:
        if at and at[0] + at[1] == offset and at[2] == why:
            at = at[0], at[1] + length, why
            continue
        if at:
            yield at
        at = offset, length, why
    if at:
        yield at
