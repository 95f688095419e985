"""What becomes of each field of one body, in four words: kept, mapped, regenerated, lost.

Decides nothing about single kinds: it follows from their declarations, from what the body says, and from what the
roles and the cloud of the restore allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hoarfrost.kinds.field import Drop, Field, Note, Ref, values
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.request import unnamed
from hoarfrost.kinds.role import Powers
from hoarfrost.model import Body, Word


class Treatment(NamedTuple):
    """Of the values at one path of a body."""

    path: str
    word: Word
    why: str


def treatments(kind: Kind, body: Body, powers: Powers) -> Iterator[Treatment]:
    """One for each path at which ``body`` says something (more than what the API assumes anyway)."""
    lost, body = dict(kind.lost(body, powers)), kind.once(body)
    for one in kind.fields:
        for declared in one.paths:
            for path in unnamed(kind, body) if declared == "*" else (declared,):
                if not any(one.says(value) for value in values(body, path)):
                    continue
                if path in lost:
                    yield Treatment(path, "lost", lost.pop(path))
                elif word := _word(one):
                    yield Treatment(path, word, one.why)
    for path, why in lost.items():
        yield Treatment(path, "lost", why)


def _word(one: Field) -> Word | None:
    """Of a field that is not lost. The bytes come back, and with them what describes them."""
    if isinstance(one, Drop):
        return None
    if isinstance(one, Ref):
        return "regenerated" if one.note else "mapped"
    return "regenerated" if isinstance(one, Note) else "kept"
