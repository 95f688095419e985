"""The cases, each from the same beginning, all sides in turn. Decides the order, and what is proven by the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.image import Change, clustered, scattered
from benchmarks.measured import Failed, Taken, warm
from benchmarks.repository.sides import Borg, BorgFixed, Hoarfrost, Hoarfrost16, Limit, Restic, Side

Figures = dict[str, float]
SUB = 64 << 10


class Rounds:
    def __init__(self, work: Path, image: Path) -> None:
        self._work = work
        self._image = image
        self._ours = Hoarfrost(work)
        self._fine = Hoarfrost16(work)
        self._limit = Limit(work)
        self._sides: list[Side] = [self._ours, Restic(work), Borg(work), BorgFixed(work), self._limit]
        self._taken: dict[str, dict[str, list[Figures]]] = {}
        self._changed: dict[str, int] = {}
        self._touched: dict[str, int] = {}

    def go(self) -> None:
        """One round; the next begins with another side."""
        self._first()
        self._increment("clustered", clustered(self._image))
        self._increment("random", scattered(self._image))
        for side in self._sides:
            side.back()
            self._note("unchanged", side, partial(side.backup, self._image, fresh=False, blocks=[]))
        self._restore()
        for side in self._sides:
            side.back()
            self._note("unlock", side, side.unlock)
        self._sides.append(self._sides.pop(0))

    def _first(self) -> None:
        for side in [*self._sides, self._fine]:
            side.begin()
            self._note("first", side, partial(side.backup, self._image, fresh=True, blocks=None))
            side.keep()

    def _increment(self, case: str, change: Change) -> None:
        self._changed[case] = change.size
        blocks = change.blocks(SUB)
        self._touched[f"{case}_known"] = len(blocks) * SUB
        change.apply()
        for side in [*self._sides, self._fine]:
            side.back()
            self._note(case, side, partial(side.backup, self._image, fresh=True, blocks=blocks))
        self._ours.back()
        self._note(f"{case}_known", self._ours, lambda: self._ours.backup_known(self._image, blocks))
        change.revert()

    def _restore(self) -> None:
        target = self._work / "restored"
        for side in self._sides:
            side.back()
            self._note("restore", side, side.read)
            self._note("restore_file", side, partial(side.restore, target))
            if subprocess.run(["cmp", "--silent", self._image, target], check=False).returncode != 0:
                raise Failed(f"{side.name} has not restored what was backed up")
            target.unlink()

    def _note(self, case: str, side: Side, work: Callable[[], Taken | None]) -> None:
        warm(self._image)
        warm(side.repository)
        before = side.stored
        taken = work()
        if taken is None:
            return
        stored = max(0, side.stored - before)
        found: Figures = {
            "cpu_s": taken.cpu_s,
            "wall_s": taken.wall_s,
            "stored_bytes": stored,
            "peak_rss_bytes": taken.peak_rss_bytes,
        }
        if isinstance(side, Hoarfrost):
            found |= json.loads(taken.said)
        case = f"{case}_16k" if side is self._fine else case
        name = self._ours.name if side is self._fine else side.name
        self._taken.setdefault(case, {}).setdefault(name, []).append(found)
        said = f"{case:>16} {name:<12} {taken.cpu_s:7.2f} s CPU {taken.wall_s:7.2f} s {stored / 1e6:8.1f} MB"
        print(said, file=sys.stderr, flush=True)

    def figures(self) -> dict[str, Any]:
        """The medians, by case and side."""
        size = self._image.stat().st_size
        found: dict[str, Any] = {}
        for case, sides in self._taken.items():
            found[case] = {side: _medians(figures) for side, figures in sides.items()}
            if case in self._touched:
                found[case]["touched_bytes"] = self._touched[case]
            name = case.removesuffix("_known").removesuffix("_16k")
            found[case]["changed_bytes"] = self._changed.get(name, size if name == "first" else 0)
        return found


def _medians(figures: list[Figures]) -> Figures:
    return {key: median(one.get(key, 0) for one in figures) for key in figures[0]}
