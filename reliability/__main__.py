"""The command: ``./dev reliability``. Decides which parts there are, and that any failure fails it."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reliability import crash, damage, files, fuzz, memory, models, requests, resume, soak
from reliability.page import PAGE, table, written
from reliability.part import Effort, Part

PARTS: dict[str, Callable[[Effort], Part]] = {
    "crash": crash.measure,
    "power": files.measure,
    "bits": damage.measure_flips,
    "objects": damage.measure_others,
    "requests": requests.measure,
    "fuzz": fuzz.measure,
    "memory": memory.measure,
    "resume": resume.measure,
    "soak": soak.measure,
    "models": models.measure,
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev reliability", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all if none: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="the sample that the tests run")
    parser.add_argument("--long", action="store_true", help="more of what has no end: hours")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--page", action="store_true", help="put the figures into the documentation")
    given = parser.parse_args(argv)
    if unknown := [name for name in given.parts if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}")
    if given.page and given.quick:
        parser.error("the page is not for samples")
    logging.getLogger("hoarfrost").setLevel(logging.ERROR)  # of requests that fail on purpose, it warns
    effort = Effort(given.quick, given.long, given.seed)
    measured = {name: _measured(name, effort) for name in given.parts or PARTS}
    if given.json:
        given.json.write_text(json.dumps({name: part._asdict() for name, part in measured.items()}, indent=1))
    if given.page:
        PAGE.write_text(written(PAGE.read_text(), list(measured.values())))
    failures = [line for part in measured.values() for line in part.failures]
    print(*failures, sep="\n", file=sys.stderr)
    return bool(failures)


def _measured(name: str, effort: Effort) -> Part:
    start = time.process_time()
    part = PARTS[name](effort)
    print(table(part))
    print(f"{name}: {time.process_time() - start:.0f} s of CPU", file=sys.stderr)
    return part


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
