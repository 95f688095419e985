"""Who is measured: one class a program, with the same few commands. Decides how each is called.

Two threads each, encryption on, zstd. All of them find what has changed by reading everything.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from benchmarks.measured import Taken, run, size_of

ROOT = Path(__file__).parents[2]
BORG = ROOT / ".cache/borg/bin/borg"
PASSPHRASE = "correct horse battery staple"
_LINKED = 64 << 10


class Side(ABC):
    """A folder with the repository and all that its program keeps beside it."""

    name = ""

    def __init__(self, work: Path) -> None:
        self.folder = work / self.name
        self.repository = self.folder / "repository"
        self._kept = work / f"{self.name}.kept"

    def begin(self) -> None:
        """A new and empty repository."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.init()

    def keep(self) -> None:
        """As it is now is how every other case begins. Large files are linked: nobody changes one."""
        _copy(self.folder, self._kept)

    def back(self) -> None:
        _copy(self._kept, self.folder)

    @property
    def stored(self) -> int:
        return size_of(self.repository)

    @abstractmethod
    def init(self) -> None: ...

    @abstractmethod
    def backup(self, image: Path, *, fresh: bool, blocks: list[int] | None) -> Taken:
        """``fresh``: the file was touched. ``blocks``: the sub-blocks that changed, for who needs to be told."""

    @abstractmethod
    def restore(self, target: Path) -> Taken:
        """The image, into a new file."""

    @abstractmethod
    def read(self) -> Taken:
        """The image, proven, to nowhere."""

    def unlock(self) -> Taken | None:
        """The start of the program and what it takes to get from a passphrase to the repository."""
        return None


class Hoarfrost(Side):
    name = "hoarfrost"
    sub = 64 << 10

    def init(self) -> None:
        self._run("init")

    def _run(self, command: str, *more: str | Path) -> Taken:
        return run(
            [sys.executable, "-m", "benchmarks.repository.ours", command, self.folder, *more],
            cwd=ROOT,
        )

    def backup(self, image: Path, *, fresh: bool, blocks: list[int] | None) -> Taken:
        return self._run("backup", image, "--sub", str(self.sub))

    def backup_known(self, image: Path, blocks: list[int]) -> Taken:
        """Told what has changed."""
        changed = _told(self.folder, blocks)
        return self._run("backup", image, "--sub", str(self.sub), "--changed", changed)

    def restore(self, target: Path) -> Taken:
        return self._run("restore", target)

    def read(self) -> Taken:
        return self._run("read")

    def unlock(self) -> Taken | None:
        return self._run("unlock")


class Hoarfrost16(Hoarfrost):
    """With sub-blocks of 16 KiB, as for databases."""

    name = "hoarfrost_16k"
    sub = 16 << 10


class Limit(Side):
    name = "limit"

    def init(self) -> None:
        self.repository.mkdir()

    def _run(self, command: str, *more: str | Path) -> Taken:
        return run(
            [sys.executable, "-m", "benchmarks.repository.limit", command, self.repository, *more],
            cwd=ROOT,
        )

    def backup(self, image: Path, *, fresh: bool, blocks: list[int] | None) -> Taken:
        told: list[str | Path] = ["--changed", _told(self.folder, blocks)] if blocks is not None else []
        return self._run("backup", image, *told)

    def restore(self, target: Path) -> Taken:
        return self._run("restore", target)

    def read(self) -> Taken:
        return self._run("read", "nowhere")


class Restic(Side):
    name = "restic"

    def init(self) -> None:
        self._run("init")

    def _run(self, *words: str | Path, drop: bool = False) -> Taken:
        env = {
            "RESTIC_PASSWORD": PASSPHRASE,
            "RESTIC_CACHE_DIR": str(self.folder / "cache"),
            "GOMAXPROCS": "2",
        }
        return run(["restic", "--quiet", "--repo", self.repository, *words], env, drop=drop)

    def backup(self, image: Path, *, fresh: bool, blocks: list[int] | None) -> Taken:
        return self._run("backup", *([] if fresh else ["--force"]), image)

    def restore(self, target: Path) -> Taken:
        folder = target.with_suffix(".restic")
        taken = self._run("restore", "latest", "--target", folder)
        next(path for path in folder.rglob("*") if path.is_file()).rename(target)
        shutil.rmtree(folder)
        return taken

    def unlock(self) -> Taken | None:
        return self._run("cat", "config")

    def read(self) -> Taken:
        nodes = [json.loads(line) for line in self._run("ls", "--json", "latest").said.splitlines()]
        path = next(node["path"] for node in nodes if node.get("type") == "file")
        return self._run("dump", "latest", path, drop=True)


class Borg(Side):
    name = "borg"
    chunker: tuple[str, ...] = ()

    def init(self) -> None:
        self._run("init", "--encryption", "repokey-blake2")

    def _run(self, *words: str | Path, cwd: Path | None = None, drop: bool = False) -> Taken:
        env = {
            "BORG_PASSPHRASE": PASSPHRASE,
            "BORG_BASE_DIR": str(self.folder / "base"),
            "BORG_REPO": str(self.repository),
        }
        return run([BORG, *words], env, cwd, drop=drop)

    def backup(self, image: Path, *, fresh: bool, blocks: list[int] | None) -> Taken:
        looked = [] if fresh else ["--files-cache", "disabled"]
        name = f"::{len(list(self.folder.glob('*')))}-{os.urandom(4).hex()}"
        return self._run("create", "--compression", "zstd,1", *self.chunker, *looked, name, image)

    def restore(self, target: Path) -> Taken:
        folder = target.with_suffix(".borg")
        folder.mkdir()
        taken = self._run("extract", "--sparse", self._newest(), cwd=folder)
        next(path for path in folder.rglob("*") if path.is_file()).rename(target)
        shutil.rmtree(folder)
        return taken

    def read(self) -> Taken:
        return self._run("extract", "--stdout", self._newest(), drop=True)

    def _newest(self) -> str:
        return f"::{self._run('list', '--short', '--last', '1').said.strip()}"

    def unlock(self) -> Taken | None:
        return self._run("list")


class BorgFixed(Borg):
    name = "borg_fixed"
    chunker = ("--chunker-params", "fixed,4194304")


def _told(folder: Path, blocks: list[int]) -> Path:
    path = folder / "changed"
    path.write_text(json.dumps(blocks), encoding="ascii")
    return path


def _copy(source: Path, target: Path) -> None:
    def copied(one: str, other: str) -> None:
        if Path(one).stat().st_size >= _LINKED and "repository" in Path(one).parts:
            os.link(one, other)
        else:
            shutil.copy2(one, other)

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, copy_function=copied)
