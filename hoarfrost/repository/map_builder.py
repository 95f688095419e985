"""The map of a stream, made: from segments in order to a root of a few bytes.

Decides how runs that are known as a whole (zeros, or the same as in the base) go in without a step a segment,
and what a page's fingerprints are kept as a difference to. Leaves to its caller how blobs are stored.
"""

from __future__ import annotations

from collections.abc import Callable

from hoarfrost.repository.identity import content_id
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import FANOUT, ID_BYTES, SEGMENT, ZERO_ID, Kind, segments_of
from hoarfrost.repository.page import ZERO_ENTRY, MapEntry, PagePrints, encode_page, encode_prints
from hoarfrost.repository.recipe import ZERO_SEGMENT, SegmentRef
from hoarfrost.repository.tree import Root, StreamTree, aligned, top_level

StoreBlob = Callable[[Kind, bytes], bytes]
FindPrints = Callable[[int], PagePrints | None]
"""Page number -> the fingerprints that were compared with there."""


class MapBuilder:
    """Segments go in in order; ``root`` comes out."""

    def __init__(self, keys: Keys, size: int, sub: int, store: StoreBlob, compared: FindPrints) -> None:
        self.segments = segments_of(size)
        self._size = size
        self._sub = sub
        self._keys = keys
        self._store = store
        self._compared = compared
        self._top = top_level(self.segments)
        self._refs: list[SegmentRef] = []
        self._prints: list[bytes] = []
        self._pages = 0
        self._open: list[list[bytes]] = [[] for _ in range(self._top + 1)]
        self._blank = bytes(SEGMENT // sub * ID_BYTES)

    def add(self, ref: SegmentRef, prints: bytes) -> None:
        """The next segment and its fingerprints; empty where only the id is known, of a stream of one sub-block."""
        self._refs.append(ref)
        self._prints.append(prints)
        if len(self._refs) == FANOUT:
            self._close_page()

    def zeros(self, first: int, last: int) -> None:
        for level, _ in aligned(first, last, self.segments, self._top if self.segments > 1 else 0):
            if level:
                self._add_entry(level, ZERO_ENTRY)
            else:
                self.add(ZERO_SEGMENT, self._blank)

    def copy(self, base: StreamTree, first: int, last: int) -> None:
        """The same segments of another map. The caller sees to it that the last segments are equally long."""
        for level, index in aligned(first, last, self.segments, min(self._top, base.level)):
            self._copy_entry(base, level, index)

    def _copy_entry(self, base: StreamTree, level: int, index: int) -> None:
        if level == 0:
            page = base.prints(index // FANOUT)
            length = len(self._blank)
            at = index % FANOUT * length
            self.add(base.segment(index), page.whole[at : at + length] if page else b"")
            return
        span = FANOUT**level
        ours, theirs = (min((index + 1) * span, n) for n in (self.segments, base.segments))
        if ours == theirs:
            self._add_entry(level, base.entry(level, index))
            return
        below = span // FANOUT  # one of the two ends inside this entry
        for child in range(index * FANOUT, -(-ours // below)):
            self._copy_entry(base, level - 1, child)

    def _close_page(self) -> None:
        refs, prints = self._refs, b"".join(self._prints)
        self._refs, self._prints = [], []
        if all(ref.id == ZERO_ID for ref in refs):
            self._add_entry(1, ZERO_ENTRY)
            return
        content, base = encode_prints(prints, len(refs), self._sub, self._compared(self._pages))
        entry = MapEntry(
            blob=self._store(Kind.PAGE, encode_page(refs, self._sub)),
            prints=self._store(Kind.PRINTS, content),
            base=base,
            content=content_id(self._keys, [ref.id for ref in refs]),
        )
        self._add_entry(1, b"".join(entry))

    def _add_entry(self, level: int, entry: bytes) -> None:
        self._pages += FANOUT ** (level - 1)
        self._append(level, entry)

    def _append(self, level: int, entry: bytes) -> None:
        self._open[level].append(entry)
        if level < self._top and len(self._open[level]) == FANOUT:
            self._close(level)

    def _close(self, level: int) -> None:
        entries = b"".join(self._open[level])
        below = [entry[-ID_BYTES:] for entry in self._open[level]]
        self._open[level].clear()
        if not entries.strip(b"\0"):
            self._append(level + 1, ZERO_ENTRY)
            return
        node = self._store(Kind.NODE, entries)
        content = content_id(self._keys, below)
        self._append(level + 1, b"".join(MapEntry(node, ZERO_ID, ZERO_ID, content)))

    def root(self) -> Root:
        if self.segments <= 1 and not self._open[1]:
            ref = self._refs[0] if self._refs else ZERO_SEGMENT
            if not ref.sources:
                return Root(0, self._sub, ref.id + self._short_prints(ref))
        if self._refs:
            self._close_page()
        for level in range(1, self._top):
            if self._open[level]:
                self._close(level)
        return Root(self._top, self._sub, self._open[self._top][0])

    def _short_prints(self, ref: SegmentRef) -> bytes:
        if ref.id == ZERO_ID or self._size <= self._sub:
            return b""
        return self._store(Kind.PRINTS, encode_prints(self._prints[0], 1, self._sub, None)[0])
