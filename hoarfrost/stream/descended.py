"""The repository as the mover of one resource sees it: with what the resource's bytes descend from put in.

Decides that a stream without a predecessor is compared with its ancestor: after the first backup the predecessor is
closer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hoarfrost.kinds.mover import Storage
from hoarfrost.repository import Extent, StreamRef


class Descended:
    """A `Storage`. ``ancestor``: of the image a disk was made of; ``grain``: bytes of a sub-block, None: as ever."""

    def __init__(self, storage: Storage, ancestor: StreamRef | None, grain: int | None) -> None:
        self._storage, self._ancestor, self._grain = storage, ancestor, grain

    def write(
        self,
        name: str,
        size: int,
        extents: Iterable[Extent],
        base: StreamRef | None = None,
        lineage: StreamRef | None = None,
        sub_block: int | None = None,
    ) -> StreamRef:
        lineage = lineage or (None if base else self._ancestor)
        return self._storage.write(name, size, extents, base, lineage, sub_block or self._grain)

    def keep(self, ref: StreamRef) -> bool:
        return self._storage.keep(ref)

    def read(self, ref: StreamRef, ranges: Iterable[tuple[int, int]] | None = None) -> Iterator[Extent]:
        return self._storage.read(ref, ranges)

    def map(self, ref: StreamRef) -> Iterator[tuple[int, int]]:
        return self._storage.map(ref)
