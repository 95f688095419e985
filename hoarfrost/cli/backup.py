"""``hoarfrost backup ...``: make backups of a project, and look at them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import msgspec

from hoarfrost.cli.command import PRUNE, Command, Lister, ShowOne, amount, machine, when
from hoarfrost.cli.fidelity import told as fidelity_told
from hoarfrost.cli.progress import Reporter, finding_lines, wrapped
from hoarfrost.errors import Partial

if TYPE_CHECKING:
    from hoarfrost.model import Backup, Fate, Stream
    from hoarfrost.repository import Committed


class Create(ShowOne):
    """Back up everything the project of these credentials owns.

    Exit code 3 (partial) when something that the project has could not be backed up; the findings name it and
    everything else is there. `probe` says beforehand what may not be listed.

    A pattern that fits nothing in the project is warned of, at once and in the backup, and changes no exit code: what
    it named may have been removed since, and a nightly backup that lacks nothing has not failed. Only `--fine` with a
    kind that does not exist is refused.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--fine",
            metavar="PATTERN",
            action="append",
            default=[],
            help="kind, kind/name or kind/id of disks that change in small places everywhere, such as those of"
            " databases: their differences are stored in pieces of 16 instead of 64 KiB; may be given several times",
        )
        parser.add_argument(
            "--with-snapshots",
            metavar="PATTERN",
            nargs="?",
            const="*",
            action="append",
            default=[],
            help="read the bytes of the volume snapshots that the user took, too, or of those with this name or id;"
            " otherwise they are recorded only, but for those that an image names; may be given several times",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.flow import back_up

        repository = self.repository()
        options = self.app.options
        with Reporter(
            self.app.stderr, detail=options.verbose_level > 1, quiet=options.verbose_level < 1
        ) as reporter:
            committed, backup = back_up(
                self.cloud(), repository, reporter, parsed_args.fine, parsed_args.with_snapshots
            )
        if backup.status != "complete":
            self.exit_code = Partial.exit_code
        return show(committed, backup, parsed_args)


class List(Lister):
    """List the backups of a repository, the oldest first.

    What is None is said in the backup itself, which a key that does not read cannot open. Exit code 3 when a backup is
    damaged; it is named beside the list.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        columns = ("id", "time", "project", "status", "window_seconds", "logical", "stored")
        rows = []
        for one in self.told(self.repository().backups()):
            told: dict[str, Any] = dict(one.summary)
            bytes_ = told.get("bytes") or {}
            # Who may not read summaries is told what the repository itself knows
            amounts = [bytes_.get("logical", one.logical), bytes_.get("stored", one.stored)]
            time = one.time if machine(parsed_args) else when(one.time)
            rows.append(
                (
                    one.id,
                    time,
                    told.get("project_name"),
                    told.get("status"),
                    told.get("window_seconds"),
                    *map(amount(parsed_args), amounts),
                )
            )
        return columns, rows


class Show(ShowOne):
    """Show one backup: what is in it, when each thing was frozen, and what the user should know."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "backup", help="id of a backup, its beginning, or `latest`: the one that began last"
        )
        parser.add_argument(
            "--full", action="store_true", help="with -f json: every resource and its raw body"
        )
        parser.add_argument(
            "--fidelity", action="store_true", help="what becomes of every field in a restore, and why"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.flow import load

        repository = self.repository()
        id, backup = load(repository, parsed_args.backup)
        columns, values = show(repository.load(id), backup, parsed_args)
        if parsed_args.fidelity:
            columns += ("fidelity_of_fields",)
            values += (fidelity_told(_fates(backup), machine(parsed_args)),)
        if parsed_args.full:
            columns += ("cloud", "window", "streams", "inventory")
            values += tuple(
                msgspec.to_builtins(one)
                for one in (backup.cloud, backup.window, _without_secrets(backup), _shown(backup))
            )
        return columns, values


class Delete(Command):
    """Delete one backup. Every other backup stays whole.

    The space of what no other backup uses is freed by the next `repository prune`. To keep backups by rules, see
    `backup forget`. A write key is refused; only the store can keep whoever may delete there from doing so.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("backup", help="id of a backup, or its beginning")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        id = self.repository().forget(parsed_args.backup)
        self.tell(f"deleted {id}; {PRUNE}")


def show(
    committed: Committed, backup: Backup, parsed_args: argparse.Namespace
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Columns and values of one backup; nested values for programs, sentences for people."""
    from hoarfrost.model import fidelity, percent

    counts = backup.counts()
    amounts = msgspec.structs.asdict(backup.bytes)
    told: dict[str, Any] = {
        "id": committed.id,
        "status": backup.status,
        "project": backup.project_name,
        "started": backup.started,
        "ended": backup.ended,
        "window_seconds": round(backup.window.seconds, 3),
        "bytes": amounts,
        "resources": counts,
        "fidelity": round(fidelity(_fates(backup)), 4),
        "findings": [msgspec.to_builtins(one) for one in backup.findings],
    }
    if not machine(parsed_args):
        said = amount(parsed_args)
        told["bytes"] = ", ".join(f"{name} {said(value)}" for name, value in amounts.items())
        told["fidelity"] = percent(fidelity(_fates(backup)))
        told["resources"] = wrapped(", ".join(f"{count} {kind}" for kind, count in counts.items()))
        told["findings"] = finding_lines(backup.findings)
    return tuple(told), tuple(told.values())


def _fates(backup: Backup) -> tuple[Fate, ...]:
    """Those that the backup carries; of one that an older version made, what this version says."""
    from hoarfrost.kinds import KINDS
    from hoarfrost.verify import foreseen

    return backup.fates or foreseen(backup, KINDS)


def _without_secrets(backup: Backup) -> list[Stream]:
    from hoarfrost.kinds.secret import MASK

    return [msgspec.structs.replace(one, secret=MASK) if one.secret else one for one in backup.streams]


def _shown(backup: Backup) -> list[Any]:
    """The resources as built-in values, with secret fields masked."""
    from hoarfrost.kinds import KINDS
    from hoarfrost.kinds.secret import masked

    shown = []
    for one in backup.resources:
        value = msgspec.to_builtins(one)
        if kind := KINDS.get(one.kind):
            value["body"] = masked(kind, one.body)
        shown.append(value)
    return shown
