"""Which packs are in use, and how much of them. Decides which of several places of a blob counts as the one.

Needed blobs are marked in the index itself: one byte an entry, and 100 MB while ids are sorted, whatever there is.
Pages of maps are marked as they are met, so that those which backups share are read once.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoarfrost.repository.index import Columns, Index, Place, place_in
from hoarfrost.repository.layout import ID_BYTES
from hoarfrost.repository.mask import any_in_row

_WAITING = 1 << 21  # ids that are sorted together
_TOGETHER = 1 << 10  # packs the places of which are gathered together
_PROVEN = 1 << 12  # blobs with several places that are gone through together
Ids = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Wrong = Callable[[list[Place]], set[Place]]
"""Those of some places that do not hold what they should."""


class Doubles(NamedTuple):
    """Rows of blobs that have several: which blob, run, row."""

    blob: NDArray[Any]
    run: NDArray[Any]
    row: NDArray[Any]


class PackUse(NamedTuple):
    """A pack: bytes of its blobs that are needed, and of all."""

    pack: bytes
    live: int
    held: int


class Live:
    """The entries of an index as it is now; what comes into it later counts as missing."""

    def __init__(self, index: Index) -> None:
        self._names, self._numbers, self._runs = index.frozen()
        self._marks = [np.zeros(len(run["high"]), bool) for run in self._runs]
        self._waiting: list[bytes] = []
        self._bytes = 0
        self._several: list[Ids] = []
        self._missing: list[Ids] = []

    def need(self, ids: bytes) -> None:
        """Ids, joined; zero is none."""
        self._waiting.append(ids)
        self._bytes += len(ids)
        if self._bytes >= _WAITING * ID_BYTES:
            self._settle()

    def fresh(self, ids: bytes) -> Flags:
        """Mark; which of them were not. Of one that is missing it cannot be told: it is fresh each time."""
        return self._mark(_decoded(ids))

    def _settle(self) -> None:
        ids = _decoded(b"".join(self._waiting))
        self._waiting.clear()
        self._bytes = 0
        self._mark(_each_once(ids))

    def _mark(self, ids: Ids) -> Flags:
        there = np.zeros(len(ids), np.uint8)
        fresh = any_in_row(ids)
        zero = ~fresh
        for run, marks in zip(self._runs, self._marks, strict=True):
            for who, rows in _rows(run, ids):
                fresh[who] &= ~marks[rows]
                marks[rows] = True
                there[who] += 1
        if (several := there > 1).any():
            self._several.append(ids[several])
        if (missing := (there == 0) & ~zero).any():
            self._missing.append(ids[missing])
        return fresh

    def missing(self) -> set[bytes]:
        """What is needed and in no pack."""
        self._settle()
        return {one.astype(">u8").tobytes() for ids in self._missing for one in ids}

    def names(self) -> set[bytes]:
        """All packs."""
        return set(self._names)

    def settle(
        self, shun: Collection[bytes] = (), wrong: Wrong | None = None, also: Collection[bytes] = ()
    ) -> set[bytes]:
        """Leave one place to each blob: in the pack most of which is needed; in one of ``shun`` only if it must be.

        ``wrong`` is asked about each place that is chosen over others, or for a blob of ``also``; where all places of
        a blob are wrong all of them stay. Returns those blobs.
        """
        self._settle()
        several = [*self._several, _decoded(b"".join(also))]
        ids = _each_once(np.concatenate(several))
        self._several.clear()
        if not len(ids):
            return set()
        found = [
            Doubles(who, np.full(len(who), number), rows)
            for number, run in enumerate(self._runs)
            for who, rows in _rows(run, ids)
        ]
        blob, run, row = (np.concatenate(column) for column in zip(*found, strict=True))
        pack = np.zeros(len(row), np.int64)
        for number, columns in enumerate(self._runs):
            mine = run == number
            pack[mine] = self._numbers[columns["pack"][row[mine]]]
        order = np.lexsort((pack, -self._share(shun)[pack], blob))
        pack, found_in = pack[order], Doubles(blob[order], run[order], row[order])
        kept, lost = self._chosen(found_in, wrong, also)
        for number, marks in enumerate(self._marks):
            marks[found_in.row[~kept & (found_in.run == number)]] = False
        return lost

    def _chosen(
        self, found: Doubles, wrong: Wrong | None, also: Collection[bytes]
    ) -> tuple[Flags, set[bytes]]:
        """Of rows in the order they are liked in: which stay; the blobs that are wrong wherever they are."""
        first = np.ones(len(found.blob), bool)
        first[1:] = found.blob[1:] != found.blob[:-1]
        starts = np.flatnonzero(first)
        kept, lost = first.copy(), set[bytes]()
        if wrong is None:
            return kept, lost
        ends = np.append(starts[1:], len(first))
        for at in range(0, len(starts), _PROVEN):
            asked: dict[int, list[Place]] = {}
            for start, end in zip(
                starts[at : at + _PROVEN].tolist(), ends[at : at + _PROVEN].tolist(), strict=True
            ):
                places = [self._place(found, i) for i in range(start, end)]
                if (
                    len(set(places)) > 1 or places[0].entry.id in also
                ):  # an object of the index may be there twice
                    asked[start] = places
            kept_now, wrong_all = _first_right(asked, wrong)
            for start, turn in kept_now.items():
                kept[start], kept[start + turn] = False, True
            for start in wrong_all:
                kept[start : start + len(asked[start])] = True
                lost.add(asked[start][0].entry.id)
        return kept, lost

    def _place(self, found: Doubles, i: int) -> Place:
        run = self._runs[int(found.run[i])]
        row = int(found.row[i])
        return place_in(self._names[int(self._numbers[run["pack"][row]])], run, row)

    def needs(self, ids: Collection[bytes]) -> set[bytes]:
        """Those of these blobs that are needed and in some pack."""
        self._settle()
        found, wanted = set[bytes](), _each_once(_decoded(b"".join(ids)))
        for run, marks in zip(self._runs, self._marks, strict=True):
            for who, rows in _rows(run, wanted):
                found |= {one.astype(">u8").tobytes() for one in wanted[who[marks[rows]]]}
        return found

    def _share(self, shun: Collection[bytes]) -> NDArray[Any]:
        live, held = self._sums()
        share: NDArray[Any] = live / np.maximum(held * self._listed(), 1)
        if shun:
            share[[i for i, name in enumerate(self._names) if name in shun]] -= 2
        return share

    def _sums(self) -> tuple[NDArray[Any], NDArray[Any]]:
        live, held = np.zeros((2, len(self._names)))
        for run, marks in zip(self._runs, self._marks, strict=True):
            packs, lengths = self._numbers[run["pack"]], run["length"] & ((1 << 28) - 1)
            held += np.bincount(packs, lengths, len(self._names))
            live += np.bincount(packs[marks], lengths[marks], len(self._names))
        return live, held / self._listed()

    def _listed(self) -> NDArray[Any]:
        """How many index objects list each pack: one, unless a collector died between two."""
        return np.maximum(np.bincount(self._numbers, minlength=len(self._names)), 1)

    def packs(self) -> Iterator[PackUse]:
        """Each pack that holds anything."""
        self._settle()
        live, held = self._sums()
        for number in np.flatnonzero(held).tolist():
            yield PackUse(self._names[number], int(live[number]), int(held[number]))

    def places(self, packs: Collection[bytes]) -> Iterator[list[Place]]:
        """What is needed in each of these packs: in order of offsets, the packs in any order."""
        self._settle()
        wanted = np.array([name in packs for name in self._names], bool)
        chosen = [
            np.flatnonzero(marks & wanted[self._numbers[run["pack"]]])
            for run, marks in zip(self._runs, self._marks, strict=True)
        ]
        numbers = [self._numbers[run["pack"][rows]] for run, rows in zip(self._runs, chosen, strict=True)]
        pack = np.concatenate([*numbers, np.zeros(0, np.int64)])
        run = np.repeat(np.arange(len(chosen)), [len(rows) for rows in chosen])
        row = np.concatenate([*chosen, np.zeros(0, np.int64)])
        order = pack.argsort(kind="stable")
        ends = np.flatnonzero(np.diff(pack[order])) + 1
        for part in np.split(order, ends) if len(order) else ():
            name = self._names[int(pack[part[0]])]
            found = [
                place_in(name, self._runs[r], i)
                for r, i in zip(run[part].tolist(), row[part].tolist(), strict=True)
            ]
            yield sorted(found, key=lambda place: place.entry.offset)

    def each_pack(self, packs: Collection[bytes]) -> Iterator[list[Place]]:
        """`places` of these packs, in the order of them as far as memory allows."""
        ordered = list(packs)
        for at in range(0, len(ordered), _TOGETHER):
            found = {places[0].pack: places for places in self.places(set(ordered[at : at + _TOGETHER]))}
            yield from (found[pack] for pack in ordered[at : at + _TOGETHER] if pack in found)

    def count(self) -> int:
        """Places that are needed."""
        return sum(int(marks.sum()) for marks in self._marks)

    def sample(self) -> Iterator[Place]:
        """Places that are needed, by chance; each once."""
        ends = np.cumsum([len(marks) for marks in self._marks], dtype=np.int64)
        total = int(ends[-1]) if len(ends) else 0
        at, step = (secrets.randbelow(total), 1 + secrets.randbelow(total)) if total else (0, 1)
        while math.gcd(step, total) > 1:
            step = 1 + secrets.randbelow(total)
        for _ in range(total):  # with no common factor every row is met once
            at = (at + step) % total
            run = int(ends.searchsorted(at, "right"))
            row = at - int(ends[run]) + len(self._marks[run])
            if self._marks[run][row]:
                yield place_in(self._names[int(self._runs[run]["pack"][row])], self._runs[run], row)


def _first_right(asked: dict[int, list[Place]], wrong: Wrong) -> tuple[dict[int, int], list[int]]:
    """Which of several places is the first that is right; the keys of those of which none is."""
    turns, lost, pending = dict.fromkeys(asked, 0), list[int](), list(asked)
    while pending:
        bad = wrong([asked[key][turns[key]] for key in pending])
        pending = [key for key in pending if asked[key][turns[key]] in bad]
        for key in pending:
            turns[key] += 1
        lost += [key for key in pending if turns[key] == len(asked[key])]
        pending = [key for key in pending if turns[key] < len(asked[key])]
    return {key: turn for key, turn in turns.items() if turn < len(asked[key])}, lost


def only_in(index: Index, ids: bytes, packs: Collection[bytes], copies: Collection[bytes]) -> set[bytes]:
    """Those of the packs that have any of these blobs which is in none of the ``copies``."""
    names, numbers, runs = index.frozen()
    wanted = _each_once(_decoded(ids))
    elsewhere = np.zeros(len(wanted), bool)
    found: list[tuple[NDArray[Any], NDArray[Any]]] = []
    inside, copied = (np.array([name in which for name in names], bool) for which in (packs, copies))
    for run in runs:
        for who, rows in _rows(run, wanted):
            pack = numbers[run["pack"][rows]]
            elsewhere[who] |= copied[pack]
            found.append((who[inside[pack]], pack[inside[pack]]))
    return {names[one] for who, pack in found for one in np.unique(pack[~elsewhere[who]]).tolist()}


def _rows(run: Columns, ids: Ids) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Where ids are in a run: (which ids, their rows), one of each at a time."""
    high, low = run["high"], run["low"]
    who = np.arange(len(ids))
    at = high.searchsorted(ids[:, 0])
    while len(who):
        there = at < len(high)
        who, at = who[there], at[there]
        there = high[at] == ids[who, 0]
        who, at = who[there], at[there]
        right = low[at] == ids[who, 1]
        if right.any():
            yield who[right], at[right]
        at = at + 1


def _decoded(ids: bytes) -> Ids:
    return np.frombuffer(ids, ">u8").reshape(-1, 2).astype("u8")


def _each_once(ids: Ids) -> Ids:
    """Sorted, so that looking them up goes through memory in order; without zero."""
    ids = ids[np.lexsort((ids[:, 1], ids[:, 0]))]
    keep = any_in_row(ids)
    keep[1:] &= any_in_row(ids[1:] != ids[:-1])
    return ids[keep]
