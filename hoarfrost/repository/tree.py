"""The map of a stream, read: from a root of a few bytes to pages of segments.

Decides how runs that are known as a whole (zeros) go by without a step a segment. Leaves to its callers how
blobs are read, to map_builder.py how a map is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from hoarfrost.errors import Damaged
from hoarfrost.repository.layout import (
    FANOUT,
    ID_BYTES,
    SEGMENT,
    SUBBLOCK,
    SUBBLOCK_SIZES,
    ZERO_ID,
    Kind,
    segments_of,
)
from hoarfrost.repository.page import (
    ENTRY_BYTES,
    ZERO_ENTRY,
    MapEntry,
    PagePrints,
    decode_page,
    decode_prints,
    page_blobs,
)
from hoarfrost.repository.recipe import ZERO_SEGMENT, SegmentRef

_SMALL = 16
T = TypeVar("T")
ReadBlob = Callable[[Kind, bytes], bytes]


def top_level(segments: int) -> int:
    """The lowest level that has one entry; at least that of pages."""
    level, count = 1, -(-segments // FANOUT)
    while count > 1:
        count = -(-count // FANOUT)
        level += 1
    return level


def aligned(first: int, last: int, segments: int, top: int) -> Iterator[tuple[int, int]]:
    """Cut the segments ``first..last`` (last excluded) into the largest whole entries: (level, index there)."""
    while first < last:
        level, span = 0, 1
        while level < top and first % (span * FANOUT) == 0 and min(first + span * FANOUT, segments) <= last:
            level, span = level + 1, span * FANOUT
        yield level, first // span
        first += span


class Root(NamedTuple):
    """``level`` 0: the short form, ``entry`` is the segment id and, where there is one, the prints id."""

    level: int
    sub: int
    entry: bytes

    def encode(self) -> bytes:
        small = _SMALL if self.sub != SUBBLOCK else 0
        return bytes((self.level | small,)) + self.entry

    @classmethod
    def decode(cls, size: int, root: bytes) -> Root:
        """Raises Damaged."""
        form = root[0] if root else 0xFF
        level, sub = form & ~_SMALL, SUBBLOCK_SIZES[bool(form & _SMALL)]
        segments = segments_of(size)
        right = segments <= 1 if level == 0 else level == top_level(segments)
        if not right or len(root) - 1 not in ((ENTRY_BYTES,) if level else (ID_BYTES, 2 * ID_BYTES)):
            raise Damaged("The root of a stream does not fit its size.")
        return cls(level, sub, root[1:])

    @property
    def content(self) -> bytes:
        """D of the whole stream."""
        return self.entry[-ID_BYTES:] if self.level else self.entry[:ID_BYTES]


class Run(NamedTuple):
    """Segments ``first..last`` (last excluded): one that is stored, or any number that are zero."""

    first: int
    last: int
    ref: SegmentRef


class StreamTree:
    """A map that exists. Keeps a node a level and a few pages; not for several threads."""

    def __init__(self, size: int, root: bytes, read: ReadBlob) -> None:
        self.size = size
        self.segments = segments_of(size)
        self.root = Root.decode(size, root)
        self.sub = self.root.sub
        self.level = self.root.level
        self._read = read
        self._kept: dict[int, tuple[int, bytes]] = {}
        self._pages: dict[int, list[SegmentRef]] = {}
        self._prints: dict[int, PagePrints | None] = {}

    def entry(self, level: int, index: int) -> bytes:
        """What the map says of a place of a level from 1 up."""
        if level == self.level:
            return self.root.entry
        parent, slot = divmod(index, FANOUT)
        kept = self._kept.get(level)
        if kept is None or kept[0] != parent:
            kept = parent, self._node(level, parent)
            self._kept[level] = kept
        return kept[1][slot * ENTRY_BYTES : (slot + 1) * ENTRY_BYTES]

    def _node(self, level: int, parent: int) -> bytes:
        here = -(-self.segments // FANOUT**level)
        length = min(FANOUT, here - parent * FANOUT) * ENTRY_BYTES
        above = self.entry(level + 1, parent)
        if above == ZERO_ENTRY:
            return bytes(length)
        content = self._read(Kind.NODE, MapEntry.unpack(above).blob)
        if len(content) != length:
            raise Damaged("A node of a stream's map does not have the length it should have.")
        return content

    def in_page(self, index: int) -> int:
        """How many segments a page has."""
        return min(FANOUT, self.segments - index * FANOUT)

    def page(self, index: int) -> list[SegmentRef]:
        if index not in self._pages:
            _keep(self._pages, index, self._read_page(index))
        return self._pages[index]

    def _read_page(self, index: int) -> list[SegmentRef]:
        count = self.in_page(index)
        if self.level == 0:
            return [SegmentRef(self.root.entry[:ID_BYTES])][:count]
        entry = self.entry(1, index)
        if entry == ZERO_ENTRY:
            return [ZERO_SEGMENT] * count
        return decode_page(self._read(Kind.PAGE, MapEntry.unpack(entry).blob), count, self.sub)

    def around(self, index: int) -> list[bytes]:
        """The blobs of a page beside those of its segments."""
        if self.level == 0:
            return [one for one in (self.root.entry[ID_BYTES:],) if one]
        entry = self.entry(1, index)
        return [] if entry == ZERO_ENTRY else [one for one in MapEntry.unpack(entry)[:3] if one != ZERO_ID]

    def blobs(self, index: int) -> bytes:
        """The blobs of a page and of its segments, joined, some of them zero: without a step a segment."""
        if self.level == 0:
            return self.root.entry
        entry = self.entry(1, index)
        if entry == ZERO_ENTRY:
            return b""
        page = self._read(Kind.PAGE, MapEntry.unpack(entry).blob)
        return entry[: 3 * ID_BYTES] + page_blobs(page, self.in_page(index), self.sub)

    def segment(self, number: int) -> SegmentRef:
        return self.page(number // FANOUT)[number % FANOUT]

    def prints(self, index: int) -> PagePrints | None:
        """The fingerprints of a page. None for a stream so short that its segment's id has to do."""
        if index not in self._prints:
            _keep(self._prints, index, self._read_prints(index))
        return self._prints[index]

    def _read_prints(self, index: int) -> PagePrints | None:
        length = self.in_page(index) * (SEGMENT // self.sub) * ID_BYTES
        if self.level == 0:
            segment, prints = self.root.entry[:ID_BYTES], self.root.entry[ID_BYTES:]
            if not prints:
                return None if segment != ZERO_ID else PagePrints(bytes(length), ZERO_ID, b"")
            whole = decode_prints(self._read(Kind.PRINTS, prints))
            return _fitting(PagePrints(whole, prints, whole), length)
        data = self.entry(1, index)
        if data == ZERO_ENTRY:
            return PagePrints(bytes(length), ZERO_ID, b"")
        entry = MapEntry.unpack(data)
        own = self._read(Kind.PRINTS, entry.prints)
        if entry.base == ZERO_ID:
            whole = decode_prints(own)
            return _fitting(PagePrints(whole, entry.prints, whole), length)
        base = decode_prints(self._read(Kind.PRINTS, entry.base))
        return _fitting(PagePrints(decode_prints(own, base), entry.base, base), length)

    def runs(self, first: int, last: int) -> Iterator[Run]:
        """The segments ``first..last``, zeros in as few steps as the tree allows."""
        while first < last:
            level = self.level
            while level and (above := self.entry(level, first // FANOUT**level)) != ZERO_ENTRY:
                level -= 1
            ref = ZERO_SEGMENT if level and above == ZERO_ENTRY else self.segment(first)
            span = FANOUT**level
            end = min((first // span + 1) * span, last)
            yield Run(first, end, ref)
            first = end


def _keep(cache: dict[int, T], index: int, value: T) -> None:
    """Two more than the one being looked at: a writer closes a page while it reads the next."""
    while len(cache) > 2:
        del cache[next(iter(cache))]
    cache[index] = value


def _fitting(prints: PagePrints, length: int) -> PagePrints:
    if len(prints.whole) != length:
        raise Damaged("A page of fingerprints does not fit its stream.")
    return prints
