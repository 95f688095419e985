"""Patterns with which the user chooses resources: those that fit nothing, and what may have been meant.

One for a plan must fit, as a backup does not change; what a project has may be gone the night after, so that a backup
only says it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import NamedTuple

from hoarfrost.errors import UsageError
from hoarfrost.model import Backup, Resource

SHOWN = 12
"""How many names a message lists at most."""

_COMPARED = 5000  # names; comparing more of them would keep the user waiting for a hint


class Unmatched(NamedTuple):
    """``there``: what a pattern could have been, the likeliest first; "" where nothing is there."""

    pattern: str
    there: str


def unmatched(patterns: Iterable[str], resources: Iterable[Resource]) -> Iterator[Unmatched]:
    """Those that fit none of ``resources``."""
    known = list(resources)
    for pattern in patterns:
        if not any(one.matches((pattern,)) for one in known):
            yield Unmatched(pattern, listed(_alike(pattern, known), pattern))


def must_fit(option: str, patterns: Iterable[str], backup: Backup) -> None:
    """Raises UsageError: what is left out by mistake is missed later, what is made by mistake is in the way."""
    for one in unmatched(patterns, backup.resources):
        raise UsageError(
            f"{option} {one.pattern}: the backup has nothing that fits",
            hint=f"A pattern is kind, kind/name or kind/id. There is: {one.there or 'nothing'}.",
        )


def must_name(option: str, patterns: Iterable[str], kinds: Collection[str]) -> None:
    """Raises UsageError for one that fits none of these kinds, whatever a project has of them."""
    for pattern in patterns:
        kind = pattern.partition("/")[0]
        if kind not in kinds and not any(one in kind for one in "*?["):
            raise UsageError(
                f"{option} {pattern}: there is no kind {kind!r} with bytes",
                hint=f"A pattern is kind, kind/name or kind/id, of {listed(kinds, kind)}.",
            )


def _alike(pattern: str, resources: list[Resource]) -> set[str]:
    """What has the name alone; else what is of the kind; else the kinds."""
    bare = {_title(one) for one in resources if fnmatchcase(one.name, pattern) or one.id == pattern}
    kind, slash, _ = pattern.partition("/")
    of_kind = {_title(one) for one in resources if slash and fnmatchcase(one.kind, kind)}
    return bare or of_kind or {one.kind for one in resources}


def _title(resource: Resource) -> str:
    return f"{resource.kind}/{resource.name or resource.id}"


def listed(names: Iterable[str], like: str = "") -> str:
    """In alphabetical order, but those that read nearly as ``like`` first."""
    every = sorted(set(names))
    near = get_close_matches(like, every, SHOWN) if like and len(every) <= _COMPARED else []
    every = [*near, *(one for one in every if one not in near)]
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more
