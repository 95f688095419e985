"""Power cuts below the local store: what a disk may have kept of its system calls. Decides what a file system owes.

No more than POSIX promises: the bytes of a file are safe once it was synced, an entry of a folder once that folder was
synced after it. Everything else that was asked may have come to the disk or not, each entry for itself, and a file that
was not synced may be empty, cut or whole. (After Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014.)
"""

from __future__ import annotations

import itertools
import os
import random
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from hoarfrost.repository.layout import FORMAT, SNAPS
from hoarfrost.repository.stores.local import LocalStore
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.store import Buffer
from reliability.crash import STORIES, Story
from reliability.part import Effort, Part, Violation, failed, spread
from reliability.world import copied, goes_on, new_repository, opened, snaps

_TOLD = ("init", "first backup", "incremental backup", "forget", "prune", "prune after a prune that died")
_ALL_PARTS = 5  # of so many entries every part is tried
_SOME_PARTS = 12


class Deed(NamedTuple):
    """``what``: folder, link, unlink, synced (a file), settled (a folder), returned (a call). ``data``: of the file."""

    what: str
    path: str
    source: str = ""
    data: bytes = b""


class _Killed(BaseException):
    """The process is gone: nothing may catch this."""


class _Journal:
    """``dies_at``: the folder whose making kills the process; it does nothing any more until it is `revived`."""

    def __init__(self, root: Path, dies_at: str = "") -> None:
        self.deeds: list[Deed] = []
        self._dies_at = dies_at
        self._dead = False
        self._root = root
        self._lock = threading.RLock()

    def name(self, path: str | os.PathLike[str]) -> str | None:
        """Below the store's folder; the folder itself is ``.``."""
        full = Path(path)
        return str(full.relative_to(self._root)) if full.is_relative_to(self._root) else None

    def note(self, what: str, path: str | os.PathLike[str], source: str = "", data: bytes = b"") -> None:
        name = self.name(path)
        if name is None:
            return
        self.deeds.append(Deed(what, name, source, data))
        if what == "folder" and name == self._dies_at:
            self._dies_at, self._dead = "", True
            self.check()

    def check(self) -> None:
        if self._dead:
            raise _Killed

    def revived(self) -> None:
        self._dead = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The system calls of the store are noted in the order in which they happen."""
        real = {name: getattr(os, name) for name in ("mkdir", "link", "unlink", "fsync")}

        def mkdir(path: Any, *more: Any, **options: Any) -> None:
            with self._lock:
                self.check()
                real["mkdir"](path, *more, **options)
                self.note("folder", path)

        def link(source: Any, target: Any, **options: Any) -> None:
            with self._lock:
                self.check()
                real["link"](source, target, **options)
                self.note("link", target, self.name(source) or "", Path(source).read_bytes())

        def unlink(path: Any, **options: Any) -> None:
            with self._lock:
                self.check()
                real["unlink"](path, **options)
                self.note("unlink", path)

        def fsync(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            with self._lock:
                self.check()
                real["fsync"](descriptor)
                if path.is_dir():
                    self.note("settled", path)
                else:
                    self.note("synced", path, data=path.read_bytes())

        with mock.patch.multiple(os, mkdir=mkdir, link=link, unlink=unlink, fsync=fsync):
            yield


class _Noting(LocalStore):
    """Also notes what it has promised."""

    def __init__(self, root: Path, journal: _Journal) -> None:
        super().__init__(root)
        self._journal = journal

    def put_new(self, name: str, data: Buffer) -> None:
        super().put_new(name, data)
        self._journal.note("returned", self.root / name, "put")

    def delete(self, name: str) -> None:
        super().delete(name)
        self._journal.note("returned", self.root / name, "delete")


class Cut(NamedTuple):
    """What is on the disk after a power cut, and what had been promised by then: names to be there, or not."""

    objects: dict[str, bytes]
    kept: frozenset[str]
    gone: frozenset[str]


class Recording(NamedTuple):
    before: dict[str, bytes]
    deeds: list[Deed]
    backups: set[str]


def record(story: Story, dies_at: str = "") -> Recording:
    """``dies_at``: a first run is killed when it has just made this folder, and another one does it all."""
    start = MemoryStore()
    story.before(start)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        lay_out(start.objects, root)
        journal = _Journal(root, dies_at)
        with journal.kept():
            if dies_at:
                with suppress(_Killed):
                    story.act(_Noting(root, journal))
                journal.revived()
            story.act(_Noting(root, journal))
    every = copied(start.objects)
    for deed in journal.deeds:
        if deed.what == "link":
            every.objects.setdefault(deed.path, deed.data)
    repository = opened(every)
    found = {name for name in snaps(every.objects) if repository._committed(name)}
    return Recording(dict(start.objects), journal.deeds, found)


def lay_out(objects: dict[str, bytes], root: Path) -> None:
    for name, data in objects.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def cuts(recording: Recording, chance: random.Random) -> Iterator[Cut]:
    """Every state that a power cut may leave, each once; of the parts of many unsynced entries, some."""
    seen: set[int] = set()
    for moment in range(len(recording.deeds) + 1):
        deeds = recording.deeds[:moment]
        loose = [i for i in range(moment) if _is_loose(deeds, i)]
        for part in _parts(loose, chance):
            for torn in (0.0, 0.5, 1.0):
                cut = _left(recording.before, deeds, set(loose) - set(part), torn)
                key = hash((frozenset(cut.objects.items()), cut.kept, cut.gone))
                if key not in seen:
                    seen.add(key)
                    yield cut


def _is_loose(deeds: Sequence[Deed], number: int) -> bool:
    """An entry of a folder that was not synced since. Temporary files are nobody's."""
    deed = deeds[number]
    if deed.what not in ("folder", "link", "unlink") or deed.path.startswith("tmp"):
        return False
    folder = str(Path(deed.path).parent)
    return not any(later.what == "settled" and later.path == folder for later in deeds[number + 1 :])


def _parts(loose: list[int], chance: random.Random) -> Iterator[tuple[int, ...]]:
    if len(loose) <= _ALL_PARTS:
        for count in range(len(loose) + 1):
            yield from itertools.combinations(loose, count)
        return
    yield from ((), tuple(loose))
    for _ in range(_SOME_PARTS):
        yield tuple(i for i in loose if chance.random() < 0.5)


def _left(before: dict[str, bytes], deeds: Sequence[Deed], lost: set[int], torn: float) -> Cut:
    """``lost``: the entries that never came to the disk. ``torn``: how much there is of a file that was not synced."""
    safe = {deed.path: deed.data for deed in deeds if deed.what == "synced"}
    objects = dict(before)
    missing: set[str] = set()
    kept: set[str] = set()
    gone: set[str] = set()
    for number, deed in enumerate(deeds):
        if deed.what == "returned":
            (kept if deed.source == "put" else gone).add(deed.path)
            (gone if deed.source == "put" else kept).discard(deed.path)
        elif number in lost:
            if deed.what == "folder":
                missing.add(deed.path)
        elif deed.what == "link":
            data = safe.get(deed.source)
            gone.discard(deed.path)
            objects[deed.path] = data if data is not None else _UNKNOWN[: round(len(_UNKNOWN) * torn)]
        elif deed.what == "unlink":
            objects.pop(deed.path, None)
            kept.discard(deed.path)
    shown = {n: d for n, d in objects.items() if not any(n.startswith(f"{folder}/") for folder in missing)}
    shown = {name: data for name, data in shown.items() if not name.startswith("tmp/")}
    return Cut(shown, frozenset(kept), frozenset(gone))


_UNKNOWN = bytes(1000)  # what a file holds whose bytes never came to the disk, as far as its length did


def after(recording: Recording, cut: Cut) -> None:
    """Raises Violation, or what reading raises."""
    if lost := cut.kept - cut.objects.keys():
        raise Violation(f"{min(lost)} had been promised, and is not there")
    if back := cut.gone & cut.objects.keys():
        raise Violation(f"{min(back)} had been deleted, and is there again")
    store = copied(cut.objects)
    if FORMAT not in store.objects:
        new_repository(store)
        goes_on(store, set())
        return
    goes_on(
        store,
        {name.removeprefix(SNAPS) for name in cut.objects if name.startswith(SNAPS)} & recording.backups,
    )


def measure(effort: Effort, stories: Sequence[Story] = STORIES) -> Part:
    rows: list[tuple[str | int, ...]] = []
    failures: list[str] = []
    told = [(story, "") for story in stories if story.name in _TOLD]
    told += [
        (story, folder) for story in stories if story.name == "first backup" for folder in ("packs", "snaps")
    ]
    for story, folder in told:
        title = story.name + (f", one before it killed when it had made {folder}/" if folder else "")
        recording = record(story, folder)
        chosen = spread(list(cuts(recording, random.Random(effort.seed))), effort.of(4, 2000))
        lost = [line for cut in chosen for line in failed(title, partial(after, recording, cut))]
        rows.append((title, len(recording.deeds), len(chosen), len(lost)))
        failures += lost
    columns = ("story", "system calls", "power cuts", "lost")
    return Part("Power cuts, system call by system call (local store)", columns, rows, failures)
