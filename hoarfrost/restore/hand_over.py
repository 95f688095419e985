"""New secrets for what comes back without its own (passwords), written down for one reader before they are set.

Decides when the file is written: whole, before the first thing is made that has a secret in it. So a run that is killed
loses none; the next one writes what it sets itself into a file of its own. Who can read it says the caller's ``seal``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Container
from pathlib import Path

import msgspec

from hoarfrost.errors import UsageError
from hoarfrost.model import Finding, Step
from hoarfrost.restore.work import Work

RECORD = "hand_over"
"""The key of the entry in the journal that says which file a run wrote."""


class HandOver:
    """One file, sealed by ``seal``; it must not be there yet."""

    def __init__(self, path: Path, seal: Callable[[bytes], bytes]) -> None:
        self.path, self._seal = path, seal

    def write(self, rows: list[dict[str, str]]) -> None:
        """Returns when it is on disk. Raises UsageError where the file exists."""
        sealed = self._seal(msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            hint = "Name another one. What an earlier run of the plan wrote is still needed."
            raise UsageError(f"{self.path} exists", hint=hint) from None
        with os.fdopen(file, "wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        folder = os.open(self.path.absolute().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def hand_over(work: Work, to: HandOver | None, done: Container[str]) -> None:
    """Give the steps that are left their secrets, if they are to be handed over; tell of files of earlier runs."""
    earlier = [str(one[RECORD]) for one in work.ledger.records(plan=work.plan.id) if RECORD in one]
    for path in dict.fromkeys(earlier):
        work.report(_of_before(path))
    if to is None:
        return
    rows: list[dict[str, str]] = []
    for step in work.plan.steps:
        entry = work.past.get(step.node)
        if step.action != "create" or step.node in done or (entry and entry.state == "made"):
            continue
        secret = _secret()
        if work.kinds[step.kind].unlocked(work.resource(step).body, {}, secret) is not None:
            work.secrets[step.node] = secret
            rows.append({"kind": step.kind, "name": step.name, "was": step.address, "password": secret})
    if rows:
        to.write(rows)
        work.ledger.record({"plan": work.plan.id, RECORD: str(to.path.absolute())})


def told(work: Work, step: Step) -> Finding | None:
    """How one came back of which the secret cannot be read; None of everything else."""
    kind, resource = work.kinds[step.kind], work.resource(step)
    if kind.unlocked(resource.body, {}, "") is None:
        return None
    if step.node in work.secrets:
        sentence = "{} has a new random password, which is in the hand-over file."
        hint = "Give it to nobody else, and have it changed: a service does not ask for that by itself."
        return kind.note(resource.body, "info", "handed-over", sentence, hint)
    sentence = "{} came back disabled, as its password cannot be read."
    hint = "Set a password and enable it."
    return kind.note(resource.body, "warning", "disabled", sentence, hint)


def _secret() -> str:
    """With a sign of each sort, which rules for passwords like to ask for; about 190 bits."""
    return f"{secrets.token_urlsafe(24)}-aA1"


def _of_before(path: str) -> Finding:
    return Finding(
        address="restore",
        severity="info",
        code="handed-over",
        sentence=f"An earlier run of this plan wrote passwords into {path}; that file is still needed.",
        hint="Where a name is in several such files, the newest is right.",
    )
