"""Two observations of a tenant, before and after, held against each other field by field.

What may differ is `demo.may_differ`'s to say; this file finds what does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from demo.may_differ import ADDED, BLANK, FREE, ORDERED, RENAMED, Free
from demo.observe import Observation
from demo.offer import Offer

MISSING = "(nothing)"


@dataclass(frozen=True)
class Difference:
    """``field`` is empty where the whole thing is there on one side only."""

    kind: str
    name: str
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        where = f"{self.kind} {self.name}" + (f": {self.field}" if self.field else "")
        return f"{where}: {_short(self.before)} became {_short(self.after)}"


@dataclass(frozen=True)
class Count:
    captured: int
    restored: int
    equal: int


@dataclass(frozen=True)
class Comparison:
    counts: dict[str, Count]
    differences: list[Difference]
    freed: set[tuple[str, str]]
    """Kind and field of what is not the same, and may be another's on another cloud (`demo.may_differ`)."""

    @property
    def agrees(self) -> bool:
        return not self.differences


def compare(before: Observation, after: Observation, there: Offer, here: Offer) -> Comparison:
    """``there``: what the cloud of ``before`` offers; ``here``: that of ``after``."""
    counts: dict[str, Count] = {}
    differences: list[Difference] = []
    freed: set[tuple[str, str]] = set()
    for kind in [*before, *(kind for kind in after if kind not in before)]:
        old, new = before.get(kind, {}), after.get(kind, {})
        unequal = set()
        for name in sorted({*old, *new}):
            found = list(_differences(kind, name, old.get(name), new.get(name), there, here))
            if found:
                unequal.add(name)
                differences += found
            elif name in old and name in new:
                freed |= {(kind, field) for field, _, _ in _unequal("", old[name], new[name])}
        both = old.keys() & new.keys()
        counts[kind] = Count(len(old), len(both), len(both - unequal))
    return Comparison(counts, differences, freed)


def _differences(kind: str, name: str, old: Any, new: Any, there: Offer, here: Offer) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(
            kind, name, "", MISSING if old is None else "there", MISSING if new is None else "there"
        )
        return
    expected = _renamed(kind, "", _stripped(kind, name, "", old), there, here)
    for field, was, became in _unequal("", expected, _stripped(kind, name, "", new)):
        yield Difference(kind, name, field, was, became)


def _stripped(kind: str, name: str, path: str, value: Any) -> Any:
    """``value`` without what may differ."""
    if isinstance(value, dict):
        fields = {key: f"{path}.{key}".lstrip(".") for key in value}
        return {
            key: _stripped(kind, name, field, value[key])
            for key, field in fields.items()
            if not any(_names(one, kind, name, field) for one in FREE)
        }
    if isinstance(value, list):
        marks = [mark for one, mark in ADDED if _names(one, kind, name, path)]
        kept = [one for one in value if not any(fnmatchcase(str(one), mark) for mark in marks)]
        return [_stripped(kind, name, path, one) for one in kept]
    if value is None and any(_names(one, kind, name, path) for one in BLANK):
        return ""
    return value


def _names(line: Free, kind: str, name: str, field: str) -> bool:
    return fnmatchcase(kind, line.kind) and fnmatchcase(name, line.name) and field in line.fields


def _renamed(kind: str, path: str, value: Any, there: Offer, here: Offer) -> Any:
    if isinstance(value, dict):
        return {
            key: _renamed(kind, f"{path}.{key}".lstrip("."), one, there, here) for key, one in value.items()
        }
    if isinstance(value, list):
        return [_renamed(kind, path, one, there, here) for one in value]
    if isinstance(value, str):
        for of_kind, field, names in RENAMED:
            if fnmatchcase(kind, of_kind) and fnmatchcase(path, field):
                translation = dict(zip(names(there), names(here), strict=False))
                if value in translation:
                    return translation[value]
    return value


def _unequal(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            where = f"{path}.{key}".lstrip(".")
            yield from _unequal(where, old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _unequal_lists(path, old, new)
    elif old != new:
        yield path, old, new


def _unequal_lists(path: str, old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    if path.rpartition(".")[2] in ORDERED:
        if old != new:
            yield path, old, new
        return
    gone, come = list(old), []
    for one in new:
        if one in gone:
            gone.remove(one)
        else:
            come.append(one)
    if gone or come:
        yield path, gone, come


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "..."
