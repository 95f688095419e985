"""Which thing after stands for which before, though every id is another one and names say little.

Two things are paired when they say the same once every id they mention is replaced: by the label of its pair where it
has one, else by its kind; and when the same paired things mention them. The sure ones first; each pair makes others
sure. Of things that are alike in everything any may stand for any. What is left is paired by how much it has in
common, so that a difference can be told field by field. Leaves to `compare` what a difference means.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seeds.given import ORDERED, stripped
from seeds.look import Look
from seeds.look.bodies import Thing

TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{32}")
ALIKE = 0.5
"""The part of all fields that two things must have in common to be taken for one that was changed."""


@dataclass
class _Side:
    """One look, with what is known of it so far. ``names``: of ids by their kind."""

    look: Look
    bodies: dict[str, Any]
    mentions: dict[str, set[str]]
    """id -> the keys of the things that mention it"""
    kinds: dict[str, str]
    labels: dict[str, str]

    def told(self, key: str) -> Any:
        """The body with labels for ids, and kinds for those that have none yet."""
        return replaced(self.bodies[key], lambda id: self.labels.get(id) or self.kinds.get(id))


Key = str
"""``kind/id``"""


def pairs(before: Look, after: Look) -> tuple[list[tuple[Thing, Thing]], list[Thing], list[Thing]]:
    """The pairs, what is only in ``before``, what is only in ``after``."""
    old, new = _side(before), _side(after)
    things = [{key_of(one): one for one in side.look.things} for side in (old, new)]
    left = [set(things[0]), set(things[1])]
    found: list[tuple[Key, Key]] = []
    while (made := _sure(old, new, left) or _alike(old, new, left)) is not None:
        for number, (a, b) in enumerate(made, len(found)):
            found.append((a, b))
            left[0].discard(a)
            left[1].discard(b)
            label = f"<{a.partition('/')[0]} #{number} {things[0][a].body.get('name') or ''}>"
            old.labels[a.partition("/")[2]] = new.labels[b.partition("/")[2]] = label
    paired = [(things[0][a], things[1][b]) for a, b in found]
    return paired, [things[0][one] for one in sorted(left[0])], [things[1][one] for one in sorted(left[1])]


def labels(paired: list[tuple[Thing, Thing]], lost: list[Thing], side: int) -> dict[str, str]:
    """id -> label, on the side 0 (before) or 1 (after)."""
    found = {pair[side].id: label(pair[0], number) for number, pair in enumerate(paired)}
    return found | {one.id: f"<lost {one.kind} {one.body.get('name') or ''}>" for one in lost}


def label(thing: Thing, number: int) -> str:
    return f"<{thing.kind} #{number} {thing.body.get('name') or ''}>"


def key_of(thing: Thing) -> Key:
    return f"{thing.kind}/{thing.id}"


def _side(look: Look) -> _Side:
    bodies = {key_of(one): stripped(one.kind, {**one.body, "+parent": one.parent}) for one in look.things}
    kinds = {one.id: f"<{one.kind}>" for one in look.things}
    mentions: dict[str, set[str]] = defaultdict(set)
    for key, body in bodies.items():
        for id in _tokens(body):
            mentions[id].add(key)
    return _Side(look, bodies, mentions, kinds, dict(look.labels))


def _tokens(value: Any) -> Iterator[str]:
    yield from TOKEN.findall(json.dumps(value))


def replaced(value: Any, of: Any) -> Any:
    """``value`` with each id that ``of`` knows replaced, at any depth, in keys too."""
    if isinstance(value, str):
        return TOKEN.sub(lambda found: of(found.group()) or found.group(), value)
    if isinstance(value, list):
        return [replaced(one, of) for one in value]
    if isinstance(value, dict):
        return {replaced(key, of): replaced(one, of) for key, one in value.items()}
    return value


def canonical(value: Any, name: str = "") -> Any:
    """The same text for the same meaning: lists in an order of their own where the order means nothing."""
    if isinstance(value, dict):
        return {key: canonical(value[key], key) for key in sorted(value)}
    if isinstance(value, list):
        ones = [canonical(one, name) for one in value]
        return ones if name in ORDERED else sorted(ones, key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _classes(side: _Side, left: set[Key]) -> dict[str, list[Key]]:
    classes = defaultdict(list)
    for key in sorted(left):
        kind, _, id = key.partition("/")
        by = sorted(
            side.labels[other.partition("/")[2]]
            for other in side.mentions.get(id, ())
            if other.partition("/")[2] in side.labels
        )
        classes[json.dumps([kind, canonical(side.told(key)), by], sort_keys=True)].append(key)
    return classes


def _sure(old: _Side, new: _Side, left: list[set[Key]]) -> list[tuple[Key, Key]] | None:
    """The only ones of their class; if there are none, one pair of a class of several on both sides."""
    classes = _classes(old, left[0]), _classes(new, left[1])
    both = [(classes[0][one], classes[1][one]) for one in classes[0] if one in classes[1]]
    if single := [(a[0], b[0]) for a, b in both if len(a) == len(b) == 1]:
        return single
    return [(both[0][0][0], both[0][1][0])] if both else None


def _alike(old: _Side, new: _Side, left: list[set[Key]]) -> list[tuple[Key, Key]] | None:
    """The two that have most in common of all that are left."""
    leaves = [
        {key: (set(_leaves("", canonical(side.told(key)))), side.bodies[key].get("name")) for key in keys}
        for side, keys in ((old, left[0]), (new, left[1]))
    ]
    best: tuple[float, Key, Key] | None = None
    for a, (ours, name) in sorted(leaves[0].items()):
        for b, (theirs, other) in sorted(leaves[1].items()):
            if a.partition("/")[0] == b.partition("/")[0]:
                common = len(ours & theirs) / max(1, len(ours | theirs)) + (0.1 if name == other else 0)
                if common >= ALIKE and (best is None or common > best[0]):
                    best = (common, a, b)
    return [(best[1], best[2])] if best else None


def _leaves(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(f"{path}.{key}", one)
    elif isinstance(value, list):
        for one in value:
            yield f"{path}[]{json.dumps(one, sort_keys=True)}"
    else:
        yield f"{path}={json.dumps(value)}"
