"""``hoarfrost backup forget``: retention by rules. What a rule keeps is repository/retention.py's to decide."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hoarfrost.cli.command import PRUNE, Lister
from hoarfrost.cli.repository import days
from hoarfrost.errors import RoleForbids, UsageError
from hoarfrost.pattern import listed

if TYPE_CHECKING:
    from hoarfrost.repository import Repository

_COUNTS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


class Forget(Lister):
    """Delete the backups that no rule keeps, and say for each one why it stays or goes.

    The rules count for the backups of each project by itself. The newest complete backup of a project always stays.
    Exit code 3 when a backup is damaged, so that no rule can be told of it; it stays.
    The space is freed by the next `repository prune`.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        for name in _COUNTS:
            what = "newest backups" if name == "last" else f"{name} backups: the newest of each such period"
            parser.add_argument(f"--keep-{name}", metavar="N", type=count, default=0, help=f"keep N {what}")
        parser.add_argument(
            "--keep-within", metavar="DAYS", type=days, help="keep every backup that is not older"
        )
        parser.add_argument(
            "--project", metavar="ID", help="only the backups of this project; an error if there is none"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.repository.retention import Policy, judge

        counts = {name: getattr(parsed_args, f"keep_{name}") for name in _COUNTS}
        policy = Policy(**counts, within=parsed_args.keep_within)
        if not policy:
            hint = "Give at least one --keep-... rule; to delete one backup, use `hoarfrost backup delete`."
            raise UsageError("No rule says what to keep.", hint=hint)
        repository = self.repository()
        if repository.role != "read":
            hint = "Use a key for reading, or `hoarfrost backup delete`."
            raise RoleForbids(f"A {repository.role} key cannot tell projects apart.", hint=hint)
        projects: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
        names, known = dict[str, str](), dict[str, str]()
        complete: set[str] = set()
        for one in self.told(repository.backups()):
            project = str(one.summary.get("project_id", ""))
            names[one.id] = known[project] = str(one.summary.get("project_name", ""))
            if one.summary.get("status") == "complete":
                complete.add(one.id)
            if parsed_args.project in (None, project):
                projects[project].append((one.id, datetime.fromisoformat(one.time)))
        if parsed_args.project is not None and not projects:
            raise _no_project(parsed_args.project, known)
        now = datetime.now(UTC)
        verdicts = [one for backups in projects.values() for one in judge(backups, policy, now, complete)]
        if not parsed_args.dry_run:
            self._forget(repository, [one.id for one in verdicts if not one.keep])
            if not all(one.keep for one in verdicts):
                self.tell(f"hoarfrost: {PRUNE}")
        gone = "would go" if parsed_args.dry_run else "deleted"
        rows = [
            (
                one.id,
                f"{one.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                names[one.id],
                "keep" if one.keep else gone,
                one.reason,
            )
            for one in verdicts
        ]
        return ("id", "time", "project", "verdict", "reason"), rows

    def _forget(self, repository: Repository, ids: list[str]) -> None:
        """Where it ends midway there are no rows: what was deleted is said."""
        done: list[str] = []
        try:
            for id in ids:
                repository.forget(id)
                done.append(id)
        except BaseException:
            for id in done:
                self.tell(f"hoarfrost: backup {id} was deleted")
            raise


def _no_project(id: str, known: Mapping[str, str]) -> UsageError:
    """A rule that is told of nobody keeps nobody's backups few, unnoticed."""
    there = listed(f"{one} ({name})" if name else one for one, name in known.items())
    return UsageError(
        f"there is no backup of a project with the id {id!r}",
        hint=f"There are backups of {there}."
        if there
        else "The repository holds no backup that can be read.",
    )


def count(text: str) -> int:
    """For argparse: raises ValueError."""
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value
