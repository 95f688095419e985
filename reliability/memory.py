"""How much memory a run takes, whatever the size of what it goes through. Decides the bounds that are promised.

Each run is a process of its own, whose peak the kernel tells. The bound is on what a run adds to a process that has
loaded the product and opened a repository; and twice the size must not take more.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from hoarfrost.repository import Limits, Repository
from hoarfrost.repository.stores.local import LocalStore
from reliability.part import Cell, Effort, Part
from reliability.synthetic import ForgetfulStore, mixed, repeated
from reliability.world import CHEAP, KEY

_MIB = 1 << 20
_SPEED = 48 * _MIB  # a second and an upload: slower than packs are filled, so that as many wait as may
_BOUND = 300 * _MIB  # of one run at the default limits
_SAME = 48 * _MIB  # what two runs of different sizes may differ by: the allocator's mood


_RESTORES = (("restore in order", True), ("restore in pack order", False))


def _peak() -> int:
    """Of this process, in bytes, since `_forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _backup(size: int, limits: Limits) -> None:
    repository = Repository.init(ForgetfulStore(limits.pack_bytes / _SPEED), KEY, cost=CHEAP, limits=limits)
    with repository.session("memory") as session:
        session.commit(b"", {}, [session.write("stream", size, mixed(size, 1))])


def _restore(size: int, limits: Limits, folder: str, *, ordered: bool) -> None:
    store = LocalStore(Path(folder))
    repository = Repository.open(store, KEY, limits=limits)
    (backup,) = repository.backups()
    seen = sum(extent.length for extent in repository.read(backup.streams["stream"], ordered=ordered))
    assert seen == size


def _fill(size: int, folder: str) -> None:
    repository = Repository.init(LocalStore(Path(folder)), KEY, cost=CHEAP)
    with repository.session("memory") as session:
        session.commit(b"", {}, [session.write("stream", size, repeated(size, 1, 16))])


def _told(work: Callable[[], None], pipe: Connection) -> None:
    _forget_peak()
    before = _peak()
    work()
    pipe.send(_peak() - before)


def added(work: Callable[[], None]) -> int:
    """The bytes by which this work raises the peak of a fresh process."""
    mine, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=_told, args=(work, theirs))
    child.start()
    theirs.close()
    try:
        return int(mine.recv())
    finally:
        child.join()


def measure(effort: Effort) -> Part:
    limits = Limits(pack_bytes=8 * _MIB) if effort.quick else Limits()
    bound = 200 * _MIB if effort.quick else _BOUND
    sizes = [effort.of(64, 512, 4096) * _MIB, effort.of(128, 2048, 16384) * _MIB]
    found: dict[str, list[int]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found.setdefault("backup", []).append(added(partial(_backup, size, limits)))
            added(partial(_fill, size, folder))
            for name, ordered in _RESTORES[: effort.of(1, 2)]:
                work = partial(_restore, size, limits, folder, ordered=ordered)
                found.setdefault(name, []).append(added(work))
    rows: list[tuple[Cell, ...]] = []
    failures: list[str] = []
    for name, peaks in found.items():
        wrong = []
        if max(peaks) > bound:
            wrong.append(f"{name} takes {max(peaks) >> 20} MiB, more than {bound >> 20}")
        # The sample's streams are not larger than what may be under way at once: the second takes more for that
        if not effort.quick and peaks[1] - peaks[0] > _SAME:
            wrong.append(f"{name} of {sizes[1] >> 20} MiB takes {(peaks[1] - peaks[0]) >> 20} MiB more")
        rows += [(name, size >> 20, peak >> 20, len(wrong)) for size, peak in zip(sizes, peaks, strict=True)]
        failures += wrong
    return Part("Memory", ("run", "stream, MiB", "memory, MiB", "over the bound"), rows, failures)
