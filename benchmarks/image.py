"""The disk image that is backed up, and how it changes. Decides which files are in it, and which pages change.

An ext4 image, half full of files of this machine: their order is that of a hash of their paths, so that it is a mixture
and the same mixture in each run on the same machine. It is made by mke2fs itself: nothing is mounted, no root needed.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measured import run

PAGE = 4096
RUN = 80  # pages: 320 KiB
_SOURCE = Path("/usr/lib")
_SEED = 20


def image_made(path: Path, size: int, folder: Path) -> int:
    """`make_image` in a process of its own, which takes its memory with it."""
    return int(run([sys.executable, "-m", "benchmarks.image", path, str(size), folder]).said)


def make_image(path: Path, size: int, folder: Path) -> int:
    """An image of ``size`` bytes without holes; returns the bytes of files in it, about half of its size."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    filled = 0
    for number, (file, length) in enumerate(_chosen(size // 2)):
        target = tree / f"{number % 100:02d}" / f"{number:06d}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        filled += length
    sparse = folder / "sparse"
    sparse.unlink(missing_ok=True)
    command: list[str | Path] = [
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-E",
        "root_owner=0:0",
        "-d",
        tree,
        sparse,
        f"{size >> 10}k",
    ]
    path_with_sbin = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": path_with_sbin})
    with sparse.open("rb") as source, path.open("wb") as target_file:
        shutil.copyfileobj(source, target_file, 1 << 20)
    shutil.rmtree(tree)
    sparse.unlink()
    return filled


def _chosen(wanted: int) -> Iterator[tuple[Path, int]]:
    found = [
        (hashlib.sha256(os.fsencode(path)).digest(), path, path.stat().st_size)
        for path in _SOURCE.rglob("*")
        if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
    ]
    for _, path, length in sorted(found):
        room = -(-length // PAGE) * PAGE
        if room <= wanted:
            wanted -= room
            yield path, length


def data_bytes(image: Path) -> int:
    """Of the pages that are not zero."""
    nothing = bytes(PAGE)
    with image.open("rb") as file:
        return sum(PAGE for page in iter(lambda: file.read(PAGE), b"") if page != nothing)


class Change:
    """Some pages of an image become random bytes, and what they were again. Kept on disk, not in memory."""

    def __init__(self, image: Path, pages: list[int]) -> None:
        self._image = image
        self._was = image.with_suffix(".was")
        self.pages = pages

    @property
    def size(self) -> int:
        return len(self.pages) * PAGE

    def blocks(self, sub: int) -> list[int]:
        """The numbers of the sub-blocks that change."""
        return sorted({page * PAGE // sub for page in self.pages})

    def apply(self) -> None:
        noise = random.Random(_SEED)  # the same in each round
        with self._image.open("r+b", buffering=0) as file, self._was.open("wb") as was:
            for page in self.pages:
                was.write(os.pread(file.fileno(), PAGE, page * PAGE))
                os.pwrite(file.fileno(), noise.randbytes(PAGE), page * PAGE)

    def revert(self) -> None:
        with self._image.open("r+b", buffering=0) as file, self._was.open("rb") as was:
            for page in self.pages:
                os.pwrite(file.fileno(), was.read(PAGE), page * PAGE)


def scattered(image: Path) -> Change:
    """1 % of the pages, each by itself."""
    pages = image.stat().st_size // PAGE
    return Change(image, sorted(random.Random(_SEED).sample(range(pages), pages // 100)))


def clustered(image: Path) -> Change:
    """1 % of the pages, in runs of 320 KiB that begin anywhere."""
    pages = image.stat().st_size // PAGE
    wanted = pages // 100
    chosen: set[int] = set()
    dice = random.Random(_SEED)
    while len(chosen) < wanted:
        first = dice.randrange(pages - RUN)
        chosen.update(range(first, first + min(RUN, wanted - len(chosen))))
    return Change(image, sorted(chosen))


if __name__ == "__main__":
    print(make_image(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
