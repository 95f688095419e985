"""``hoarfrost leftover ...``: temporary things that a killed run left in the project."""

from __future__ import annotations

import argparse
from typing import Any

from hoarfrost.cli.command import Command, Lister
from hoarfrost.cli.progress import finding_line
from hoarfrost.errors import Partial


class List(Lister):
    """List temporary resources of Hoarfrost that are still in the project, whichever machine made them."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.cloud import leftovers

        return ("kind", "id", "name"), [(one.what, one.id, one.name) for one in leftovers(self.cloud())]


class Remove(Command):
    """Remove temporary resources of Hoarfrost from the project.

    Those of a run that is still at work on another machine are its own: name the run to remove with --run, or make
    sure that none is at work. Exit code 3 when something stays.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--run",
            metavar="ID",
            help="only those of this run (its id is in their names), an error if only others left something",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        from hoarfrost.ending import remove_leftovers

        removed, findings = remove_leftovers(self.cloud(), parsed_args.run)
        for one in removed:
            self.tell(f"removed {one.what} {one.name}")
        for finding in findings:
            self.tell(finding_line(finding))
        self.exit_code = Partial.exit_code if findings else 0
        if not removed and not findings:
            self.tell("nothing is left over")
