"""Whether what backups need is there, and right. Decides what a level looks at, and how damage is named.

Level 1: each pack is there in its size, each map can be read, each blob is in a pack. 2: also a random sample of blobs
is read and proven. 3: every blob is, pack by pack, those first that were proven longest ago. 4: as 3, and then streams
are restored to nowhere (drill.py). What is found is written down (found.py): the next backups send it again. Memory:
as a prune.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from hoarfrost.errors import Damaged, RoleForbids, StoreError
from hoarfrost.repository.backup import Committed
from hoarfrost.repository.blobs import Blobs, neighbourhoods
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.damage import Backups, Damage, Note
from hoarfrost.repository.extent import StreamRef
from hoarfrost.repository.found import Doubt, add_doubts, drop_doubts, put_verified, read_verified
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import FANOUT, SEGMENT
from hoarfrost.repository.proof import is_right, wrong_places
from hoarfrost.repository.reach import Reach, own_blobs
from hoarfrost.repository.recipe import SegmentRef
from hoarfrost.repository.stores.store import Store
from hoarfrost.repository.tree import StreamTree
from hoarfrost.repository.usage import Live

Level = Literal[1, 2, 3, 4]
SAMPLE = 256 << 20
_CHUNK = 1 << 16  # blobs that are put into the order of packs together


class Checked(msgspec.Struct, frozen=True):
    """``blobs`` and ``read``: what was read and proven, in sealed bytes. ``left``: blobs the budget did not reach.

    ``recent``: blobs that were proven not long ago. ``told``: damaged blobs that the next backups know of.
    ``untold``: those that could not be written down for them. ``restored``: bytes that streams gave at level 4.
    ``unrestored``: streams that the budget did not reach there. ``notes``: what is no damage.
    """

    backups: int
    packs: int
    blobs: int
    read: int
    left: int
    recent: int = 0
    told: int = 0
    untold: int = 0
    restored: int = 0
    unrestored: int = 0
    damage: tuple[Damage, ...] = ()
    notes: tuple[Note, ...] = ()


class Effort(NamedTuple):
    """At most ``budget`` bytes of data are read, and nothing that was proven within ``max_age``."""

    level: Level = 1
    budget: int | None = None
    max_age: timedelta | None = None


class Check:
    def __init__(self, store: Store, catalogue: Catalogue, blobs: Blobs, keys: Keys) -> None:
        self._store = store
        self._index = catalogue.index
        self._blobs = blobs
        self._keys = keys
        self._bad: dict[bytes, str] = {}
        self._doubts: set[Doubt] = set()
        self._recent = 0

    def run(self, backups: Backups, effort: Effort) -> Checked:
        """Raises RoleForbids from level 2 on for who may not read."""
        if effort.level > 1 and not self._keys.may_read:
            raise RoleForbids(f"A {self._keys.role} key can check no more than presence (level 1).")
        live, unread = self._needed(backups)
        missing = live.missing()
        doubted = [one for blob, places in self._index.doubted.items() if blob in missing for one in places]
        self._look_again(doubted, effort.level)
        gone = {blob for blob in missing if not self._is_there(blob)}
        self._bad.update((blob, f"Blob {blob.hex()} is in no pack of the repository.") for blob in gone)
        count = size = left = 0
        if effort.level > 1:
            live.settle()
            for place in self._sampled(live, effort) if effort.level == 2 else self._whole(live, effort):
                count, size = count + 1, size + place.entry.length
            left = live.count() - count - self._recent
            self._look_elsewhere()
        named = dict.fromkeys(self._named(backups)) if self._bad or unread else ()
        damage = (*backups.damaged, *named)
        told = self._tell()
        untold = len(self._doubts) - told
        packs = len(self._index.packs)
        return Checked(len(backups), packs, count, size, left, self._recent, told, untold, damage=damage)

    def _needed(self, backups: Iterable[Committed]) -> tuple[Live, bool]:
        """All blobs that are needed, as far as maps can be read; whether some cannot."""
        live, lost = Live(self._index), set[bytes]()

        def give_up(blob: bytes, _: Damaged) -> None:
            lost.add(blob)
            self._doubts |= {(place.pack, blob) for place in self._blobs.places(blob)}

        reach = Reach(self._blobs.content, live.fresh, give_up)
        for backup in backups:
            for ids in reach.backup(backup):
                live.need(ids)
        if not self._index.holds(b"".join(live.missing())):  # more than what a writer has added meanwhile
            for ids in own_blobs(self._blobs.content, backups, self._index):
                live.need(ids)
        return live, bool(lost)  # which streams that concerns is found when damage is named

    def _is_there(self, blob: bytes) -> bool:
        """A collector may have put it elsewhere, or a writer."""
        try:
            self._blobs.place(blob)
        except Damaged:
            return False
        return True

    def _has_own(self, segment: SegmentRef) -> bool:
        """Whether it is stored in a blob of its own, too."""
        own = segment.sources and segment.id not in self._bad
        return bool(own and self._index.find(segment.id))

    def _look_again(self, doubted: list[Place], level: Level) -> None:
        """At what earlier checks have found damaged, and nobody has sent since."""
        if level == 1:
            self._bad.update((p.entry.id, f"Blob {p.entry.id.hex()} was found damaged.") for p in doubted)
            return
        for one in doubted:  # a blob may be doubted in several places
            for _ in self._proven([one]):
                pass
        right = {(place.pack, place.entry.id) for place in doubted} - self._doubts
        self._doubts -= {(place.pack, place.entry.id) for place in doubted}
        if right:
            with suppress(StoreError):  # a store that is only read
                drop_doubts(self._store, self._keys, (), right)

    def _look_elsewhere(self) -> None:
        """What was found damaged in one place may be right in another: then only that place is told."""
        for blob in list(self._bad):
            others = [p for p in self._blobs.places(blob) if (p.pack, blob) not in self._doubts]
            if len(wrong_places(self._blobs, others)) < len(others):
                del self._bad[blob]

    def _tell(self) -> int:
        """Blobs that were damaged in writing down; none in a store that is only read."""
        try:
            add_doubts(self._store, self._keys, self._doubts)
        except StoreError:
            return 0
        return len(self._doubts)

    def _sampled(self, live: Live, effort: Effort) -> Iterator[Place]:
        """So many bytes, chosen by chance, or hardly more."""
        chosen: list[Place] = []
        budget = SAMPLE if effort.budget is None else effort.budget
        for place in live.sample():
            if budget <= 0:
                break
            budget -= place.entry.length
            chosen.append(place)
            if len(chosen) >= _CHUNK:
                yield from self._proven(chosen)
                chosen = []
        yield from self._proven(chosen)

    def _whole(self, live: Live, effort: Effort) -> Iterator[Place]:
        """Pack by pack, those that were proven longest ago first."""
        verified = read_verified(self._store, self._keys)
        now, never = datetime.now(UTC), datetime.fromtimestamp(0, UTC)
        due = [use.pack for use in live.packs() if use.live]
        if effort.max_age is not None:
            recent = {pack for pack in due if now - verified.get(pack, never) < effort.max_age}
            self._recent = sum(len(places) for places in live.each_pack(recent))
            due = [pack for pack in due if pack not in recent]
        budget, done = effort.budget, dict[bytes, datetime]()
        for places in live.each_pack(sorted(due, key=lambda pack: verified.get(pack, never))):
            if budget is not None and budget <= 0:
                break
            before = len(self._doubts)
            for place in self._proven(places):
                budget = None if budget is None else budget - place.entry.length
                yield place
            if len(self._doubts) == before:
                done[places[0].pack] = now
        if done:
            there = {pack: time for pack, time in (verified | done).items() if pack in self._index.packs}
            with suppress(StoreError):  # a store that is only read
                put_verified(self._store, self._keys, there)

    def _proven(self, places: list[Place]) -> Iterator[Place]:
        """Read and prove; those that are not right are remembered."""
        for group in neighbourhoods(places):
            try:
                wrong = {
                    blob
                    for blob, opened in self._blobs.opened(group)
                    if not is_right(self._keys, blob, opened)
                }
                self._bad.update((blob, f"Blob {blob.hex()} is not what its id says.") for blob in wrong)
                self._doubts |= {(place.pack, place.entry.id) for place in group if place.entry.id in wrong}
            except Damaged as error:
                if len(group) == 1:
                    self._bad[group[0].entry.id] = error.sentence
                    self._doubts.add((group[0].pack, group[0].entry.id))
                else:  # one by one, to name the one
                    for place in group:
                        yield from self._proven([place])
                    continue
            yield from group

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
                for blob in tree.around(page):
                    if blob in self._bad:
                        raise Damaged(self._bad[blob])
                for number, segment in enumerate(tree.page(page)):
                    why = next((self._bad[blob] for blob in segment.blobs if blob in self._bad), None)
                    if why and not self._has_own(segment):
                        offset = start + number * SEGMENT
                        yield offset, min(SEGMENT, ref.size - offset), why
            except Damaged as error:
                yield start, min(FANOUT * SEGMENT, ref.size - start), error.sentence


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
