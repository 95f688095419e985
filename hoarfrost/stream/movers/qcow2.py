"""qcow2 as a virtual disk: tables first, then only clusters that hold data, neighbours in one read.

Follows qemu's docs/interop/qcow2.txt, versions 2 and 3. Whatever would make the bytes depend on something
else (a backing file, an external data file, a key) is refused, and so is what this reader does not know. A
file may be hostile: tables are bounded, offsets are checked against its length, no part of it counts twice.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import zstandard

from hoarfrost.errors import Refused
from hoarfrost.repository import Extent
from hoarfrost.stream.movers.disk import WINDOW, Fetch, ahead

MAGIC = b"QFI\xfb"
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")  # version 2: 72 bytes
_FEATURES = struct.Struct(">QQQII")  # version 3 adds these
_DIRTY, _CORRUPT, _DATA_FILE, _COMPRESSION, _EXTENDED = 1, 2, 4, 8, 16
_EXTENSIONS = {0x44415441: "an external data file", 0x0537BE77: "encryption"}
_L1_LIMIT = 32 << 20  # bytes; as in qemu (QCOW_MAX_L1_SIZE)
_OFFSET = np.uint64(0x00FFFFFFFFFFFE00)
_COMPRESSED, _ZERO = np.uint64(1 << 62), np.uint64(1)
_ZSTD_WINDOW = 8 << 20  # bytes: a cluster has at most 2 MiB; a frame may ask for a hundred times that
_NEAR = 256 << 10  # bytes: a gap up to this is read through rather than asked around

Words = np.ndarray[Any, np.dtype[np.uint64]]


class _Piece(NamedTuple):
    """Where one guest cluster, or a run of them, lies in the file."""

    guest: int
    offset: int
    length: int
    compressed: bool


class Qcow2Disk:
    """``length`` is that of the file. Raises Refused for what cannot be read by itself."""

    def __init__(self, fetch: Fetch, length: int) -> None:
        self._fetch, self._length = fetch, length
        head = fetch(0, min(length, 4096))
        if len(head) < _HEADER.size or head[:4] != MAGIC:
            raise _refused("it does not begin like one")
        _, version, backing, _, bits, self.size, crypt, l1_entries, self._l1_at, *_ = _HEADER.unpack_from(
            head
        )
        if version not in (2, 3):
            raise _refused(f"version {version} is unknown")
        if backing:
            raise _refused("it has a backing file")
        if crypt:
            raise _refused("it is encrypted")
        if not 9 <= bits <= 21:
            raise _refused(f"clusters of 2^{bits} bytes are not allowed")
        self._cluster = 1 << bits
        self._per_table = self._cluster // 8
        self._zstd = _features(head, length) if version == 3 else False
        self._version = version
        self._tables = -(-self.size // (self._cluster * self._per_table))
        if self._tables * 8 > _L1_LIMIT or l1_entries < self._tables:
            raise _refused(f"its first table has {l1_entries} entries for a disk of {self.size} bytes")
        self._left = length + self._cluster  # what clusters and tables may add up to, each being there once

    def extents(self) -> Iterator[Extent]:
        """Data in order of offset, zeros left out, in pieces of at most a window."""
        group = max(1, (4 << 20) // self._cluster)
        l1 = self._words(self._l1_at, self._tables) & _OFFSET
        windows = (
            window for first in range(0, self._tables, group) for window in self._windows(l1, first, group)
        )
        plans: dict[int, list[_Piece]] = {}

        def jobs() -> Iterator[int]:
            for number, plan in enumerate(windows):
                plans[number] = plan
                yield number

        for extents in ahead(lambda number: self._read(plans.pop(number)), jobs()):
            yield from extents

    # -- tables --------------------------------------------------------------------------------------------

    def _words(self, offset: int, count: int) -> Words:
        if offset % 512 or offset + count * 8 > self._length:
            raise _refused(f"a table lies beyond its end ({offset})")
        return (
            np.frombuffer(self._fetch(offset, count * 8), ">u8").astype(np.uint64)
            if count
            else np.zeros(0, np.uint64)
        )

    def _windows(self, l1: Words, first: int, group: int) -> Iterator[list[_Piece]]:
        """The allocated clusters below the tables ``first`` and following, a WINDOW of guest bytes at a
        time."""
        step = max(1, WINDOW // self._cluster)
        for number, table in self._second(l1, first, group):
            base = number * self._per_table
            clusters = min(self._per_table, -(-self.size // self._cluster) - base)
            for start in range(0, clusters, step):
                plan = self._pieces(base + start, table[start : min(start + step, clusters)])
                if plan:
                    yield plan

    def _second(self, l1: Words, first: int, group: int) -> Iterator[tuple[int, Words]]:
        """The second tables, with their number; those that lie side by side come in one read."""
        numbers = [number for number in range(first, min(first + group, self._tables)) if l1[number]]
        while numbers:
            count = 1
            while count < len(numbers) and l1[numbers[count]] == l1[numbers[0]] + np.uint64(
                count * self._cluster
            ):
                count += 1
            self._spend(count * self._cluster)
            words = self._words(int(l1[numbers[0]]), count * self._per_table)
            for index in range(count):
                yield numbers[index], words[index * self._per_table : (index + 1) * self._per_table]
            numbers = numbers[count:]

    def _pieces(self, base: int, entries: Words) -> list[_Piece]:
        """``entries`` are those of the guest clusters from ``base`` on."""
        compressed = (entries & _COMPRESSED) != 0
        zero = (entries & _ZERO) != 0 if self._version == 3 else np.zeros(len(entries), bool)
        plain = ((entries & _OFFSET) != 0) & ~zero & ~compressed
        pieces: list[_Piece] = []
        for index in np.flatnonzero(plain | compressed).tolist():
            guest = (base + index) * self._cluster
            if compressed[index]:
                pieces.append(self._squeezed(guest, int(entries[index])))
                continue
            offset = int(entries[index] & _OFFSET)
            if offset % self._cluster or offset >= self._length:
                raise _refused(f"a cluster lies beyond its end ({offset})")
            self._spend(self._cluster)
            last = pieces[-1] if pieces else None
            if (
                last
                and not last.compressed
                and (last.guest + last.length, last.offset + last.length) == (guest, offset)
            ):
                pieces[-1] = last._replace(length=last.length + self._cluster)
            else:
                pieces.append(_Piece(guest, offset, self._cluster, False))
        return pieces

    def _squeezed(self, guest: int, entry: int) -> _Piece:
        """A compressed cluster: offset in the low bits, then how many further 512-byte sectors it may
        touch."""
        shift = 62 - (self._cluster.bit_length() - 1 - 8)
        offset = entry & ((1 << shift) - 1)
        sectors = ((entry >> shift) & ((1 << (62 - shift)) - 1)) + 1
        if offset >= self._length:
            raise _refused(f"a compressed cluster lies beyond its end ({offset})")
        self._spend(max(4, self._cluster >> 15))  # no cluster can be squeezed into less
        return _Piece(guest, offset, min(sectors * 512 - offset % 512, self._length - offset), True)

    def _spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise _refused("its tables use parts of it more than once")

    # -- data ----------------------------------------------------------------------------------------------

    def _read(self, plan: list[_Piece]) -> list[Extent]:
        """The pieces of a window, in order of the guest, fetched in order of the file."""
        found: dict[int, memoryview] = {}
        order = sorted(plan, key=lambda piece: piece.offset)
        while order:
            start, end, count = order[0].offset, 0, 0
            for piece in order:
                if count and (piece.offset > end + _NEAR or piece.offset + piece.length > start + WINDOW):
                    break
                end, count = max(end, piece.offset + piece.length), count + 1
            data = memoryview(self._fetch(start, min(end, self._length) - start))
            for piece in order[:count]:
                found[piece.guest] = data[piece.offset - start : piece.offset - start + piece.length]
            order = order[count:]
        return [self._extent(piece, found.pop(piece.guest)) for piece in plan]

    def _extent(self, piece: _Piece, data: memoryview) -> Extent:
        """The file may end inside its last cluster; the rest is a gap, which is zeros, as qemu reads it."""
        whole = self._inflate(data) if piece.compressed else data
        length = min(len(whole), self.size - piece.guest)
        return Extent(piece.guest, length, whole[:length])

    def _inflate(self, data: memoryview) -> bytes:
        try:
            if self._zstd:
                unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
                with unpacker.stream_reader(data, read_across_frames=False) as reader:
                    whole = reader.read(self._cluster)
            else:
                whole = zlib.decompressobj(-15).decompress(data, self._cluster)
        except (zlib.error, zstandard.ZstdError) as error:
            raise _refused(f"a compressed cluster is damaged ({error})") from error
        if len(whole) != self._cluster:
            raise _refused("a compressed cluster is too short")
        return whole


def _features(head: bytes, length: int) -> bool:
    """Whether clusters are compressed with zstd. Refuses every incompatible feature that is not known
    here."""
    if len(head) < _HEADER.size + _FEATURES.size:
        raise _refused("its header is too short")
    incompatible, _, _, refcount_order, header_length = _FEATURES.unpack_from(head, _HEADER.size)
    if incompatible & _DATA_FILE:
        raise _refused("it has an external data file")
    if incompatible & _CORRUPT:
        raise _refused("it is marked as corrupt")
    if incompatible & ~(_DIRTY | _COMPRESSION):
        raise _refused(f"it has features that are unknown here ({incompatible:#x})")
    if refcount_order > 6 or not 104 <= header_length <= len(head):
        raise _refused("its header is damaged")
    kind = head[104] if incompatible & _COMPRESSION and header_length > 104 else 0
    if kind > 1:
        raise _refused(f"compression {kind} is unknown")
    at = header_length
    while at + 8 <= len(head):
        extension, size = struct.unpack_from(">II", head, at)
        if extension in _EXTENSIONS:
            raise _refused(f"it has {_EXTENSIONS[extension]}")
        if extension == 0:
            break
        at += 8 + (size + 7) // 8 * 8
    return kind == 1


def _refused(why: str) -> Refused:
    return Refused(f"This qcow2 file cannot be read: {why}.")
