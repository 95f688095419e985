"""Which blobs a backup needs: from maps alone, no data and no names, so that a maintain key can tell.

Decides nothing about what is done with the others. What backups share is gone through once: whoever asks remembers the
maps that were seen, if it can in less memory than `Seen` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from typing import Protocol

from hoarfrost.errors import Damaged
from hoarfrost.repository.index import Index
from hoarfrost.repository.layout import FANOUT, ID_BYTES, ZERO_ID, Kind, segments_of
from hoarfrost.repository.page import ENTRY_BYTES, page_blobs
from hoarfrost.repository.tree import ReadBlob, Root

Fresh = Callable[[bytes], Iterable[object]]
"""Ids of maps, joined -> for each whether it is asked for the first time; never for a zero id."""
Lost = Callable[[bytes, Damaged], None]
"""What to do with a map that cannot be read."""


class Maps(Protocol):
    """What of a backup leads to its blobs."""

    @property
    def tables(self) -> Sequence[bytes]:
        """The blobs with the rows of its streams."""

    def roots(self, table: int) -> Iterable[tuple[int, bytes]]:
        """Size and root of the streams in one of them. Raises Damaged."""

    def blobs(self) -> Iterator[bytes]:
        """All of the backup itself, those tables too."""


def each_id(ids: bytes) -> Iterator[bytes]:
    """Of ids that are joined, without zero."""
    every = (ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES))
    return (one for one in every if one != ZERO_ID)


class Seen:
    """In a set: about 100 bytes for 256 MiB of distinct content."""

    def __init__(self) -> None:
        self._seen: set[bytes] = {ZERO_ID}

    def fresh(self, ids: bytes) -> list[bool]:
        found = []
        for at in range(0, len(ids), ID_BYTES):
            found.append(ids[at : at + ID_BYTES] not in self._seen)
            self._seen.add(ids[at : at + ID_BYTES])
        return found


class Reach:
    """Without ``lost`` the first map that cannot be read ends it with Damaged.

    ``own``: also the ids of segments that have a recipe; a few of those are stored in a blob of their own as well.
    """

    def __init__(
        self, read: ReadBlob, fresh: Fresh | None = None, lost: Lost | None = None, *, own: bool = False
    ) -> None:
        self._read = read
        self._own = own
        self._fresh = fresh or Seen().fresh
        self._lost = lost

    def backup(self, backup: Maps) -> Iterator[bytes]:
        """Ids of blobs it needs, many joined, some zero, some more than once; none below what was seen.

        Raises Damaged.
        """
        tables = b"".join(backup.tables)
        fresh = list(self._fresh(tables))  # before they are told: who remembers what it was told asks itself
        yield b"".join(backup.blobs())
        for number in compress(range(len(fresh)), fresh):
            try:
                roots = list(backup.roots(number))
            except Damaged as error:
                self._give_up(backup.tables[number], error)
                continue
            for size, root in roots:
                yield from self.stream(size, root)

    def stream(self, size: int, root: bytes) -> Iterator[bytes]:
        """Raises Damaged."""
        form = Root.decode(size, root)
        if form.level:
            yield from self._below(form.entry, form.level, segments_of(size), form.sub)
        else:
            yield form.entry

    def _below(self, entries: bytes, level: int, segments: int, sub: int) -> Iterator[bytes]:
        """``entries`` of one level, for so many segments in all."""
        span = FANOUT**level
        starts = range(0, len(entries), ENTRY_BYTES)
        maps = [entries[at : at + ID_BYTES] for at in starts]
        fresh = list(self._fresh(b"".join(maps)))
        yield b"".join(entries[at : at + 3 * ID_BYTES] for at in starts)
        for number in compress(range(len(maps)), fresh):
            below = min(span, segments - number * span)
            try:
                content = self._read(Kind.PAGE if level == 1 else Kind.NODE, maps[number])
                if level == 1:
                    yield page_blobs(content, below, sub, own=self._own)
            except Damaged as error:
                self._give_up(maps[number], error)
                continue
            if level > 1:
                yield from self._below(content, level - 1, below, sub)

    def _give_up(self, blob: bytes, error: Damaged) -> None:
        if self._lost is None:
            raise error
        self._lost(blob, error)


def own_blobs(read: ReadBlob, backups: Iterable[Maps], index: Index) -> Iterator[bytes]:
    """Blobs that are stored, joined, among them all that can take the place of a recipe that has lost a source."""
    reach = Reach(read, lost=lambda blob, error: None, own=True)
    for backup in backups:
        for ids in reach.backup(backup):
            yield b"".join(one for one in each_id(ids) if index.find(one) or one in index.doubted)
