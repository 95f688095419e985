"""A stream into the repository. Decides which segments are looked at, and by which thread.

Memory: two segments for each calling thread, as a patch is a copy; ``2 x Limits.workers`` segments or patches, and what
they compress to, in all. Where patches were lost a segment may bring those of its predecessor and lineage: two more.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import NamedTuple, ParamSpec

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.gather import Filled, Known, gather
from hoarfrost.repository.identity import digest
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import (
    FANOUT,
    ID_BYTES,
    SEGMENT,
    SUBBLOCK,
    SUBBLOCK_SIZES,
    Kind,
    segments_of,
)
from hoarfrost.repository.map_builder import MapBuilder
from hoarfrost.repository.packing import Limits, Packing
from hoarfrost.repository.page import PagePrints
from hoarfrost.repository.segment_writer import Done, New, SegmentWriter, There
from hoarfrost.repository.tree import Root, StreamTree

P = ParamSpec("P")


class Hints(NamedTuple):
    """The maps that the stream ``name`` is compared with: its predecessor, and a stream that it descends from."""

    name: str
    base: StreamTree | None
    lineage: StreamTree | None
    sub: int

    def prints(self, page: int) -> PagePrints | None:
        """What the fingerprints of a page are likely to be close to."""
        for tree in (self.base, self.lineage):
            if tree and page * FANOUT < tree.segments:
                with suppress(Damaged):  # only a difference less to be made: the page is written in full
                    return tree.prints(page)
        return None

    def there(self, piece: Filled) -> tuple[There | None, There | None]:
        """The segments to compare with. A map that is damaged is done without where the source has all bytes."""
        found: list[There | None] = []
        for tree in (self.base, self.lineage):
            try:
                found.append(_there(tree, piece.segment))
            except Damaged as error:
                if piece.same:
                    raise _not_there(self.name, piece.segment, piece.segment + 1) from error
                found.append(None)
        return found[0], found[1]


class StreamWriter:
    """Used from several threads at once: they share the workers and the packs."""

    def __init__(self, keys: Keys, packing: Packing, blobs: Blobs, limits: Limits) -> None:
        self._keys = keys
        self._packing = packing
        self._blobs = blobs
        self._pool = ThreadPoolExecutor(limits.workers, "repository-write")
        self._buffers = Buffers(SEGMENT, 2 * limits.workers + 2)
        self._room = threading.BoundedSemaphore(2 * limits.workers)
        self._segments = {sub: SegmentWriter(keys, packing, blobs, sub) for sub in SUBBLOCK_SIZES}

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def write(
        self,
        name: str,
        size: int,
        extents: Iterable[Extent],
        base: StreamRef | None,
        lineage: StreamRef | None,
        sub_block: int | None,
    ) -> StreamRef:
        tally = _Tally(extents)
        hints = self._hints(name, base, lineage, sub_block)
        map_bytes = 0

        def store(kind: Kind, content: bytes) -> bytes:
            nonlocal map_bytes
            blob, stored = self._packing.add_content(kind, content)
            map_bytes += stored
            return blob

        builder = MapBuilder(self._keys, size, hints.sub, store, hints.prints)
        new = stored = 0
        for item in self._results(size, tally, hints):
            if isinstance(item, Done):
                builder.add(item.ref, item.prints)
                new, stored = new + item.new, stored + item.stored
            elif item.kind == "zero":
                builder.zeros(item.first, item.last)
            elif hints.base:
                self._require(name, hints.base, item)
                builder.copy(hints.base, item.first, item.last)
        root = builder.root()
        found = digest(self._keys, size, hints.sub, root.content)
        return StreamRef(name, size, root.encode(), found, tally.read, new, stored + map_bytes)

    def _require(self, name: str, base: StreamTree, same: Known) -> None:
        """That all of the base is there which the stream goes on with. Raises Damaged, naming the stream and range.

        Many pages in one look at the index: a step a segment would take 3 s of CPU for a terabyte.
        """
        pages = range(same.first // FANOUT, -(-same.last // FANOUT))
        for some in (pages[at : at + FANOUT] for at in range(0, len(pages), FANOUT)):
            try:
                whole = self._packing.holds(b"".join(map(base.blobs, some)))
            except Damaged:
                whole = False
            for page in () if whole else some:
                self._require_each(
                    name, base, max(same.first, page * FANOUT), min(same.last, (page + 1) * FANOUT)
                )

    def _require_each(self, name: str, base: StreamTree, first: int, last: int) -> None:
        """The same within a page, segment by segment."""
        try:
            sound = all(map(self._packing.has, base.around(first // FANOUT)))
            runs = list(base.runs(first, last))
        except Damaged as error:
            raise _not_there(name, first, last) from error
        if not sound:
            raise _not_there(name, first, last)
        for run in runs:
            if not all(map(self._packing.has, run.ref.blobs)):
                raise _not_there(name, run.first, run.last)

    def _hints(
        self, name: str, base: StreamRef | None, lineage: StreamRef | None, sub_block: int | None
    ) -> Hints:
        trees = [self._tree(ref) if ref else None for ref in (base, lineage)]
        sub = sub_block or (trees[0] or trees[1] or _PLAIN).sub
        if sub not in SUBBLOCK_SIZES:
            raise ValueError(f"sub-blocks of {sub} bytes: known are {SUBBLOCK_SIZES}")
        near, far = (tree if tree and tree.sub == sub else None for tree in trees)
        return Hints(name, near, far, sub)

    def _tree(self, ref: StreamRef) -> StreamTree:
        tree = StreamTree(ref.size, ref.root, self.content)
        if ref.digest != digest(self._keys, ref.size, tree.sub, tree.root.content):
            raise ValueError(f"the base {ref.name!r} is not a stream of this repository")
        return tree

    def content(self, kind: Kind, blob: bytes) -> bytes:
        """Of a map. Raises Damaged."""
        self._packing.settle(blob)  # a base of this very session may lean on a blob that is not stored
        return self._blobs.content(kind, blob)

    def _results(self, size: int, extents: Iterable[Extent], hints: Hints) -> Iterator[Done | Known]:
        """The segments in order, while the workers are a few ahead."""
        pieces = gather(size, extents, hints.base.size if hints.base else None, self._buffers)
        if segments_of(size) == 1:  # not worth a thread
            for piece in pieces:
                yield piece if isinstance(piece, Known) else self._put(hints, piece, *hints.there(piece))
            return
        flight: deque[Future[Done] | Done | Known] = deque()
        try:
            for piece in pieces:
                flight.append(piece if isinstance(piece, Known) else self._begin(piece, hints))
                while flight and (len(flight) > _AHEAD or _is_done(flight[0])):
                    yield _result(flight.popleft())
            while flight:
                yield _result(flight.popleft())
        finally:
            running = [left for left in flight if isinstance(left, Future) and not left.cancel()]
            wait(running)  # other streams may lean on what they store

    def _begin(self, piece: Filled, hints: Hints) -> Future[Done] | Done:
        """What is there is found by this thread: to wake another one would cost more. Workers do what takes time."""
        if piece.same:  # some of it may be fetched from the store
            return self._submit(self._put, hints, piece, *hints.there(piece))
        writer = self._segments[hints.sub]
        found = writer.look(piece, *hints.there(piece))
        return self._submit(writer.keep, found) if isinstance(found, New) else found

    def _submit(self, work: Callable[P, Done], *args: P.args, **kwargs: P.kwargs) -> Future[Done]:
        self._room.acquire()
        future = self._pool.submit(work, *args, **kwargs)
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _put(self, hints: Hints, piece: Filled, base: There | None, lineage: There | None) -> Done:
        try:
            return self._segments[hints.sub].put(piece, base, lineage)
        except Damaged as error:  # nothing is read but what it takes of its base
            raise _not_there(hints.name, piece.segment, piece.segment + 1) from error


_AHEAD = 256
"""Segments that may be done while one before them is not: each takes 1 to 8 KiB."""

_PLAIN = Root(0, SUBBLOCK, b"")


def _there(tree: StreamTree | None, segment: int) -> There | None:
    if tree is None or segment >= tree.segments:
        return None
    page, place = divmod(segment, FANOUT)
    prints = tree.prints(page)
    length = SEGMENT // tree.sub * ID_BYTES
    own = prints.whole[place * length : (place + 1) * length] if prints else b""
    return There(tree.segment(segment), own, min(SEGMENT, tree.size - segment * SEGMENT))


def _is_done(item: Future[Done] | Done | Known) -> bool:
    return not isinstance(item, Future) or item.done()


def _result(item: Future[Done] | Done | Known) -> Done | Known:
    return item.result() if isinstance(item, Future) else item


def _not_there(name: str, first: int, last: int) -> Damaged:
    hint = "Give the bytes themselves, or run a backup that reads all."
    where = f"bytes {first * SEGMENT} to {last * SEGMENT}"
    return Damaged(f"What stream {name!r} goes on with is lost or damaged in its base: {where}.", hint=hint)


class _Tally:
    """Counts what was read from the source as it goes by."""

    def __init__(self, extents: Iterable[Extent]) -> None:
        self._extents = extents
        self.read = 0

    def __iter__(self) -> Iterator[Extent]:
        for extent in self._extents:
            if extent.data is not None:
                self.read += extent.length
            yield extent
