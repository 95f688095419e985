"""A virtual disk as a qcow2 file that is written from front to back, with nothing in it for what is zero.

Everything that points to data comes before the data, so what is not zero must be known beforehand; it is
then allocated in order. Follows qemu's docs/interop/qcow2.txt, version 3, 64 KiB clusters, 16-bit
reference counts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from hoarfrost.repository import Extent

Ranges = list[tuple[int, int]]
"""(offset, length), in order, apart from each other."""

CLUSTER = 1 << 16
_PER_TABLE = CLUSTER // 8
_PER_BLOCK = CLUSTER // 2
_COPIED = 1 << 63  # the cluster's reference count is exactly one
_PIECE = 1 << 20


class SparseImage:
    """The file, as an iterable of pieces that can be gone through again. ``length``: of the file, in bytes.

    ``ranges`` hold everything that is not zero; ``read`` gives the extents of such ranges, clipped to
    ``size``.
    """

    def __init__(
        self, size: int, ranges: Iterable[tuple[int, int]], read: Callable[[Ranges], Iterator[Extent]]
    ) -> None:
        self.size = size
        self._read = read
        self._runs = _clusters(ranges)
        self._data = sum(last - first for first, last in self._runs)
        self._tables = sorted(
            {
                table
                for first, last in self._runs
                for table in range(first // _PER_TABLE, -(-last // _PER_TABLE))
            }
        )
        self._l1_entries = max(1, -(-size // (CLUSTER * _PER_TABLE)))
        self._l1 = -(-self._l1_entries // _PER_TABLE)
        self._place()

    def _place(self) -> None:
        """Header, reference table, reference blocks, first table, second tables, data: each from a cluster
        on.

        The reference counts count the clusters they are in themselves, hence the loop.
        """
        blocks = table = 1
        while True:
            total = 1 + table + blocks + self._l1 + len(self._tables) + self._data
            need = -(-total // _PER_BLOCK)
            if (need, -(-need // _PER_TABLE)) == (blocks, table):
                break
            blocks, table = need, -(-need // _PER_TABLE)
        self._ref_table, self._ref_blocks = table, blocks
        self._l1_at = 1 + table + blocks
        self._l2_at = self._l1_at + self._l1
        self._data_at = self._l2_at + len(self._tables)
        self.length = total * CLUSTER

    def __iter__(self) -> Iterator[bytes]:
        yield self._header()
        yield self._references()
        first = np.zeros(self._l1 * _PER_TABLE, ">u8")
        for number, table in enumerate(self._tables):
            first[table] = (self._l2_at + number) * CLUSTER | _COPIED
        yield first.tobytes()
        yield from self._second_tables()
        yield from self._clusters()

    def _header(self) -> bytes:
        size = -(-self.size // 512) * 512
        version2 = struct.pack(
            ">4sIQIIQIIQQIIQ",
            *(b"QFI\xfb", 3, 0, 0, 16, size, 0, self._l1_entries, self._l1_at * CLUSTER),
            *(CLUSTER, self._ref_table, 0, 0),
        )
        return (version2 + struct.pack(">QQQII", 0, 0, 0, 4, 104)).ljust(CLUSTER, b"\0")

    def _references(self) -> bytes:
        table = np.zeros(self._ref_table * _PER_TABLE, ">u8")
        table[: self._ref_blocks] = (1 + self._ref_table + np.arange(self._ref_blocks)) * CLUSTER
        counts = np.zeros(self._ref_blocks * _PER_BLOCK, ">u2")
        counts[: self.length // CLUSTER] = 1
        return table.tobytes() + counts.tobytes()

    def _second_tables(self) -> Iterator[bytes]:
        place = self._data_at
        runs = iter(self._runs)
        first, last = next(runs, (0, 0))
        for number in self._tables:
            start, end = number * _PER_TABLE, (number + 1) * _PER_TABLE
            table = np.zeros(_PER_TABLE, ">u8")
            while first < last and first < end:
                upto = min(last, end)
                entries = (np.arange(place, place + upto - first, dtype=np.uint64)) * np.uint64(CLUSTER)
                table[first - start : upto - start] = entries | np.uint64(_COPIED)
                place += upto - first
                first = upto
                if first == last:
                    first, last = next(runs, (0, 0))
            yield table.tobytes()

    def _clusters(self) -> Iterator[bytes]:
        """The data of the runs, one after the other; what the extents leave out of them is zeros."""
        wanted = [(first * CLUSTER, min(last * CLUSTER, self.size)) for first, last in self._runs]
        extents = self._read([(start, end - start) for start, end in wanted])
        extent = next(extents, None)
        for start, end in wanted:
            at = start
            while at < end:
                if extent is None or extent.offset >= end:
                    yield from _zeros(end - at)
                    at = end
                    continue
                if extent.offset > at:
                    yield from _zeros(extent.offset - at)
                    at = extent.offset
                upto = min(end, extent.end)
                if extent.data is None:
                    yield from _zeros(upto - at)
                else:
                    yield from _pieces(memoryview(extent.data)[at - extent.offset : upto - extent.offset])
                at = upto
                if at == extent.end:
                    extent = next(extents, None)
            yield from _zeros(-end % CLUSTER)


def _clusters(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The runs of clusters (first, last; last excluded) that the ranges touch."""
    runs: list[tuple[int, int]] = []
    for offset, length in ranges:
        first, last = offset // CLUSTER, -(-(offset + length) // CLUSTER)
        if length <= 0:
            continue
        if runs and first <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs


def _zeros(length: int) -> Iterator[bytes]:
    piece = bytes(min(length, _PIECE))
    for at in range(0, length, _PIECE):
        yield piece[: min(_PIECE, length - at)]


def _pieces(data: memoryview) -> Iterator[bytes]:
    for at in range(0, len(data), _PIECE):
        yield bytes(data[at : at + _PIECE])
