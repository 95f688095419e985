"""Where every blob lies, in memory, and the index objects it is read from and written to.

28 bytes an entry in sorted columns (7 MB a TiB of unique data), and about 300 bytes an entry for at most the
65,536 newest, which wait in a dict to be merged. The columns are cut into runs, so that sorting never needs memory for
more than one of them. A pack takes about 150 bytes.
Decides nothing about which packs exist: catalogue.py compares with the store.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from hoarfrost.errors import Damaged
from hoarfrost.repository.layout import ID_BYTES, ZERO_ID
from hoarfrost.repository.pack import Entry

_COUNTS = struct.Struct("<II")
_PACK = struct.Struct("<16sQ")
_MERGE_AT = 1 << 16
_RUN = 1 << 22
_FEW = 4  # ids that are faster looked up one by one
_LARGEST = 256 << 20  # of one object; 16 packs full of maps take 20 MB
_LENGTH = (1 << 28) - 1

Columns = dict[str, NDArray[Any]]
_TYPES = {"high": "u8", "low": "u8", "pack": "u4", "offset": "u4", "length": "u4"}


class Place(NamedTuple):
    pack: bytes
    entry: Entry


class PackEntries(NamedTuple):
    """A pack, its size and what it holds: what one index object lists many of."""

    pack: bytes
    size: int
    entries: Sequence[Entry]


def encode_index(packs: Sequence[PackEntries]) -> bytes:
    rows = sorted(
        (e.id, i, e.offset, e.length | e.kind << 28) for i, p in enumerate(packs) for e in p.entries
    )
    ids, pack, offset, length = zip(*rows, strict=True) if rows else ((), (), (), ())
    parts = [_COUNTS.pack(len(packs), len(rows))]
    parts += [_PACK.pack(p.pack, p.size) for p in packs]
    parts += [b"".join(ids)]
    parts += [np.array(column, "<u4").tobytes() for column in (pack, offset, length)]
    return zstandard.compress(b"".join(parts), 3)


def _decode_index(name: str, payload: bytes) -> tuple[list[tuple[bytes, int]], Columns]:
    try:
        if zstandard.frame_content_size(payload) > _LARGEST:
            raise Damaged(f"{name} claims to be larger than it may be.")
        data = zstandard.decompress(payload)
        packs, entries = _COUNTS.unpack_from(data)
        at = _COUNTS.size + packs * _PACK.size
        if len(data) != at + entries * (ID_BYTES + 12):
            raise Damaged(f"{name} does not have the length it should have.")
        table = list(_PACK.iter_unpack(data[_COUNTS.size : at]))
        ids = np.frombuffer(data, ">u8", entries * 2, at).reshape(entries, 2)
        columns: Columns = {"high": ids[:, 0].astype("u8"), "low": ids[:, 1].astype("u8")}
        at += entries * ID_BYTES
        for column in ("pack", "offset", "length"):
            columns[column] = np.frombuffer(data, "<u4", entries, at).astype("u4")
            at += entries * 4
    except (zstandard.ZstdError, struct.error) as error:
        raise Damaged(f"{name} is damaged.") from error
    if entries and int(columns["pack"].max()) >= packs:
        raise Damaged(f"{name} names a pack that it does not list.")
    return table, columns


def index_without(name: str, payload: bytes, gone: set[bytes]) -> bytes:
    """The payload of an index object without these packs; empty if it lists no other. Raises Damaged."""
    table, columns = _decode_index(name, payload)
    keep = [pack not in gone for pack, _ in table]
    if all(keep):
        return payload
    number = np.cumsum(keep, dtype="u4") - 1  # of those that stay, in the new list
    rows = np.array(keep, bool)[columns["pack"]]
    kept = {column: values[rows] for column, values in columns.items()}
    kept["pack"] = number[kept["pack"]]
    packs = [entry for entry, stays in zip(table, keep, strict=True) if stays]
    if not packs:
        return b""
    ids = np.stack((kept["high"], kept["low"]), axis=1).astype(">u8")
    parts = [_COUNTS.pack(len(packs), len(ids)), *(_PACK.pack(*pack) for pack in packs), ids.tobytes()]
    parts += [kept[column].astype("<u4").tobytes() for column in ("pack", "offset", "length")]
    return zstandard.compress(b"".join(parts), 3)


def place_in(pack: bytes, run: Columns, row: int) -> Place:
    blob = int(run["high"][row]).to_bytes(8, "big") + int(run["low"][row]).to_bytes(8, "big")
    length = int(run["length"][row])
    return Place(pack, Entry(blob, length >> 28, int(run["offset"][row]), length & _LENGTH))


class Index:
    """Used from several threads at once."""

    def __init__(self) -> None:
        self.packs: dict[bytes, int] = {}  # name -> size of the object
        self._names: list[bytes] = []
        self._runs: list[Columns] = []
        self._new: dict[bytes, Place] = {}
        self.doubted: dict[bytes, list[Place]] = {}  # where a check has found a blob damaged: `find` does not
        self.lock = threading.RLock()  # held by who must not have anybody look meanwhile

    def __len__(self) -> int:
        return sum(len(run["high"]) for run in self._runs) + len(self._new)

    @property
    def memory(self) -> int:
        """Bytes, about."""
        columns = sum(column.nbytes for run in self._runs for column in run.values())
        return columns + 300 * len(self._new) + 150 * len(self._names)

    def find(self, blob: bytes) -> Place | None:
        with self.lock:
            place = self._new.get(blob)
            return place or self._find_sorted(blob)

    def places(self, blob: bytes) -> list[Place]:
        """All of them, also one that is doubted."""
        with self.lock:
            self._merge()
            found = [
                place_in(self._names[int(self._runs[number]["pack"][row])], self._runs[number], row)
                for number, row in self._rows(blob)
            ]
            return [*found, *self.doubted.get(blob, ())]

    def holds(self, ids: bytes) -> bool:
        """Whether each of these blobs, joined, is in some pack where it is not doubted; zero is none."""
        with self.lock:
            left = [
                one
                for at in range(0, len(ids), ID_BYTES)
                if (one := ids[at : at + ID_BYTES]) not in self._new and one != ZERO_ID
            ]
            if len(left) > _FEW:
                left = self._not_at_once(left)
            return all(self._find_sorted(one) for one in left)

    def _not_at_once(self, blobs: list[bytes]) -> list[bytes]:
        """Those that are not where they are first looked for: hardly any."""
        for run in self._runs:
            if not len(run["high"]):
                continue
            ids = np.frombuffer(b"".join(blobs), ">u8").reshape(-1, 2).astype("u8")
            at = np.minimum(run["high"].searchsorted(ids[:, 0]), len(run["high"]) - 1)
            there = (run["high"][at] == ids[:, 0]) & (run["low"][at] == ids[:, 1])
            blobs = [one for one, found in zip(blobs, there.tolist(), strict=True) if not found]
            if not blobs:
                break
        return blobs

    def _find_sorted(self, blob: bytes) -> Place | None:
        high = np.uint64(int.from_bytes(blob[:8], "big"))
        low = int.from_bytes(blob[8:], "big")
        for run in self._runs:
            first = int(run["high"].searchsorted(high, "left"))
            for i in range(first, len(run["high"])):
                if run["high"][i] != high:
                    break
                if int(run["low"][i]) == low:
                    return place_in(self._names[int(run["pack"][i])], run, i)
        return None

    def frozen(self) -> tuple[list[bytes], NDArray[Any], list[Columns]]:
        """As it is now: names of packs; number of a pack in a run -> the place of its name; runs, ascending."""
        with self.lock:
            self._merge()
            names = list(self._names)
            runs = [dict(run) for run in self._runs]
        joined = np.frombuffer(b"".join(names), ">u8").reshape(-1, 2)
        order = np.lexsort((joined[:, 1], joined[:, 0]))
        new = np.ones(len(names), bool)
        new[1:] = (joined[order][1:] != joined[order][:-1]).any(axis=1)
        numbers = np.zeros(len(names), np.int64)  # a pack that two objects list has two numbers
        numbers[order] = order[new][np.cumsum(new) - 1]
        return names, numbers, runs

    def add(self, packs: Iterable[PackEntries]) -> None:
        with self.lock:
            for pack, size, entries in packs:
                self.packs[pack] = size
                if any(entry.id in self._new for entry in entries):
                    self._merge()  # every place of a blob counts: one of them may go
                self._new.update((entry.id, Place(pack, entry)) for entry in entries)
            if len(self._new) >= _MERGE_AT:
                self._merge()

    def _merge(self) -> None:
        if not self._new:
            return
        numbers = {name: i for i, name in enumerate(self._names)}
        for place in self._new.values():
            if place.pack not in numbers:
                numbers[place.pack] = len(self._names)
                self._names.append(place.pack)
        rows = [(p.pack, p.entry) for p in self._new.values()]
        ids = np.frombuffer(b"".join(e.id for _, e in rows), ">u8").reshape(len(rows), 2)
        added: Columns = {
            "high": ids[:, 0].astype("u8"),
            "low": ids[:, 1].astype("u8"),
            "pack": np.array([numbers[pack] for pack, _ in rows], "u4"),
            "offset": np.array([e.offset for _, e in rows], "u4"),
            "length": np.array([e.length | e.kind << 28 for _, e in rows], "u4"),
        }
        self._take([added])
        self._new.clear()

    def _take(self, parts: list[Columns]) -> None:
        """Into the last run, or another one. Column by column, each part given up as soon as it is in."""
        if self._runs and len(self._runs[-1]["high"]) < _RUN:
            parts = [self._runs.pop(), *parts]
        joined = {column: np.concatenate([part.pop(column) for part in parts]) for column in _TYPES}
        order = joined["high"].argsort(kind="stable")
        self._runs.append({column: joined.pop(column)[order] for column in _TYPES})

    def load(self, objects: Iterable[tuple[str, bytes]]) -> dict[str, Damaged]:
        """Take in index objects: (name, unsealed payload). Returns those that are none, and why."""
        with self.lock:
            wrong: dict[str, Damaged] = {}
            parts: list[Columns] = []
            entries = 0
            for name, payload in objects:
                try:
                    table, columns = _decode_index(name, payload)
                except Damaged as error:
                    wrong[name] = error
                    continue
                columns["pack"] += np.uint32(len(self._names))
                self._names += [pack for pack, _ in table]
                self.packs.update(table)
                parts.append(columns)
                entries += len(columns["high"])
                if entries >= _RUN:
                    self._take(parts)
                    parts, entries = [], 0
            if parts:
                self._take(parts)
        return wrong

    def doubt(self, doubts: Iterable[tuple[bytes, bytes]]) -> None:
        """Places (pack, blob) that do not count any more."""
        with self.lock:
            self._merge()
            rows: dict[int, list[int]] = {}
            for pack, blob in doubts:
                for number, row in self._rows(blob):
                    if self._names[int(self._runs[number]["pack"][row])] == pack:
                        told, place = (
                            self.doubted.setdefault(blob, []),
                            place_in(pack, self._runs[number], row),
                        )
                        if place not in told:
                            told.append(place)
                        rows.setdefault(number, []).append(row)
            for number, gone in rows.items():
                run = self._runs[number]
                self._runs[number] = {column: np.delete(values, gone) for column, values in run.items()}

    def _rows(self, blob: bytes) -> Iterator[tuple[int, int]]:
        high, low = (np.uint64(int.from_bytes(half, "big")) for half in (blob[:8], blob[8:]))
        for number, run in enumerate(self._runs):
            first, last = (int(run["high"].searchsorted(high, side)) for side in ("left", "right"))
            yield from ((number, row) for row in range(first, last) if run["low"][row] == low)

    def forget(self, packs: set[bytes]) -> None:
        """Packs that are gone: what they held is unknown again."""
        with self.lock:
            gone = np.array([i for i, name in enumerate(self._names) if name in packs], "u4")
            for number, run in enumerate(self._runs):
                keep = ~np.isin(run["pack"], gone)
                self._runs[number] = {column: values[keep] for column, values in run.items()}
            self._new = {blob: place for blob, place in self._new.items() if place.pack not in packs}
            left = {blob: [p for p in places if p.pack not in packs] for blob, places in self.doubted.items()}
            self.doubted = {blob: places for blob, places in left.items() if places}
            for pack in packs:
                self.packs.pop(pack, None)
