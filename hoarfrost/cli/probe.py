"""``hoarfrost probe``: what a backup with these credentials would see, and what could come back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hoarfrost.cli.command import Lister, machine

if TYPE_CHECKING:
    import argparse

    from hoarfrost.capture import Sight

COLUMNS = ("kind", "service", "read", "seen", "requests", "restore", "free", "lost", "why")


class Probe(Lister):
    """Print what this role on this cloud can read and could restore, kind by kind. Changes nothing anywhere.

    `read`: yes, absent (the cloud does not have it), unreadable (refused), hidden (shown an empty list that is not
    believed), failed (a backup would stop there), not covered (no kind knows it). `restore`: by the policies of
    OpenStack as they come; your cloud's may differ. `free`: what the quota leaves. `lost`: fields of what is there
    now that would not come back with this role. Exit code 3 when something is unreadable, hidden or failed: for a
    member that is usual, as other users' roles and groups are shown to administrators only (or by --identity-cloud).
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.capture import survey
        from hoarfrost.kinds import KINDS

        sights = survey(self.cloud(), KINDS)
        if any(one.read in ("unreadable", "hidden", "failed") for one in sights):
            self.exit_code = 3
        return COLUMNS, [_row(one, machine(parsed_args)) for one in sights]


def _row(one: Sight, values: bool) -> tuple[Any, ...]:
    if values:
        lost: Any = [msgspec.to_builtins(fate) for fate in one.lost]
        free: Any = one.free if one.free >= 0 else None
    else:
        lost = "\n".join(f"{fate.field} ({fate.count}): {fate.why}" for fate in one.lost)
        free = one.free if one.free >= 0 else ""
    return one.kind, one.service, one.read, one.seen, one.requests, one.restore, free, lost, one.why
