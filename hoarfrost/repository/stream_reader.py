"""A stream out of the repository, in order, proven, zeros as zeros. Decides the read-ahead.

Memory: ``Store.at_once`` batches under way and two more, of at most 8 MiB of content each, and what they were sealed
in: about 180 MiB from afar, 60 MiB from a folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.flight import in_flight
from hoarfrost.repository.layout import SEGMENT, ZERO_ID, segments_of
from hoarfrost.repository.mask import full, runs
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.proof import from_elsewhere
from hoarfrost.repository.ranges import Range, Wanted, joined
from hoarfrost.repository.recipe import SegmentRef
from hoarfrost.repository.segments import Segment, assembled
from hoarfrost.repository.tree import Run, StreamTree

_BATCH = 2


class _Batch(NamedTuple):
    """A few segments from ``first`` on; or any number of zeros up to ``last``: no refs."""

    first: int
    last: int
    refs: list[SegmentRef]


def read_stream(
    ref: StreamRef, blobs: Blobs, limits: Limits, ranges: Iterable[Range] | None
) -> Iterator[Extent]:
    """``ranges`` are (offset, length).

    Raises Damaged, naming the stream and the range; ValueError for ranges out of order or beyond the end.
    """
    wanted = Wanted(ref.size, ranges)
    return joined(wanted.cut(_extents(ref, blobs, limits, wanted)))


def map_stream(ref: StreamRef, blobs: Blobs) -> Iterator[Range]:
    """The (offset, length) of what is not zero, in order, apart from each other, at the grain of segments.

    Reads the map, no data. Raises Damaged.
    """
    start = end = 0
    for run in stream_runs(ref, tree_of(ref, blobs), 0, segments_of(ref.size)):
        if run.ref.id == ZERO_ID:
            continue
        if run.first * SEGMENT != end:
            if end > start:
                yield start, end - start
            start = run.first * SEGMENT
        end = min(run.last * SEGMENT, ref.size)
    if end > start:
        yield start, end - start


def tree_of(ref: StreamRef, blobs: Blobs) -> StreamTree:
    """Raises Damaged."""
    try:
        return StreamTree(ref.size, ref.root, blobs.content)
    except Damaged as error:
        raise damaged(ref, 0, segments_of(ref.size), error) from error


def stream_runs(ref: StreamRef, tree: StreamTree, first: int, last: int) -> Iterator[Run]:
    """`StreamTree.runs`, with errors that name the stream and the range."""
    at = first
    try:
        for run in tree.runs(first, last):
            yield run
            at = run.last
    except Damaged as error:
        raise damaged(ref, at, last, error) from error


def damaged(ref: StreamRef, first: int, last: int, error: Damaged) -> Damaged:
    """The error, said of segments ``first..last`` of a stream."""
    start, end = first * SEGMENT, min(last * SEGMENT, ref.size)
    return Damaged(f"Stream {ref.name!r}, bytes {start} to {end}: {error.sentence}", hint=error.hint)


def _extents(ref: StreamRef, blobs: Blobs, limits: Limits, wanted: Wanted) -> Iterator[Extent]:
    tree = tree_of(ref, blobs)

    def fetch(batch: _Batch) -> list[Segment]:
        return _fetch(ref, tree.sub, blobs, batch) if batch.refs else []

    for batch, segments in in_flight(_batches(ref, tree, blobs, wanted), fetch, limits.fetches):
        if not segments:
            start = batch.first * SEGMENT
            yield Extent(start, min(batch.last * SEGMENT, ref.size) - start)
        for number, segment in enumerate(segments, batch.first):
            yield from segment_extents(ref, number, segment, tree.sub)


def _batches(ref: StreamRef, tree: StreamTree, blobs: Blobs, wanted: Wanted) -> Iterator[_Batch]:
    for start, end in wanted.covers():
        batch = None
        for run in stream_runs(ref, tree, start, end):
            found = _Batch(run.first, run.last, [] if run.ref.id == ZERO_ID else [blobs.standing(run.ref)])
            if batch and found.refs and 0 < len(batch.refs) < _BATCH:
                batch = _Batch(batch.first, found.last, batch.refs + found.refs)
                continue
            if batch:
                yield batch
            batch = found
        if batch:
            yield batch


def _fetch(ref: StreamRef, sub: int, blobs: Blobs, batch: _Batch) -> list[Segment]:
    try:
        places = [blobs.place(blob) for one in batch.refs for blob in one.blobs]
        opened = dict(blobs.opened(places))
        return [assembled(blobs.keys, one, sub, opened) for one in batch.refs]
    except Damaged as error:
        if len(batch.refs) == 1:
            return [_elsewhere(ref, sub, blobs, batch, error)]
    return [  # one by one, to name the one
        segment
        for number, one in enumerate(batch.refs, batch.first)
        for segment in _fetch(ref, sub, blobs, _Batch(number, number + 1, [one]))
    ]


def _elsewhere(ref: StreamRef, sub: int, blobs: Blobs, batch: _Batch, error: Damaged) -> Segment:
    """A segment from whichever places of its blobs are right."""
    (one,) = batch.refs
    try:
        opened = {blob: from_elsewhere(blobs, blob, sub, error)[0] for blob in one.blobs}
        return assembled(blobs.keys, one, sub, opened)
    except Damaged:
        raise damaged(ref, batch.first, batch.last, error) from error


def segment_extents(ref: StreamRef, number: int, segment: Segment, sub: int) -> Iterator[Extent]:
    """A segment as extents: data and zeros at the grain of sub-blocks."""
    start = number * SEGMENT
    length = min(SEGMENT, ref.size - start)
    at = 0
    for first, last in runs(segment.nonzero & full(-(-length // sub))):
        if first * sub > at:
            yield Extent(start + at, first * sub - at)
        at = min(last * sub, length)
        yield Extent(start + first * sub, at - first * sub, segment.data[first * sub : at])
    if at < length:
        yield Extent(start + at, length - at)
