"""Ranges of a stream that somebody wants. Decides how they are checked, covered by segments, and cut out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from hoarfrost.repository.extent import Extent
from hoarfrost.repository.layout import SEGMENT, segments_of

Range = tuple[int, int]


class Wanted:
    """``ranges`` are (offset, length); None is all. Raises ValueError for ranges out of order or beyond the end."""

    def __init__(self, size: int, ranges: Iterable[Range] | None) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        at = 0
        for offset, length in [(0, size)] if ranges is None else ranges:
            if offset < at or length < 0 or offset + length > size:
                raise ValueError(f"range {offset}+{length} is out of order or beyond {size}")
            at = offset + length
            if length:
                self._starts.append(offset)
                self._ends.append(at)

    def covers(self) -> Iterator[Range]:
        """The runs of segments (first, last) that hold the ranges: each segment once."""
        first = last = 0
        for start, end in zip(self._starts, self._ends, strict=True):
            if start // SEGMENT > last:
                if last > first:
                    yield first, last
                first = start // SEGMENT
            last = max(last, segments_of(end))
        if last > first:
            yield first, last

    def cut(self, extents: Iterable[Extent]) -> Iterator[Extent]:
        """What of the extents lies in the ranges."""
        for extent in extents:
            number = max(bisect_right(self._starts, extent.offset) - 1, 0)
            while number < len(self._starts) and self._starts[number] < extent.end:
                start, end = max(extent.offset, self._starts[number]), min(extent.end, self._ends[number])
                if start < end:
                    data = extent.data and extent.data[start - extent.offset : end - extent.offset]
                    yield Extent(start, end - start, data)
                number += 1


def joined(extents: Iterable[Extent]) -> Iterator[Extent]:
    """Extents in order, with neighbouring zeros as one."""
    zeros: Extent | None = None
    for extent in extents:
        if zeros and extent.data is None and zeros.end == extent.offset:
            zeros = Extent(zeros.offset, zeros.length + extent.length)
            continue
        if zeros:
            yield zeros
        zeros = extent if extent.data is None else None
        if extent.data is not None:
            yield extent
    if zeros:
        yield zeros
