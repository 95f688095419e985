"""``./dev bench repository``. Decides where it works, and what is printed and kept."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.image import data_bytes, image_made
from benchmarks.measured import run as run_command
from benchmarks.repository.rounds import Rounds
from benchmarks.repository.sides import BORG, ROOT
from benchmarks.repository.table import show
from benchmarks.repository.targets import targets


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--size", type=int, default=2048, metavar="MIB", help="of the image (2048)")
    parser.add_argument("--rounds", type=int, default=2, help="medians are of so many (2)")
    parser.add_argument(
        "--work", type=Path, default=ROOT / ".cache/bench", metavar="FOLDER", help="on a local disk"
    )


def run(given: argparse.Namespace) -> int:
    work: Path = given.work.absolute()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    if len(os.sched_getaffinity(0)) > 2:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    try:
        print("the image is being made", file=sys.stderr)
        image = work / "disk.img"
        filled = image_made(image, given.size << 20, work)
        rounds = Rounds(work, image)
        for _ in range(given.rounds):
            rounds.go()
        about = _about(given, filled) | {"data": data_bytes(image)}
        found: dict[str, Any] = rounds.figures() | {"about": about}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    show(found, targets(found))
    return 0


def _about(given: argparse.Namespace, filled: int) -> dict[str, Any]:
    return {
        "size": given.size << 20,
        "files": filled,
        "rounds": given.rounds,
        "restic": run_command(["restic", "version"]).said.split()[1],
        "borg": run_command([BORG, "--version"]).said.split()[1],
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )
