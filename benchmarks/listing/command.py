"""``./dev bench listing``. Decides which kinds are measured, and what is printed and kept."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks.listing.one import stored
from benchmarks.measured import Failed
from benchmarks.measured import run as run_command
from hoarfrost.kinds import KINDS

COLUMNS = ("kind", "resources", "requests", "wall_s", "cpu_s", "grown_mib")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--count", type=int, default=10_000, help="resources of each kind (10000)")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="only these")


def measurable() -> list[str]:
    """Kinds of which a project can have many and a real body is kept; of a part, of its whole too."""
    return [
        name
        for name, kind in KINDS.items()
        if kind.owned
        and not kind.credential
        and kind.path
        and stored(name)
        and (not kind.under or stored(kind.under.kind.name))
    ] + [name for name, kind in KINDS.items() if kind.owned and kind.mover == "container"]


def run(given: argparse.Namespace) -> int:
    rows: list[dict[str, Any]] = []
    print("  ".join(f"{name:>20}" if name == "kind" else f"{name:>10}" for name in COLUMNS))
    for name in given.kinds or measurable():
        try:
            done = run_command([sys.executable, "-m", "benchmarks.listing.one", name, str(given.count)])
        except Failed as error:
            print(f"{name:>20}  is not simulated: {str(error).splitlines()[-1]}")
            continue
        rows.append(json.loads(done.said))
        print(
            "  ".join(f"{rows[-1][one]:>20}" if one == "kind" else f"{rows[-1][one]:>10}" for one in COLUMNS)
        )
    if given.json:
        told = {"python": platform.python_version(), "machine": platform.machine(), "rows": rows}
        given.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0
