"""The map of a stream: from segment ids to a root of a few bytes, and back.

Decides how runs that are known as a whole (zeros, or the same as in the base) go in and out without a step a
segment. Leaves to its callers how nodes are stored and read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.layout import FANOUT, ID_BYTES, ROOT_IDS, ZERO_ID, segments_of


def root_level(segments: int) -> int:
    """The lowest level that has at most ROOT_IDS ids."""
    level = 0
    while segments > ROOT_IDS:
        segments = -(-segments // FANOUT)
        level += 1
    return level


def aligned(first: int, last: int, segments: int, top: int) -> Iterator[tuple[int, int]]:
    """Cut the segments ``first..last`` (last excluded) into the largest whole nodes: (level, index there)."""
    while first < last:
        level, span = 0, 1
        while level < top and first % (span * FANOUT) == 0 and min(first + span * FANOUT, segments) <= last:
            level, span = level + 1, span * FANOUT
        yield level, first // span
        first += span


class Run(NamedTuple):
    """Segments ``first..last`` (last excluded): one with an id, or any number that are zero."""

    first: int
    last: int
    id: bytes


class StreamTree:
    """A map that exists. Keeps one node a level; not for several threads."""

    def __init__(self, size: int, root: bytes, read_node: Callable[[bytes], bytes]) -> None:
        self.segments = segments_of(size)
        self.level = root_level(self.segments)
        self._ids = root[1:]
        self._read = read_node
        self._kept: dict[int, tuple[int, bytes]] = {}
        span = FANOUT**self.level
        if not root or root[0] != self.level or len(self._ids) != -(-self.segments // span) * ID_BYTES:
            raise Damaged("The root of a stream does not fit its size.")

    def node(self, level: int, index: int) -> bytes:
        """The id at a place of a level; zero where everything below is zero."""
        if level == self.level:
            return self._ids[index * ID_BYTES : (index + 1) * ID_BYTES]
        parent, slot = divmod(index, FANOUT)
        kept = self._kept.get(level)
        if kept is None or kept[0] != parent:
            kept = parent, self._content(level, parent)
            self._kept[level] = kept
        return kept[1][slot * ID_BYTES : (slot + 1) * ID_BYTES]

    def _content(self, level: int, parent: int) -> bytes:
        here = -(-self.segments // FANOUT**level)
        length = min(FANOUT, here - parent * FANOUT) * ID_BYTES
        node = self.node(level + 1, parent)
        if node == ZERO_ID:
            return bytes(length)
        content = self._read(node)
        if len(content) != length:
            raise Damaged("A node of a stream's map does not have the length it should have.")
        return content

    def runs(self, first: int, last: int) -> Iterator[Run]:
        """The segments ``first..last``, zeros in as few steps as the tree allows."""
        while first < last:
            level = self.level
            while (node := self.node(level, first // FANOUT**level)) != ZERO_ID and level:
                level -= 1
            span = FANOUT**level
            end = min((first // span + 1) * span, last)
            yield Run(first, end, node)
            first = end


class TreeBuilder:
    """A map being made: ids in order, level by level."""

    def __init__(self, segments: int, store_node: Callable[[bytes], bytes]) -> None:
        self.segments = segments
        self.top = root_level(segments)
        self._store = store_node
        self._open: list[list[bytes]] = [[] for _ in range(self.top + 1)]

    def add(self, node: bytes, level: int = 0) -> None:
        """The next id. One of a higher level only where everything below is closed."""
        self._open[level].append(node)
        if level < self.top and len(self._open[level]) == FANOUT:
            self._close(level)

    def zeros(self, first: int, last: int) -> None:
        for level, _ in aligned(first, last, self.segments, self.top):
            self.add(ZERO_ID, level)

    def copy(self, base: StreamTree, first: int, last: int) -> None:
        """The same segments of another map. The caller sees to it that the last segments are equally long."""
        for level, index in aligned(first, last, self.segments, min(self.top, base.level)):
            self._copy_node(base, level, index)

    def _copy_node(self, base: StreamTree, level: int, index: int) -> None:
        span = FANOUT**level
        ours, theirs = (min((index + 1) * span, n) for n in (self.segments, base.segments))
        if ours == theirs:
            self.add(base.node(level, index), level)
            return
        below = span // FANOUT  # one of the two ends inside this node
        for child in range(index * FANOUT, -(-ours // below)):
            self._copy_node(base, level - 1, child)

    def _close(self, level: int) -> None:
        ids = b"".join(self._open[level])
        self._open[level].clear()
        self.add(self._store(ids) if ids.strip(b"\0") else ZERO_ID, level + 1)

    def root(self) -> bytes:
        for level in range(self.top):
            if self._open[level]:
                self._close(level)
        return bytes((self.top,)) + b"".join(self._open[self.top])
