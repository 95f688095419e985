"""A backup of a large stream that is killed again and again comes to its end. Decides how much may be sent twice.

Real processes, real SIGKILL, at moments that a seed decides: after so many bytes had been sent. What may be sent
again are the packs that were on their way, one for each upload that a run may have at once.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from ctypes import c_longlong
from pathlib import Path
from typing import Any

from hoarfrost.repository import Limits, Repository
from hoarfrost.repository.layout import PACKS
from hoarfrost.repository.stores.local import LocalStore
from hoarfrost.repository.stores.store import Buffer
from reliability.part import Effort, Part
from reliability.synthetic import mixed
from reliability.world import CHEAP, KEY

_MIB = 1 << 20


class _Told(LocalStore):
    """Says how many bytes of packs it has begun to send."""

    def __init__(self, root: Path, begun: Any) -> None:
        super().__init__(root)
        self._begun = begun

    def put_new(self, name: str, data: Buffer) -> None:
        if name.startswith(PACKS):
            with self._begun.get_lock():
                self._begun.value += len(data)
        super().put_new(name, data)


def _run(folder: str, size: int, limits: Limits, begun: Any) -> None:
    repository = Repository.open(_Told(Path(folder), begun), KEY, limits=limits)
    with repository.session("resumed") as session:
        session.commit(b"", {}, [session.write("stream", size, mixed(size, 1))])


def _is_killed(folder: str, size: int, limits: Limits, begun: Any, after: int) -> bool:
    """One run, killed when it has sent so much; False if it came to its end before."""
    child = multiprocessing.get_context("fork").Process(target=_run, args=(folder, size, limits, begun))
    stop = begun.value + after
    child.start()
    while child.is_alive() and begun.value < stop:
        time.sleep(0.002)
    killed = child.is_alive()
    if killed:
        child.kill()
    child.join()
    return killed and child.exitcode != 0


def _sent(folder: str, size: int, limits: Limits, kills: list[int]) -> tuple[int, int]:
    """Bytes of packs sent in all, and how often it was killed."""
    Repository.init(LocalStore(Path(folder)), KEY, cost=CHEAP)
    begun = multiprocessing.get_context("fork").Value(c_longlong, 0)
    times = 0
    for after in kills:
        if not _is_killed(folder, size, limits, begun, after):
            return begun.value, times
        times += 1
    _run(folder, size, limits, begun)
    return begun.value, times


def _is_right(folder: str, size: int, limits: Limits) -> bool:
    repository = Repository.open(LocalStore(Path(folder)), KEY, limits=limits)
    ref = repository.backups()[-1].streams["stream"]
    return all(
        b"".join(
            bytes(part.data or bytes(part.length))
            for part in repository.read(ref, [(one.offset, one.length)])
        )
        == one.data
        for one in mixed(size, 1)
    )


def measure(effort: Effort) -> Part:
    limits = Limits(pack_bytes=effort.of(8, 16, 64) * _MIB)
    size = effort.of(64, 384, 8192) * _MIB
    chance = random.Random(effort.seed)
    kills = [round(size * chance.uniform(0.05, 0.3)) for _ in range(effort.of(2, 5, 20))]
    failures = []
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as often:
        least, _ = _sent(once, size, limits, [])
        sent, times = _sent(often, size, limits, kills)
        if not _is_right(often, size, limits):
            failures.append("the stream that was resumed has other bytes")
    twice = sent - least
    may = times * limits.uploads * limits.pack_bytes
    if twice > may + _MIB:  # the last packs are cut elsewhere
        failures.append(f"{twice} bytes were sent twice in {times} runs that were killed; {may} may be")
    row = (f"stream of {size >> 20} MiB", times, least >> 20, twice >> 20, may >> 20, len(failures))
    columns = ("killed run", "times killed", "MiB to send", "MiB sent twice", "MiB that may be", "wrong")
    return Part("Killed and resumed", columns, [row], failures)
