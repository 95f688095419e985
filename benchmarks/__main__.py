"""``python -m benchmarks NAME``: the table of benchmarks. Only the one that is asked for is imported."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import NamedTuple

from benchmarks.measured import Failed


class Benchmark(NamedTuple):
    """``benchmarks.<module>.command`` has ``arguments`` and the function that runs it."""

    help: str
    module: str
    run: str = "run"


BENCHMARKS = {
    "known": Benchmark("an increment of 1 TB of which is told what has changed", "simulated", "run_known"),
    "listing": Benchmark(
        "listing 10 000 resources of a kind: requests, time, memory, against a simulated API", "listing"
    ),
    "memory": Benchmark("memory for the index of 100 TB", "simulated", "run_memory"),
    "prune": Benchmark("collection in a repository of 100 TB and 30 backups", "simulated", "run_prune"),
    "repository": Benchmark(
        "backup and restore of a disk image, beside restic, borg and the least that has to be done",
        "repository",
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure. Nothing here is a test.")
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, one in BENCHMARKS.items():
        options = names.add_parser(name, help=one.help, description=f"Measure: {one.help}.")
        if sys.argv[1:2] == [name]:
            module = import_module(f"benchmarks.{one.module}.command")
            module.arguments(options)
    given = parser.parse_args()
    try:
        return int(getattr(module, BENCHMARKS[given.name].run)(given))
    except Failed as error:
        print(f"./dev bench {given.name}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
