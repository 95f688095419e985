"""``hoarfrost restore ...``: from a backup to a plan, from a plan to resources."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hoarfrost.cli.command import Lister, ShowOne, machine, table
from hoarfrost.cli.fidelity import told as fidelity_told
from hoarfrost.cli.progress import Reporter, finding_lines, wrapped
from hoarfrost.errors import Partial, UsageError

if TYPE_CHECKING:
    from hoarfrost.model import Plan as PlanValue
    from hoarfrost.restore import HandOver, Outcome


class _WithPlanFile(ShowOne):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("plan", type=Path, help="the plan file that `restore plan` wrote")
        return parser

    def reporter(self) -> Reporter:
        options = self.app.options
        return Reporter(self.app.stderr, detail=options.verbose_level > 1, quiet=options.verbose_level < 1)


class Plan(ShowOne):
    """Write the plan of a restore into the project of these credentials. Nothing is changed anywhere.

    The plan is a YAML file: read it, edit it, then give it to `restore apply`. Exit code 3 when as
    things stand it would not bring everything back: a step is impossible, or a quota too small. A step that is skipped
    is a decision. Secrets of application credentials are asked for by `restore apply` only: a finding names what will
    not be made without one.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "backup", help="id of a backup, its beginning, or `latest`: the one that began last"
        )
        parser.add_argument(
            "--output", "-o", type=Path, required=True, metavar="FILE", help="the plan file to write"
        )
        parser.add_argument(
            "--mapping", type=Path, metavar="FILE", help="YAML: kind -> name there -> name or id here"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="KIND:THERE=HERE",
            help="one mapping, for instance flavor:m1.small=t.micro (may be repeated)",
        )
        parser.add_argument(
            "--existing",
            choices=("reuse", "fail"),
            default="reuse",
            help="what to do about something that is there already (default: %(default)s)",
        )
        for option, what in (("only", "and what it needs"), ("exclude", "which is left out")):
            parser.add_argument(
                f"--{option}",
                action="append",
                default=[],
                metavar="PATTERN",
                help=f"kind, kind/name or kind/id, * stands for any text; {what} (may be repeated);"
                " an error if nothing in the backup fits",
            )
        parser.add_argument(
            "--force", action="store_true", help="overwrite the plan file, unless what it made still stands"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.applied import must_be_free
        from hoarfrost.flow import make_plan
        from hoarfrost.plan import Mappings, write

        if parsed_args.output.exists() and not parsed_args.force:
            raise UsageError(f"{parsed_args.output} exists", hint="Name another file, or give --force.")
        if not parsed_args.output.absolute().parent.is_dir():
            raise UsageError(
                f"there is no folder {parsed_args.output.absolute().parent}", hint="Make it first."
            )
        must_be_free(parsed_args.output)
        mappings = Mappings.read(parsed_args.mapping, parsed_args.map)
        options = self.app.options
        repository = self.repository()
        with Reporter(self.app.stderr, quiet=options.verbose_level < 1) as reporter:
            plan, _ = make_plan(
                self.cloud(),
                repository,
                parsed_args.backup,
                mappings,
                parsed_args.existing,
                reporter,
                only=parsed_args.only,
                exclude=parsed_args.exclude,
            )
        write(plan, parsed_args.output)
        short = any(one.severity == "error" for one in plan.findings)
        if short or any(step.action == "impossible" for step in plan.steps):
            self.exit_code = Partial.exit_code
        return _show_plan(plan, machine(parsed_args))


class Show(Lister):
    """Show the steps of a plan file."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("plan", type=Path, help="the plan file that `restore plan` wrote")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.plan import read

        steps = read(parsed_args.plan).steps
        columns = ("action", "kind", "name", "target", "reason")
        if not table(parsed_args):
            return columns, [(one.action, one.kind, one.name, one.target, one.reason) for one in steps]
        names = {one.address.partition("/")[2]: one.name for one in steps}
        told = [(one, _named(one.name, names), _named(one.reason, names)) for one in steps]
        return columns, [
            (one.action, one.kind, wrapped(name, 32), one.target, wrapped(reason, 44))
            for one, name, reason in told
        ]


class Apply(_WithPlanFile):
    """Restore: do what a plan file says, or go on where an earlier run of it stopped.

    Exit code 3 when something of the backup was not brought back and the plan does not say to skip it: what failed,
    what is impossible, an application credential whose secret nobody gives (which the exit
    code of a plan cannot know). The findings name it; everything else is there.

    Users that are made anew come back disabled, as their passwords cannot be read. With --hand-over each gets a random
    password, written down for the holder of an age key (`age -d -i KEY FILE`), and is enabled if it was. Application
    credentials come back with the secret that --app-secret gives, or with a new one in the same file.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--hand-over",
            type=Path,
            metavar="FILE",
            help="new file for the passwords of new users and secrets of application credentials, encrypted",
        )
        parser.add_argument(
            "--hand-over-recipient", metavar="AGE1...", help="age public key of who may read that file"
        )
        parser.add_argument(
            "--app-secret",
            action="append",
            default=[],
            metavar="NAME=FILE",
            help="the secret of an application credential, in a file (may be repeated)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.cli.secret import app_secrets
        from hoarfrost.flow import restore
        from hoarfrost.kinds import KINDS
        from hoarfrost.plan import read
        from hoarfrost.restore import must_fit

        to, plan = _hand_over(parsed_args), read(parsed_args.plan)
        known = app_secrets(parsed_args.app_secret)
        must_fit(known, plan.steps, KINDS)
        repository = self.repository()
        with self.reporter() as reporter:
            outcome = restore(self.cloud(), repository, plan, reporter, to, known)
        if outcome.status != "complete":
            self.exit_code = Partial.exit_code
        return _show_outcome(outcome, machine(parsed_args))


class Undo(_WithPlanFile):
    """Remove what runs of a plan made in the project, and nothing else. Exit code 3 when something of it stays.

    What they made is known only on the machine that applied the plan (HOARFROST_STATE), and only by its file.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.flow import undo
        from hoarfrost.plan import read

        plan = read(parsed_args.plan)
        with self.reporter() as reporter:
            outcome = undo(self.cloud(), plan, reporter)
        if outcome.status != "complete":
            self.exit_code = Partial.exit_code
        return _show_outcome(outcome, machine(parsed_args))


def _named(text: str, names: Mapping[str, str]) -> str:
    """With names in place of the ids of things that have one."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda id: names.get(id[0]) or id[0], text)


def _hand_over(parsed_args: argparse.Namespace) -> HandOver | None:
    """Whom passwords are written down for. Raises UsageError: they are never written in the clear."""
    path, text = parsed_args.hand_over, parsed_args.hand_over_recipient
    if not (path or text):
        return None
    if not (path and text):
        hint = "Give both --hand-over FILE and --hand-over-recipient AGE1..."
        raise UsageError("passwords are only written into a file, and only encrypted", hint=hint)
    from hoarfrost.repository import AgeRecipient
    from hoarfrost.repository.age import sealed_for
    from hoarfrost.restore import HandOver

    if path.exists():
        raise UsageError(f"{path} exists", hint="Name another file; the passwords in it may still be needed.")
    recipient = AgeRecipient(text)
    sealed_for(recipient, b"")
    return HandOver(path, lambda content: sealed_for(recipient, content))


def _show_plan(plan: PlanValue, values: bool) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    actions: dict[str, int] = {}
    for step in plan.steps:
        actions[step.action] = actions.get(step.action, 0) + 1
    told: dict[str, Any] = {
        "id": plan.id,
        "backup": plan.backup,
        "project": plan.project_name,
        "actions": actions,
        "findings": [msgspec.to_builtins(one) for one in plan.findings],
    }
    if not values:
        updates = actions.pop("update", 0)
        told["actions"] = ", ".join(f"{count} {action}" for action, count in actions.items())
        if updates:
            told["actions"] += f"; {updates} of them are set up further once others are there"
        told["findings"] = finding_lines(plan.findings)
    return tuple(told), tuple(told.values())


def _show_outcome(outcome: Outcome, values: bool) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    told: dict[str, Any] = {
        "plan": outcome.plan,
        "status": outcome.status,
        "counts": outcome.counts(),
        "findings": [msgspec.to_builtins(one) for one in outcome.findings],
    }
    if outcome.fates:
        told["fidelity"] = fidelity_told(outcome.fates, values, only=("lost",))
    if values:
        told["resources"] = [msgspec.to_builtins(one) for one in outcome.done]
    else:
        told["counts"] = ", ".join(f"{count} {what}" for what, count in outcome.counts().items())
        told["findings"] = finding_lines(outcome.findings)
    return tuple(told), tuple(told.values())
