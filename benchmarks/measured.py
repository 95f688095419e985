"""A command as a process of its own, and what the kernel says it took. Decides what counts as a failure.

The start of the program is in the numbers, of every side. The parent stays small: a child's peak memory is never less
than that of the process it was forked from.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

# What is installed has its bytecode, whatever the environment of who measures says (empty is: not set), and the command
# line keeps numpy from starting threads and from asking for huge pages
_AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": "", "OPENBLAS_NUM_THREADS": "1", "NUMPY_MADVISE_HUGEPAGE": "0"}


class Failed(Exception):
    """A command did not do what it should; the message has its last words."""


class Taken(NamedTuple):
    """``cpu_s`` is user and system time, of children too. ``said``: what went to stdout."""

    cpu_s: float
    wall_s: float
    peak_rss_bytes: int
    said: str = ""


def run(
    command: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    *,
    drop: bool = False,
) -> Taken:
    """``drop``: what goes to stdout is not wanted. Raises Failed."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.sync()  # what others left to be written shall not be on this one's time
        begun = time.perf_counter()
        child = subprocess.Popen(
            words,
            env={**os.environ, **_AS_INSTALLED, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if drop else out,
            stderr=err,
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        said, complaint = _text(out), _text(err)
    if child.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit {child.returncode}\n{said[-1000:]}{complaint[-3000:]}")
    return Taken(used.ru_utime + used.ru_stime, wall, used.ru_maxrss << 10, said)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def warm(path: Path) -> None:
    """Bring a file, or all of a folder, into memory: borg, for one, asks the kernel to forget what it has read."""
    files = path.rglob("*") if path.is_dir() else [path]
    for one in files:
        if one.is_file():
            with one.open("rb", buffering=0) as file:
                while file.read(1 << 20):
                    continue


def size_of(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
