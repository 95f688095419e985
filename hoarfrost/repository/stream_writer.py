"""A stream into the repository. Decides which segments are looked at, and by which thread.

Memory: a segment for each calling thread; ``2 x Limits.workers`` segments, and what they compress to, in all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.gather import Filled, Known, gather
from hoarfrost.repository.identity import digest, segment_id, trimmed
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import ZERO_ID, Kind, segments_of
from hoarfrost.repository.packing import Limits, Packing
from hoarfrost.repository.tree import StreamTree, TreeBuilder


class _Done(NamedTuple):
    id: bytes
    new: int
    stored: int


class _Base(NamedTuple):
    size: int
    tree: StreamTree


class StreamWriter:
    """Used from several threads at once: they share the workers and the packs."""

    def __init__(self, keys: Keys, packing: Packing, blobs: Blobs, limits: Limits) -> None:
        self._keys = keys
        self._packing = packing
        self._blobs = blobs
        self._pool = ThreadPoolExecutor(limits.workers, "repository-write")
        self._room = threading.BoundedSemaphore(2 * limits.workers)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def write(self, name: str, size: int, extents: Iterable[Extent], base: StreamRef | None) -> StreamRef:
        tally = _Tally(extents)
        tree = self._tree(base) if base else None
        node_bytes = 0

        def store_node(content: bytes) -> bytes:
            nonlocal node_bytes
            node, stored = self._packing.add_content(Kind.NODE, content)
            node_bytes += stored
            return node

        builder = TreeBuilder(segments_of(size), store_node)
        new = stored = 0
        for item in self._results(size, tally, tree):
            if isinstance(item, _Done):
                builder.add(item.id)
                new, stored = new + item.new, stored + item.stored
            elif item.kind == "zero":
                builder.zeros(item.first, item.last)
            elif tree:
                builder.copy(tree.tree, item.first, item.last)
        root = builder.root()
        name_digest = digest(self._keys, size, root)
        return StreamRef(name, size, root, name_digest, tally.read, new, stored + node_bytes)

    def _tree(self, base: StreamRef) -> _Base:
        if base.digest != digest(self._keys, base.size, base.root):
            raise ValueError(f"the base {base.name!r} is not a stream of this repository")
        return _Base(base.size, StreamTree(base.size, base.root, self._node))

    def _node(self, node: bytes) -> bytes:
        self._settle(node)
        return self._blobs.content(Kind.NODE, node)

    def _settle(self, blob: bytes) -> None:
        """A base of this very session may lean on a blob that is not stored yet."""
        if self._packing.is_pending(blob):
            self._packing.flush()

    def _results(self, size: int, extents: Iterable[Extent], base: _Base | None) -> Iterator[_Done | Known]:
        """The segments in order, while the workers are a few ahead."""
        pieces = gather(size, extents, base.size if base else None)
        if segments_of(size) == 1:  # not worth a thread
            for piece in pieces:
                yield piece if isinstance(piece, Known) else self._segment(piece, _id_in(base, piece))
            return
        flight: deque[Future[_Done] | Known] = deque()
        try:
            for piece in pieces:
                flight.append(piece if isinstance(piece, Known) else self._submit(piece, _id_in(base, piece)))
                while flight and (isinstance(flight[0], Known) or flight[0].done()):
                    yield _result(flight.popleft())
            while flight:
                yield _result(flight.popleft())
        finally:
            for left in flight:
                if isinstance(left, Future):
                    left.cancel()

    def _submit(self, piece: Filled, base_id: bytes) -> Future[_Done]:
        self._room.acquire()
        future = self._pool.submit(self._segment, piece, base_id)
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _segment(self, piece: Filled, base_id: bytes) -> _Done:
        content = self._overlaid(piece, base_id) if piece.same else piece.data
        segment, nonzero = segment_id(self._keys, content)
        if segment == ZERO_ID:
            return _Done(segment, 0, 0)
        kept = trimmed(content, nonzero)
        stored = self._packing.add(Kind.SEGMENT, segment, kept)
        return _Done(segment, len(kept) if stored else 0, stored)

    def _overlaid(self, piece: Filled, base_id: bytes) -> memoryview:
        """A segment whose data is partly the base's."""
        if base_id == ZERO_ID:
            return piece.data
        self._settle(base_id)
        before = self._blobs.segments([self._blobs.place(base_id)])[0].data
        for start, end in piece.same:
            known = before[start:end]
            piece.data[start : start + len(known)] = known
        return piece.data


def _id_in(base: _Base | None, piece: Filled) -> bytes:
    return base.tree.node(0, piece.segment) if base and piece.same else ZERO_ID


def _result(item: Future[_Done] | Known) -> _Done | Known:
    return item if isinstance(item, Known) else item.result()


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
