"""Backups, edits, forgetting and pruning by several processes that are killed at random, for as long as one likes.

A backup's manifest says how its bytes came about, so any process can say what each must give back. What was committed
is noted when commit has returned, what is to be forgotten before it is. Decides nothing about the order of things: that
is left to the machine.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from hoarfrost.errors import RepositoryError
from hoarfrost.repository import Committed, Extent, Repository
from hoarfrost.repository.layout import SEGMENT
from hoarfrost.repository.stores.local import LocalStore
from hoarfrost.repository.survey import Repack
from reliability.part import Cell, Effort, Part
from reliability.world import AT_ONCE, CHEAP, KEY, LIMITS, changed, restored

_SIZE = SEGMENT + 100_000
_LONGEST = 12  # edits until a disk begins anew
_KEEP = 8


def _disk(edits: list[int]) -> bytes:
    data = bytearray(_SIZE)
    for number, edit in enumerate(edits):
        chance = random.Random(edit)
        length = 150_000 if number == 0 else chance.choice((100, 5000, 70_000))
        at = chance.randrange(_SIZE - length)
        data[at : at + length] = chance.randbytes(length) if chance.random() < 0.9 else bytes(length)
    return bytes(data)


class _Actor:
    """One process: a few deeds, each noted."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._chance = random.Random(seed)
        self._repository = _open(folder)

    def note(self, what: str, which: str = "") -> None:
        os.write(self._log, f"{what} {which}\n".encode())

    def act(self, deeds: int) -> None:
        for _ in range(deeds):
            deed = self._chance.choice((self._back_up,) * 5 + (self._forget, self._prune, self._rewrite))
            try:
                deed()
            except RepositoryError as error:
                self.note("refused", error.sentence)
            except Exception as error:  # noqa: BLE001 - told at the end
                self.note("wrong", f"{deed.__name__}: {error!r}")

    def _back_up(self) -> None:
        with self._repository.session("soak") as session:
            there = self._repository.backups()
            base = self._chance.choice([None, *there])
            old = json.loads(base.manifest()) if base else []
            edits = [*old, self._chance.getrandbits(32)][-1 if len(old) >= _LONGEST else 0 :]
            data = _disk(edits)
            extents = [Extent(0, _SIZE, data)]
            if base and len(edits) > 1 and self._chance.random() < 0.5:
                extents = changed(_disk(old), data)
            ref = session.write("disk", _SIZE, extents, base.streams["disk"] if base else None)
            done = session.commit(json.dumps(edits).encode(), {}, [ref])
        self.note("made", done.id)

    def _forget(self) -> None:
        there = self._repository.backups()
        if len(there) > _KEEP:
            for one in self._chance.sample(there, len(there) - _KEEP):
                self.note("forgot", one.id)
                self._repository.forget(one.id)

    def _prune(self) -> None:
        self._repository.prune(patience=AT_ONCE)
        self.note("pruned")

    def _rewrite(self) -> None:
        self._repository.prune(patience=AT_ONCE, repack=Repack(below=0.9, most=1.0))
        self.note("rewrote")


def _open(folder: Path) -> Repository:
    return Repository.open(LocalStore(folder / "repository"), KEY, limits=LIMITS)


def _act(folder: Path, seed: int, deeds: int) -> None:
    _Actor(folder, seed).act(deeds)


def _round(folder: Path, chance: random.Random, processes: int) -> int:
    """Some processes at once; how many of them were killed."""
    context = multiprocessing.get_context("fork")
    children = [
        context.Process(target=_act, args=(folder, chance.getrandbits(32), 4)) for _ in range(processes)
    ]
    for child in children:
        child.start()
    killed = 0
    for child in children:
        if chance.random() < 0.5:
            time.sleep(chance.uniform(0, 0.5))
            killed += child.is_alive()
            child.kill()
    for child in children:
        child.join()
    return killed


def _compared(folder: Path) -> tuple[int, list[str]]:
    """How many backups there are, and what is wrong with them."""
    repository = _open(folder)
    there = {backup.id: backup for backup in repository.backups()}
    noted = [line.split(" ", 1) for line in (folder / "log").read_text().splitlines()]
    made = {which for what, which in noted if what == "made"}
    forgot = {which for what, which in noted if what == "forgot"}
    wrong = [f"backup {one} is gone" for one in made - forgot - there.keys()]
    wrong += [line for backup in there.values() for line in _differs(repository, backup)]
    wrong += [str(one) for one in repository.check(3).damage]
    return len(there), wrong


def _differs(repository: Repository, backup: Committed) -> list[str]:
    try:
        right = _disk(json.loads(backup.manifest())) == restored(repository, backup.streams["disk"])
    except RepositoryError as error:
        return [f"backup {backup.id}: {error}"]
    return [] if right else [f"backup {backup.id} has other bytes"]


def measure(effort: Effort) -> Part:
    chance = random.Random(effort.seed)
    killed = compared = 0
    rounds = effort.of(2, 30, 300)
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Repository.init(LocalStore(folder / "repository"), KEY, cost=CHEAP, limits=LIMITS)
        (folder / "log").touch()
        for _ in range(rounds):
            killed += _round(folder, chance, 3)
            count, wrong = _compared(folder)
            compared += count
            failures += wrong
        noted = [line.split(" ", 1) for line in (folder / "log").read_text().splitlines()]
    counts = Counter(what for what, _ in noted)
    failures += [which for what, which in noted if what == "wrong"]
    row: tuple[Cell, ...] = (
        f"{rounds} rounds of 3 processes",
        killed,
        *(counts[what] for what in ("made", "forgot", "pruned", "rewrote", "refused")),
        compared,
        len(failures),
    )
    columns = (
        "run",
        "killed",
        "backups",
        "forgotten",
        "prunes",
        "rewriting prunes",
        "refused",
        "compared",
        "lost",
    )
    return Part("Soak", columns, [row], failures)
