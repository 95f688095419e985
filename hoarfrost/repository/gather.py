"""Cut extents into segments. Decides what order they may come in, what is copied, what is never looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import numpy as np

from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.extent import Extent
from hoarfrost.repository.identity import nonzero
from hoarfrost.repository.layout import SEGMENT, segments_of


class Known(NamedTuple):
    """Whole segments ``first..last`` (last excluded) that need no look: zeros, or the same as in the base."""

    kind: Literal["zero", "same"]
    first: int
    last: int


class Filled(NamedTuple):
    """One segment with data in it. ``same``: the ranges (start, end) that are yet to come from the base."""

    segment: int
    data: memoryview
    same: list[tuple[int, int]]


def gather(
    size: int, extents: Iterable[Extent], base_size: int | None, buffers: Buffers
) -> Iterator[Known | Filled]:
    """Segments in order. Raises ValueError where extents overlap, go backwards or beyond the end."""
    # A last segment that is shorter than the base's has another id, though all its bytes are the same.
    shrunk = size % SEGMENT != 0 and base_size != size
    part: _Part | None = None
    for extent in _complete(size, extents, base_size):
        rest = extent
        while rest.length:
            index = rest.offset // SEGMENT
            if part is None and (known := _known(rest, size, shrunk)):
                yield known
                rest = _cut(rest, min(known.last * SEGMENT, size), rest.end)
                continue
            part = part or _Part(index, min(SEGMENT, size - index * SEGMENT), buffers)
            end = min(rest.end, part.start + part.length)
            part.take(_cut(rest, rest.offset, end))
            rest = _cut(rest, end, rest.end)
            if end == part.start + part.length:
                yield part.done(may_be_same=not (shrunk and end == size))
                part = None


class _Part:
    """A segment being put together. Copies once, and not at all where bytes cover it whole."""

    def __init__(self, index: int, length: int, buffers: Buffers) -> None:
        self.segment = index
        self.start = index * SEGMENT
        self.length = length
        self._buffers = buffers
        self._content: memoryview | None = None
        self._same: list[tuple[int, int]] = []

    def take(self, extent: Extent) -> None:
        start = extent.offset - self.start
        if extent.same:
            joins = self._same and self._same[-1][1] == start  # so that no sub-block is cut where two meet
            first = self._same.pop()[0] if joins else start
            self._same.append((first, start + extent.length))
        if extent.data is None:
            if self._content is not None:
                _clear(self._content[start : start + extent.length])
            return
        data = memoryview(extent.data).cast("B")
        lasting = data.readonly and isinstance(data.obj, bytes | np.ndarray)
        if extent.length == self.length and lasting:
            self._content = data
            return
        if self._content is None:
            self._content = self._buffers.take(self.length)
            _clear(self._content[:start])
        # numpy copies without the interpreter lock
        np.frombuffer(self._content, np.uint8)[start : start + extent.length] = np.frombuffer(data, np.uint8)

    def done(self, *, may_be_same: bool) -> Known | Filled:
        if not self._same and (self._content is None or not nonzero(self._content, SEGMENT)):
            return Known("zero", self.segment, self.segment + 1)
        whole = sum(end - start for start, end in self._same) == self.length
        if whole and may_be_same:
            return Known("same", self.segment, self.segment + 1)
        if self._content is None:
            self._content = self._buffers.take(self.length)
            _clear(self._content)
        return Filled(self.segment, self._content, self._same)


def _clear(data: memoryview) -> None:
    np.frombuffer(data, np.uint8)[:] = 0


def _complete(size: int, extents: Iterable[Extent], base_size: int | None) -> Iterator[Extent]:
    """The extents with the gaps between them as zeros."""
    at = 0
    for extent in extents:
        if extent.offset < at or extent.length < 0 or extent.end > size:
            raise ValueError(f"extent {extent.offset}+{extent.length} is out of order or beyond {size}")
        if extent.data is not None and len(extent.data) != extent.length:
            raise ValueError(f"extent {extent.offset}+{extent.length} has {len(extent.data)} bytes")
        if extent.kind == "same" and (base_size is None or extent.end > base_size):
            raise ValueError(f"extent {extent.offset}+{extent.length} is not in the base")
        if extent.offset > at:
            yield Extent(at, extent.offset - at)
        if extent.length:
            yield extent
        at = extent.end
    if at < size:
        yield Extent(at, size - at)


def _known(extent: Extent, size: int, shrunk: bool) -> Known | None:
    """The whole segments that an extent begins with and that need no look."""
    first = extent.offset // SEGMENT
    to_the_end = extent.end == size and not (extent.same and shrunk)
    last = segments_of(size) if to_the_end else extent.end // SEGMENT
    if extent.kind == "data" or extent.offset % SEGMENT or last == first:
        return None
    return Known("same" if extent.same else "zero", first, last)


def _cut(extent: Extent, start: int, end: int) -> Extent:
    if (start, end) == (extent.offset, extent.end):
        return extent
    data = extent.data
    if data is not None:
        data = memoryview(data).cast("B")[start - extent.offset : end - extent.offset]
    return Extent(start, end - start, data, extent.same)
