"""A stream out of the repository, in order, proven, zeros as zeros. Decides the read-ahead.

Memory: ``Limits.fetches`` batches of at most 16 MiB of content and what they were sealed in: about 100 MiB.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs, Segment
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.index import Place
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK, ZERO_ID, Kind, segments_of
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.tree import Run, StreamTree

_BATCH = 4
Range = tuple[int, int]


class _Batch(NamedTuple):
    """A few segments ``first..last`` that lie at ``places``; or any number of zeros: no places."""

    first: int
    last: int
    places: list[Place]


def read_stream(
    ref: StreamRef, blobs: Blobs, limits: Limits, ranges: Iterable[Range] | None
) -> Iterator[Extent]:
    """``ranges`` are (offset, length).

    Raises Damaged, naming the stream and the range; ValueError for ranges out of order or beyond the end.
    """
    wanted = list(_checked(ref, ranges))
    return _joined(_clipped(_extents(ref, blobs, limits, list(_covers(wanted))), wanted))


def map_stream(ref: StreamRef, blobs: Blobs) -> Iterator[Range]:
    """The (offset, length) of what is not zero, in order, apart from each other, at the grain of segments.

    Reads nodes of the map, no data. Raises Damaged.
    """
    start = end = 0
    for run in _runs(ref, _tree(ref, blobs), 0, segments_of(ref.size)):
        if run.id == ZERO_ID:
            continue
        if run.first * SEGMENT != end:
            if end > start:
                yield start, end - start
            start = run.first * SEGMENT
        end = min(run.last * SEGMENT, ref.size)
    if end > start:
        yield start, end - start


def _tree(ref: StreamRef, blobs: Blobs) -> StreamTree:
    try:
        return StreamTree(ref.size, ref.root, lambda node: blobs.content(Kind.NODE, node))
    except Damaged as error:
        raise _damaged(ref, 0, ref.size, error) from error


def _runs(ref: StreamRef, tree: StreamTree, first: int, last: int) -> Iterator[Run]:
    at = first
    try:
        for run in tree.runs(first, last):
            yield run
            at = run.last
    except Damaged as error:
        raise _damaged(ref, at * SEGMENT, min(last * SEGMENT, ref.size), error) from error


def _checked(ref: StreamRef, ranges: Iterable[Range] | None) -> Iterator[Range]:
    """The ranges as (start, end)."""
    at = 0
    for offset, length in [(0, ref.size)] if ranges is None else ranges:
        if offset < at or length < 0 or offset + length > ref.size:
            raise ValueError(f"range {offset}+{length} is out of order or beyond {ref.size}")
        at = offset + length
        if length:
            yield offset, at


def _covers(wanted: list[Range]) -> Iterator[Range]:
    """The runs of segments (first, last) that hold the ranges: each segment once."""
    first = last = 0
    for start, end in wanted:
        if start // SEGMENT > last:
            if last > first:
                yield first, last
            first = start // SEGMENT
        last = max(last, segments_of(end))
    if last > first:
        yield first, last


def _extents(ref: StreamRef, blobs: Blobs, limits: Limits, covers: list[Range]) -> Iterator[Extent]:
    batches = _batches(ref, blobs, covers)
    ahead = list(islice(batches, 2))
    if len(ahead) < 2:  # a small stream: threads would cost more than they bring
        for batch in ahead:
            yield from _cut(ref, batch, _fetch(ref, blobs, batch))
        return
    with ThreadPoolExecutor(limits.workers, "repository-read") as pool:
        flight: deque[tuple[_Batch, Future[list[Segment]]]] = deque()
        try:
            for batch in ahead:
                flight.append((batch, pool.submit(_fetch, ref, blobs, batch)))
            for batch in batches:
                flight.append((batch, pool.submit(_fetch, ref, blobs, batch)))
                if len(flight) >= limits.fetches:
                    done, future = flight.popleft()
                    yield from _cut(ref, done, future.result())
            while flight:
                done, future = flight.popleft()
                yield from _cut(ref, done, future.result())
        finally:
            for _, future in flight:
                future.cancel()


def _batches(ref: StreamRef, blobs: Blobs, covers: list[Range]) -> Iterator[_Batch]:
    tree = _tree(ref, blobs)
    for start, end in covers:
        batch = None
        for run in _runs(ref, tree, start, end):
            found = _Batch(run.first, run.last, [] if run.id == ZERO_ID else [_place(ref, blobs, run)])
            if batch and found.places and 0 < len(batch.places) < _BATCH:
                batch = _Batch(batch.first, found.last, batch.places + found.places)
                continue
            if batch:
                yield batch
            batch = found
        if batch:
            yield batch


def _place(ref: StreamRef, blobs: Blobs, run: Run) -> Place:
    try:
        return blobs.place(run.id)
    except Damaged as error:
        raise _damaged(ref, run.first * SEGMENT, min(run.last * SEGMENT, ref.size), error) from error


def _fetch(ref: StreamRef, blobs: Blobs, batch: _Batch) -> list[Segment]:
    try:
        return blobs.segments(batch.places) if batch.places else []
    except Damaged as error:
        raise _damaged(ref, batch.first * SEGMENT, min(batch.last * SEGMENT, ref.size), error) from error


def _damaged(ref: StreamRef, start: int, end: int, error: Damaged) -> Damaged:
    return Damaged(f"Stream {ref.name!r}, bytes {start} to {end}: {error.sentence}", hint=error.hint)


def _cut(ref: StreamRef, batch: _Batch, segments: list[Segment]) -> Iterator[Extent]:
    """A batch as extents: data and zeros at the grain of sub-blocks."""
    if not segments:
        start = batch.first * SEGMENT
        yield Extent(start, min(batch.last * SEGMENT, ref.size) - start)
    for number, segment in enumerate(segments, batch.first):
        base = number * SEGMENT
        end = min(base + SEGMENT, ref.size)
        filled = min(base + len(segment.data), end)
        content, flags = memoryview(segment.data), segment.nonzero
        at, block = base, 0
        while at < filled:
            kind = flags[block]
            while block < len(flags) and flags[block] == kind:
                block += 1
            until = min(base + block * SUBBLOCK, filled)
            yield Extent(at, until - at, content[at - base : until - base] if kind else None)
            at = until
        if at < end:
            yield Extent(at, end - at)


def _clipped(extents: Iterator[Extent], wanted: list[Range]) -> Iterator[Extent]:
    """What of the extents lies in the wanted ranges; both are in order."""
    number = 0
    for extent in extents:
        while number < len(wanted) and wanted[number][0] < extent.end:
            start, end = max(extent.offset, wanted[number][0]), min(extent.end, wanted[number][1])
            if start < end:
                data = extent.data and extent.data[start - extent.offset : end - extent.offset]
                yield Extent(start, end - start, data)
            if wanted[number][1] > extent.end:
                break
            number += 1


def _joined(extents: Iterator[Extent]) -> Iterator[Extent]:
    """Neighbouring zeros as one extent."""
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
