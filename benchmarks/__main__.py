"""``python -m benchmarks NAME``: the table of benchmarks."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from benchmarks.measured import Failed

BENCHMARKS = {
    "listing": "listing 10 000 resources of a kind: requests, time, memory, against a simulated API",
    "repository": "backup and restore of a disk image, beside restic, borg and the least that has to be done",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure. Nothing here is a test.")
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    modules = {name: import_module(f"benchmarks.{name}.command") for name in BENCHMARKS}
    for name, help in BENCHMARKS.items():
        modules[name].arguments(names.add_parser(name, help=help, description=f"Measure: {help}."))
    given = parser.parse_args()
    try:
        return int(modules[given.name].run(given))
    except Failed as error:
        print(f"./dev bench {given.name}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
