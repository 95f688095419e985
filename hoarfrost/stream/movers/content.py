"""Streams of the repository as movers need them: the handle out of a manifest, content as pieces to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.model import Stream
from hoarfrost.repository import Extent, StreamRef

PIECE = 1 << 20


def handle(stream: Stream) -> StreamRef:
    """The repository's handle, also if the stream was read from a manifest, where it is plain JSON."""
    return msgspec.convert(stream.ref, StreamRef)


def base_of(stream: Stream | None) -> StreamRef | None:
    return handle(stream) if stream is not None and stream.ref is not None else None


class Content:
    """The bytes of a stream in pieces of at most PIECE, zeros written out; can be gone through again."""

    def __init__(
        self, storage: Storage, ref: StreamRef, done: Callable[[int], None] = lambda length: None
    ) -> None:
        self._storage, self._ref, self._done = storage, ref, done

    def __iter__(self) -> Iterator[bytes]:
        for extent in self._storage.read(self._ref):
            for at in range(0, extent.length, PIECE):
                length = min(PIECE, extent.length - at)
                yield bytes(length) if extent.data is None else bytes(extent.data[at : at + length])
                self._done(length)


def extents_of(
    pieces: Iterable[bytes], done: Callable[[int], None] = lambda length: None
) -> Iterator[Extent]:
    """Pieces that follow one another, as extents."""
    at = 0
    for piece in pieces:
        yield Extent(at, len(piece), piece)
        at += len(piece)
        done(len(piece))


class Counted:
    """Adds up what is done and tells it. For one thread."""

    def __init__(self, tell: Tell, total: int) -> None:
        self._tell, self._total, self._sum = tell, total, 0

    def __call__(self, length: int) -> None:
        self._sum += length
        self._tell(self._sum, self._total)
