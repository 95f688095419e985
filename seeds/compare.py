"""Two looks at a tenant, before and after, field by field; and whether each difference was announced.

Which things belong together is `pairing`'s to say, what the cloud gives by itself `given`'s, what may be lost, if the
plan said so beforehand, `announced`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from demo.offer import Offer as Names
from seeds.given import OFFERED, ORDERED, stripped
from seeds.look import Look
from seeds.look.bodies import Thing
from seeds.pairing import canonical, labels, pairs, replaced

MISSING = "(nothing)"


@dataclass(frozen=True)
class Difference:
    """``id``: on the cloud before, empty for what came from nowhere. ``field`` empty: the whole thing."""

    kind: str
    id: str
    name: str
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        told = f"{self.kind} {self.name or self.id}" + (f" {self.field}" if self.field else "")
        return f"{told}: {str(self.before)[:300]!r} became {str(self.after)[:300]!r}"

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """``fields``: how many were compared; ``equal``: of them. ``labels``: what the ids of each side stand for."""

    resources: int
    fields: int
    equal: int
    differences: tuple[Difference, ...]
    labels: tuple[dict[str, str], dict[str, str]] = ({}, {})


def compare(before: Look, after: Look, there: Names, here: Names) -> Comparison:
    """``there`` and ``here``: what the clouds of the two looks offer, under their names for it."""
    paired, lost, come = pairs(_offered(before, there), _offered(after, here))
    known = {**before.labels, **labels(paired, lost, 0)}, {**after.labels, **labels(paired, come, 1)}
    differences: list[Difference] = []
    fields = 0
    for old, new in paired:
        told = [_told(one, names) for one, names in zip((old, new), known, strict=True)]
        fields += _count(told[0])
        differences += [
            Difference(old.kind, old.id, str(old.body.get("name") or ""), field, a, b)
            for field, a, b in _unequal("", told[0], told[1])
        ]
    unequal = len(differences)
    differences += [_whole(one, "there", MISSING) for one in lost]
    differences += [_whole(one, MISSING, "there") for one in come]
    return Comparison(len(before.own()), fields, fields - unequal, tuple(differences), known)


def _whole(thing: Thing, before: str, after: str) -> Difference:
    name = str(thing.body.get("name") or "")
    return Difference(thing.kind, thing.id if before == "there" else "", name, "", before, after)


def _told(thing: Thing, names: dict[str, str]) -> Any:
    body = {**thing.body, "+parent": thing.parent}
    return canonical(replaced(stripped(thing.kind, body), names.get))


def _offered(look: Look, names: Names) -> Look:
    """With a place in the offer instead of the cloud's own names for what it offers."""
    return Look(
        tuple(
            Thing(one.kind, one.id, _named(one.body, names), one.parent, one.standing) for one in look.things
        ),
        look.labels,
    )


def _named(value: Any, names: Names, key: str = "") -> Any:
    if isinstance(value, dict):
        return {one: _named(inner, names, one) for one, inner in value.items()}
    if isinstance(value, list):
        return [_named(one, names, key) for one in value]
    if key == "device_owner" and value == f"compute:{names.zone}":
        return "compute:<zone 0>"
    if key in OFFERED and isinstance(value, str):
        offered = getattr(names, OFFERED[key])
        places = offered if isinstance(offered, tuple) else (offered,)
        if value in places:
            return f"<{OFFERED[key]} {places.index(value)}>"
    return value


def _count(value: Any) -> int:
    return sum(_count(one) for one in value.values()) if isinstance(value, dict) else 1


def _unequal(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _unequal(f"{path}.{key}".lstrip("."), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list) and path.rpartition(".")[2] not in ORDERED:
        gone, come = list(old), []
        for one in new:
            if one in gone:
                gone.remove(one)
            else:
                come.append(one)
        if gone or come:
            yield path, gone, come
    elif old != new:
        yield path, old, new
