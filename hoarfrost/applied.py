"""What this machine knows of the runs of a plan: an undo needs it, and only the plan's file leads to it.

Decides when an undo is refused because nothing is known, and when a plan file may not be overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hoarfrost.errors import NoSuchRun, UsageError
from hoarfrost.model import Plan
from hoarfrost.plan import id_in
from hoarfrost.restore import stands
from hoarfrost.run import Journal, Run, state_directory

SHOWN = 5
"""How many other runs are named at most, the latest."""


def must_be_known(made: Plan) -> None:
    """Raises NoSuchRun unless some run of the plan is known here: what it made could not be told from the rest.

    HoarfrostError where a journal that may be of such a run is damaged.
    """
    if any(one.facts.get("plan") == made.id for one in _restores()):
        return
    list(Journal.records(plan=made.id))  # one whose first line is lost may be of it
    others = [one for one in _restores() if one.facts.get("project_id") == made.project_id]
    there = ", ".join(f"{one.facts.get('plan')} (begun {one.began})" for one in others[-SHOWN:])
    known = f" Known here for this project: {there}." if there else ""
    raise NoSuchRun(
        f"nothing is known here of a run of this plan ({made.id}), so that nothing was removed; the ledgers of runs"
        f" are in {state_directory()}",
        hint="Undo on the machine, and as the user, that applied it, or set HOARFROST_STATE to the folder with its"
        f" ledger. If the file of the applied plan was overwritten, write the id of that one behind `plan:`.{known}",
    )


def must_be_free(path: Path) -> None:
    """Raises UsageError if the file is a plan of which something stands that a run on this machine made."""
    id = id_in(path)
    if id and stands(Journal.records(whole=False, plan=id), id):
        raise UsageError(
            f"{path} is a plan that was applied on this machine, and only with this file can that be undone",
            hint="Name another file for the new plan, or take back what this one made with `hoarfrost restore undo`.",
        )


def _restores() -> Iterator[Run]:
    return (one for one in Journal.runs() if one.kind == "restore")
