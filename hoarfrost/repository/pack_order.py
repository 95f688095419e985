"""A stream out of the repository in the order of packs: extents as they come. Decides what is fetched together.

Each range of a pack is fetched once, for all segments of a window of 32 GiB that need it. Memory: the places of a
window, a few MB, and ``Store.at_once`` groups under way and two more, of about 8 MiB of content each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.flight import in_flight
from hoarfrost.repository.identity import segment_id
from hoarfrost.repository.index import Place
from hoarfrost.repository.layout import ID_BYTES, SEGMENT, ZERO_ID, Kind
from hoarfrost.repository.mask import full, nonzero_prints, places, runs
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.proof import Piece, from_elsewhere, proven
from hoarfrost.repository.ranges import Range, Wanted
from hoarfrost.repository.recipe import Source
from hoarfrost.repository.stream_reader import damaged, stream_runs, tree_of
from hoarfrost.repository.tree import Run

_WINDOW = 8192
_GROUP = 8 << 20


class _Use(NamedTuple):
    """A segment takes these sub-blocks from a blob; all that are not zero where ``mask`` is None."""

    number: int
    mask: int | None


def read_in_pack_order(
    ref: StreamRef, blobs: Blobs, limits: Limits, ranges: Iterable[Range] | None
) -> Iterator[Extent]:
    """``ranges`` are (offset, length). Every byte of them comes once, zeros too.

    Raises Damaged, naming the stream and the range; ValueError for ranges out of order or beyond the end.
    """
    wanted = Wanted(ref.size, ranges)
    return wanted.cut(_Reading(ref, blobs, limits).extents(wanted))


class _Reading:
    def __init__(self, ref: StreamRef, blobs: Blobs, limits: Limits) -> None:
        self._ref = ref
        self._blobs = blobs
        self._limits = limits
        self._tree = tree_of(ref, blobs)
        self._sub = self._tree.sub

    def extents(self, wanted: Wanted) -> Iterator[Extent]:
        all_runs = (run for a, b in wanted.covers() for run in stream_runs(self._ref, self._tree, a, b))
        while window := list(islice(all_runs, _WINDOW)):
            yield from self._window(window)

    def _window(self, window: list[Run]) -> Iterator[Extent]:
        uses: dict[Place, list[_Use]] = {}
        pending: dict[int, _Pending] = {}
        for run in map(self._standing, window):
            if run.ref.id == ZERO_ID:
                yield self._zeros(run.first, run.last)
                continue
            for place, use in self._uses(run):
                uses.setdefault(place, []).append(use)
            if run.ref.sources:
                pending[run.first] = _Pending(run.ref.id, run.ref.sources, SEGMENT // self._sub)
                yield from self._gaps(run.first, run.ref.sources)
        for group, pieces in in_flight(_groups(uses), self._open, self._limits.fetches):
            for place in group:
                for use in uses[place]:
                    piece = pieces[place.entry.id]
                    if use.number in pending:
                        self._account(pending, use, piece)
                    yield from self._cut(use, piece)

    def _standing(self, run: Run) -> Run:
        return run._replace(ref=self._blobs.standing(run.ref))

    def _uses(self, run: Run) -> Iterator[tuple[Place, _Use]]:
        try:
            if not run.ref.sources:
                yield self._blobs.place(run.ref.id), _Use(run.first, None)
            for source in run.ref.sources:
                yield self._blobs.place(source.blob), _Use(run.first, source.used)
        except Damaged as error:
            raise damaged(self._ref, run.first, run.last, error) from error

    def _open(self, group: list[Place]) -> dict[bytes, Piece]:
        try:
            return {
                blob: proven(self._blobs.keys, blob, opened, self._sub)
                for blob, opened in self._blobs.opened(group)
            }
        except Damaged as error:
            if len(group) == 1:
                return self._elsewhere(group[0], error)
        return {blob: piece for one in group for blob, piece in self._open([one]).items()}

    def _elsewhere(self, place: Place, error: Damaged) -> dict[bytes, Piece]:
        try:
            _, piece = from_elsewhere(self._blobs, place.entry.id, self._sub, error)
        except Damaged:
            raise self._named(place, error) from error
        return {place.entry.id: piece}

    def _named(self, place: Place, error: Damaged) -> Damaged:
        for run in map(self._standing, self._tree.runs(0, self._tree.segments)):
            if place.entry.id in run.ref.blobs:
                return damaged(self._ref, run.first, run.last, error)
        return damaged(self._ref, 0, self._tree.segments, error)

    def _account(self, pending: dict[int, _Pending], use: _Use, piece: Piece) -> None:
        """A segment of several blobs is proven when the last has come."""
        waiting = pending[use.number]
        if waiting.take(use.mask or 0, piece.prints):
            if segment_id(self._blobs.keys, bytes(waiting.prints)) != waiting.id:
                error = Damaged(f"Segment {waiting.id.hex()} is not what its id says.")
                raise damaged(self._ref, use.number, use.number + 1, error)
            del pending[use.number]

    def _cut(self, use: _Use, piece: Piece) -> Iterator[Extent]:
        start = use.number * SEGMENT
        length = min(SEGMENT, self._ref.size - start)
        sub = self._sub
        mask = nonzero_prints(piece.prints) if use.mask is None else use.mask
        if use.mask is None:
            yield from self._holes(use.number, mask)
        for first, last in runs(mask & full(-(-length // sub))):
            at = (piece.held & full(first)).bit_count() * sub
            end = min(last * sub, length)
            yield Extent(start + first * sub, end - first * sub, piece.content[at : at + end - first * sub])

    def _gaps(self, number: int, sources: tuple[Source, ...]) -> Iterator[Extent]:
        mask = 0
        for source in sources:
            mask |= source.used
        return self._holes(number, mask)

    def _holes(self, number: int, mask: int) -> Iterator[Extent]:
        """The sub-blocks of a segment that are zero."""
        start = number * SEGMENT
        length = min(SEGMENT, self._ref.size - start)
        for first, last in runs(full(-(-length // self._sub)) & ~mask):
            yield Extent(start + first * self._sub, min(last * self._sub, length) - first * self._sub)

    def _zeros(self, first: int, last: int) -> Extent:
        return Extent(first * SEGMENT, min(last * SEGMENT, self._ref.size) - first * SEGMENT)


class _Pending:
    def __init__(self, segment: bytes, sources: tuple[Source, ...], count: int) -> None:
        self.id = segment
        self.prints = bytearray(count * ID_BYTES)
        self._missing = len(sources)

    def take(self, mask: int, prints: bytes) -> bool:
        """Whether this was the last."""
        for i in places(mask):
            self.prints[i * ID_BYTES : (i + 1) * ID_BYTES] = prints[i * ID_BYTES : (i + 1) * ID_BYTES]
        self._missing -= 1
        return self._missing == 0


def _groups(uses: dict[Place, list[_Use]]) -> Iterator[list[Place]]:
    """Neighbours in packs, as many as one request may bring."""
    group: list[Place] = []
    room = _GROUP
    for place in sorted(uses, key=lambda place: (place.pack, place.entry.offset)):
        size = SEGMENT if place.entry.kind == Kind.SEGMENT else min(2 * place.entry.length, SEGMENT)
        if group and (place.pack != group[0].pack or size > room):
            yield group
            group, room = [], _GROUP
        group.append(place)
        room -= size
    if group:
        yield group
