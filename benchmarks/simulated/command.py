"""``./dev bench known``, ``memory`` and ``prune``. Decides what is printed, and what was to be reached."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.measured import Taken, run

ROOT = Path(__file__).parents[2]
_BASE, _A_TERABYTE = 300e6, 10e6


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--tb", type=float, metavar="N", help="terabytes of unique data (100; known: 1)")
    parser.add_argument("--backups", type=int, help="how many (memory: 1, prune: 30)")


def run_memory(given: argparse.Namespace) -> int:
    given.tb = given.tb or 100
    taken, said = _measured(given, "open", given.backups or 1)
    wanted = _BASE + _A_TERABYTE * given.tb
    figures = {
        "terabytes": given.tb,
        "blobs": said["blobs"],
        "packs": said["packs"],
        "peak_rss_bytes": taken.peak_rss_bytes,
        "at_most_bytes": int(wanted),
        "cpu_s": taken.cpu_s,
    }
    _show(given, figures, taken.peak_rss_bytes <= wanted)
    return 0


def run_prune(given: argparse.Namespace) -> int:
    given.tb = given.tb or 100
    backups = given.backups or 30
    taken, said = _measured(given, "prune", backups)
    figures = {
        "terabytes": given.tb,
        "backups": backups,
        "freed_bytes": said["freed"],
        "data_read_bytes": said["read"],
        "cpu_s": taken.cpu_s,
        "wall_s": taken.wall_s,
        "peak_rss_bytes": taken.peak_rss_bytes,
    }
    _show(given, figures, said["read"] == 0 and taken.cpu_s <= 300)
    return 0


def run_known(given: argparse.Namespace) -> int:
    given.tb = given.tb or 1
    taken, said = _measured(given, "known", given.backups or 1, "--prints", times=5)
    figures = {
        "terabytes": given.tb,
        "read_bytes": said["read"],
        "stored_bytes": said["stored"],
        "cpu_s": taken.cpu_s,
        "cpu_s_a_terabyte": taken.cpu_s / given.tb,
        "wall_s": taken.wall_s,
        "peak_rss_bytes": taken.peak_rss_bytes,
    }
    _show(given, figures, taken.cpu_s <= given.tb)
    return 0


def _measured(
    given: argparse.Namespace, what: str, backups: int, *more: str, times: int = 1
) -> tuple[Taken, dict[str, Any]]:
    """Of so many runs, one after the other, that which takes the median of CPU."""
    folder = ROOT / ".cache/bench-simulated"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = [sys.executable, "-m"]
    try:
        print("a repository is being simulated", file=sys.stderr)
        options = ["--tb", str(given.tb), "--backups", str(backups), *more]
        run([*python, "benchmarks.simulated.build", folder, *options], cwd=ROOT)
        runs = [run([*python, "benchmarks.simulated.work", folder, what], cwd=ROOT) for _ in range(times)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    taken = sorted(runs, key=lambda one: one.cpu_s)[times // 2]
    return taken, json.loads(taken.said)


def _show(given: argparse.Namespace, figures: dict[str, Any], reached: bool) -> None:
    if given.json:
        given.json.write_text(json.dumps(figures | {"reached": reached}, indent=1) + "\n", encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:>16}  {value:,.1f}" if isinstance(value, float) else f"{name:>16}  {value:,}")
    print("reached" if reached else "NOT reached")
