"""``python -m demo``: the whole story on the devcloud, or parts of it on clouds that are there."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from demo import ground, tenant
from demo.compare import compare
from demo.observe import observe
from demo.offer import offer
from demo.product import Failed, Product
from demo.story import Story
from demo.telling import Telling, comparison_rows
from demo.tenant import removal

FOLDER = ground.ROOT / ".cache" / "demo"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument(
        "--keep", action="store_true", help="leave the cloud up and the tenant in it at the end"
    )
    parser.add_argument("--on", metavar="CLOUD", help="only build a tenant there and look at it twice")
    parser.add_argument(
        "--from", dest="source", metavar="CLOUD", help="no devcloud: the tenant's first cloud"
    )
    parser.add_argument("--to", dest="target", metavar="CLOUD", help="no devcloud: where it is restored")
    arguments = parser.parse_args()
    if bool(arguments.source) != bool(arguments.target):
        parser.error("--from and --to belong together")
    if arguments.on:
        return _look(arguments.on, keep=arguments.keep)
    if arguments.source:
        return _between(arguments.source, arguments.target, keep=arguments.keep)
    try:
        return _story(ground.MEMBER, ground.MEMBER, lose_the_cloud=True)
    finally:
        if not arguments.keep:
            ground.down()


def _story(source: str, target: str, *, lose_the_cloud: bool) -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    story = Story(source, target, FOLDER, Telling(), Product(FOLDER))
    try:
        agrees = story.tell(lose_the_cloud=lose_the_cloud)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nrepository, plan and observations are in {_shown(FOLDER)}")
    return 0 if agrees else 1


def _between(source: str, target: str, *, keep: bool) -> int:
    """Both clouds exist and stay; the projects are emptied at the end, so they have to be empty now."""
    for name in (source, target):
        _refuse_unless_empty(name)
    try:
        return _story(source, target, lose_the_cloud=False)
    finally:
        if not keep:
            for name in (source, target):
                removal.empty(ground.connect(name))


def _look(name: str, *, keep: bool) -> int:
    """Builder, observation and comparison tried on their own: two looks at one tenant have to agree."""
    _refuse_unless_empty(name)
    cloud, telling = ground.connect(name), Telling()
    names = offer(cloud)
    try:
        with telling.phase("A tenant is built"):
            tenant.build(cloud, names)
        with telling.phase("Two looks at it"):
            comparison = compare(observe(cloud), observe(cloud), names, names)
        telling.table("Two looks", ("what", "first", "second", "equal"), comparison_rows(comparison))
        for one in comparison.differences:
            telling.say(f"DIFFERENT: {one}")
    finally:
        if not keep:
            removal.empty(cloud)
    return 0 if comparison.agrees else 1


def _refuse_unless_empty(name: str) -> None:
    held = removal.counts(ground.connect(name))
    if any(held.values()):
        sys.exit(f"the project of {name} is not empty, and the demo empties it at its end: {held}")


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
