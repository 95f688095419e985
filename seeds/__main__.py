"""``./dev seeds``: tenants out of numbers, backed up, lost and brought back; a table of what came back."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from demo import ground as demo_ground
from seeds import table
from seeds.story import Clouds, Kept, Row, Story

FOLDER = demo_ground.ROOT / ".cache" / "seeds"
PLACES = ("same", "other", "new-cloud")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev seeds", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", default=[], metavar="N", help="may be repeated")
    parser.add_argument("--seeds", metavar="A-B", help="a range of them")
    parser.add_argument("--into", choices=PLACES, action="append", default=[], help="may be repeated")
    parser.add_argument(
        "--only", default="", metavar="PARTS", help="draw only these parts, such as network.draw"
    )
    parser.add_argument("--client", action="store_true", help="ask the openstack client too what it sees")
    parser.add_argument(
        "--administrator", action="store_true", help="as an administrator of the projects, with people too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for repository, plans and looks")
    arguments = parser.parse_args()
    seeds = list(arguments.seed)
    if arguments.seeds:
        first, _, last = arguments.seeds.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    if not seeds:
        parser.error("name at least one seed")
    return _run(seeds, arguments.into or ["same", "other"], arguments)


def _run(seeds: list[int], places: list[str], arguments: argparse.Namespace) -> int:
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    story = Story(clouds(), arguments.folder, _say, arguments.only, arguments.client, arguments.administrator)
    kept: list[Kept] = []
    rows: list[Row] = []

    def told(row: Row) -> None:
        """Written at once, as a new cloud that does not come up must not take the rows before it along."""
        rows.append(row)
        _tell(row)
        if arguments.json:
            text = json.dumps([asdict(one) for one in rows], ensure_ascii=False, indent=1)
            arguments.json.write_text(text, encoding="utf-8")

    for seed in seeds:
        try:
            kept.append(story.keep(seed))
        except (RuntimeError, TimeoutError) as error:
            told(Row(seed, "backup", failures=[str(error)]))
            continue
        for place in [one for one in places if one != "new-cloud"]:
            told(_brought(story, kept[-1], place))
    if "new-cloud" in places:
        demo_ground.replace(demo_ground.other_flavour())
        for one in kept:
            told(_brought(story, one, "new"))
    print(table.markdown(rows))
    return 1 if any(row.failures for row in rows) else 0


def _brought(story: Story, kept: Kept, place: str) -> Row:
    """A project that cannot be emptied is a failure of this row, and takes no other seed along."""
    try:
        return story.bring_back(kept, place)
    except (RuntimeError, TimeoutError) as error:
        return Row(kept.seed, place, failures=[str(error)])


def clouds() -> Clouds:
    """The devcloud's own, or those that the environment names."""
    chosen = os.environ.get
    return Clouds(
        member=chosen("HOARFROST_TEST_CLOUD", "devcloud-member"),
        manager=chosen("HOARFROST_TEST_MANAGER_CLOUD", "devcloud-manager"),
        other=chosen("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other"),
        admin=chosen("HOARFROST_TEST_ADMIN_CLOUD", "devcloud-admin"),
    )


def _tell(row: Row) -> None:
    _say(table.line(row))
    for failure in row.failures:
        _say(f"  FAILURE: {failure}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
