"""New secrets for what comes back without its own (passwords), written down for one reader before they are set.

Decides when the file is written: whole, before the first thing is made that has a secret in it. So a run that is killed
loses none; the next one writes what it sets itself into a file of its own. Who can read it says the caller's ``seal``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path

import msgspec

from hoarfrost.errors import UsageError
from hoarfrost.kinds.kind import Kind
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


def hand_over(work: Work, to: HandOver | None, done: Container[str], known: Mapping[str, str]) -> None:
    """Give the steps that are left their secrets: those that are ``known`` by the name of the thing, and new ones if
    they are to be handed over. Tells of files of earlier runs. Raises UsageError for a name that no step has."""
    earlier = [str(one[RECORD]) for one in work.ledger.records(plan=work.plan.id) if RECORD in one]
    for path in dict.fromkeys(earlier):
        work.report(_of_before(path))
    locked = [one for one in work.plan.steps if one.action == "create" and work.kinds[one.kind].locks]
    useless = [one for one in locked if work.kinds[one.kind].given_by]
    must_fit(known, work.plan.steps, work.kinds)
    left = [one for one in locked if one.node not in done and not _is_made(work, one)]
    work.secrets |= {one.node: known[one.name] for one in left if one in useless and one.name in known}
    work.known = frozenset(work.secrets)
    if to is None:
        return
    rows: list[dict[str, str]] = []
    for step in left:
        if step.node not in work.known:
            secret = work.secrets[step.node] = _secret()
            word = work.kinds[step.kind].locks
            rows.append({"kind": step.kind, "name": step.name, "was": step.address, word: secret})
    if rows:
        to.write(rows)
        work.ledger.record({"plan": work.plan.id, RECORD: str(to.path.absolute())})


def must_fit(known: Iterable[str], steps: Iterable[Step], kinds: Mapping[str, Kind]) -> None:
    """Raises UsageError where a secret is handed in for nothing that the plan makes."""
    fitting = {one.name for one in steps if one.action == "create" and _needs(kinds.get(one.kind))}
    if strange := sorted(set(known) - fitting):
        there = f"It makes: {', '.join(sorted(fitting))}." if fitting else "It makes none that needs one."
        hint = f"Secrets are taken by the names of what the plan makes and what is of no use without one. {there}"
        raise UsageError(f"the plan makes nothing called {', '.join(strange)} that needs a secret", hint=hint)


def _needs(kind: Kind | None) -> bool:
    """An unknown kind is none of those: `fit` says what is wrong with it."""
    return kind is not None and bool(kind.given_by)


def _is_made(work: Work, step: Step) -> bool:
    entry = work.past.get(step.node)
    return bool(entry and entry.state == "made")


def useless(work: Work, step: Step) -> Finding | None:
    """Why one is not made: nobody has given a secret, and without one nobody could use it."""
    kind = work.kinds[step.kind]
    if step.action != "create" or not kind.given_by or step.node in work.secrets or _is_made(work, step):
        return None
    sentence = "{} is not made: nobody would know its secret."
    hint = f"Apply the plan again with {kind.given_by}."
    return kind.note(work.resource(step).body, "warning", "no-secret", sentence, hint)


def told(work: Work, step: Step) -> Finding | None:
    """How one came back of which the secret cannot be read; None of everything else."""
    kind, resource = work.kinds[step.kind], work.resource(step)
    if not kind.locks:
        return None
    if step.node in work.known:
        return kind.note(resource.body, "info", "handed-in", f"{{}} has the {kind.locks} that was handed in.")
    if step.node in work.secrets:
        sentence = f"{{}} has a new random {kind.locks}, which is in the hand-over file."
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
