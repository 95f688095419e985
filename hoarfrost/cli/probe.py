"""``hoarfrost probe``: what a backup with these credentials would see, and what could come back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hoarfrost.cli.command import Lister, machine, table
from hoarfrost.cli.progress import wrapped
from hoarfrost.errors import Partial

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from hoarfrost.capture import Sight

COLUMNS = ("kind", "service", "read", "seen", "requests", "restore", "free", "lost", "why")
FOR_PEOPLE = ("kind", "read", "seen", "free", "restore", "what to know")

WIDTH = 64
"""Of the last column for people: with it the table fits into 160 columns."""


class Probe(Lister):
    """Print what this role on this cloud can read and could restore, kind by kind. Changes nothing anywhere.

    A table shows what the project has and what is in the way of a whole backup; --all, and every other format,
    everything.

    `read`: yes, absent (the cloud does not have it), unreadable (refused), hidden (shown an empty list that is not
    believed), failed (a backup would stop there), not covered (no kind knows it). `restore`: by the policies of
    OpenStack as they come; your cloud's may differ. `free`: what the quota leaves. `lost`: fields of what is there
    now that would not come back with this role.

    Exit code 3 when a backup by these credentials would be partial or stop: something that the project has or may have
    cannot be listed. What shows only when it is frozen or read (a volume in error, say) is not tried. What only
    administrators are shown (other users' roles and groups: see --identity-cloud) is no reason.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--all", action="store_true", help="also what the project has nothing of, and how it was asked"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.capture import survey
        from hoarfrost.kinds import KINDS

        sights = survey(self.cloud(), KINDS)
        stops = [one for one in sights if one.read == "failed"]
        lacks = [one for one in sights if one.severity == "error" and one not in stops]
        for missing, what in ((stops, "stop at"), (lacks, "be partial")):
            if missing:
                self.exit_code = Partial.exit_code
                names = ", ".join(one.kind or one.service for one in missing)
                self.tell(f"hoarfrost: a backup by these credentials would {what}: {names}")
        if parsed_args.all or not table(parsed_args):
            return COLUMNS, [_row(one, parsed_args) for one in sights]
        shown = [one for one in sights if one.matters]
        if left := len(sights) - len(shown):
            told = "more: the project has none of them, or only administrators are shown them (--all)"
            self.tell(f"hoarfrost: {left} {told}")
        return FOR_PEOPLE, [_short(one) for one in shown]


def _short(one: Sight) -> tuple[Any, ...]:
    told = [one.why, *_losses(one)] if one.severity != "info" else _losses(one)
    lines = "\n".join(wrapped(line, WIDTH) for line in told if line)
    return one.kind or f"({one.service})", one.read, one.seen, _free(one), one.restore, lines


def _row(one: Sight, parsed_args: argparse.Namespace) -> tuple[Any, ...]:
    if machine(parsed_args):
        lost: Any = [msgspec.to_builtins(fate) for fate in one.lost]
        free: Any = one.free if one.free >= 0 else None
    else:
        lost, free = ("\n" if table(parsed_args) else "; ").join(_losses(one)), _free(one)
    return one.kind, one.service, one.read, one.seen, one.requests, one.restore, free, lost, one.why


def _losses(one: Sight) -> Iterable[str]:
    return [f"{fate.field} ({fate.count}): {fate.why}" for fate in one.lost]


def _free(one: Sight) -> Any:
    return one.free if one.free >= 0 else ""
