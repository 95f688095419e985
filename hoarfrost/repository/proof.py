"""Whether a blob is what its id says, whatever its kind: for who looks at places, not at streams. Needs a read key.

Decides nothing about what follows from it: check.py tells, survey.py chooses another place.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs, Opened, neighbourhoods
from hoarfrost.repository.identity import blob_id
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SUBBLOCK_SIZES, Kind
from hoarfrost.repository.pack_order import proven


def is_right(keys: Keys, blob: bytes, opened: Opened) -> bool:
    if opened.kind not in (Kind.SEGMENT, Kind.PATCH):
        return blob_id(keys, opened.kind, opened.content) == blob
    for sub in SUBBLOCK_SIZES:
        with suppress(Damaged):  # of a stream with the other size of sub-blocks, or wrong
            proven(keys, blob, opened, sub)
            return True
    return False


def wrong_places(blobs: Blobs, places: Sequence[Place]) -> set[Place]:
    """Those of them that do not hold what they should. Memory: a request."""
    wrong: set[Place] = set()
    distinct: list[list[Place]] = []  # a request knows its blobs by their ids
    met: dict[bytes, int] = {}
    for place in places:
        turn = met[place.entry.id] = met.get(place.entry.id, -1) + 1
        distinct += [[]] if turn == len(distinct) else []
        distinct[turn].append(place)
    for several in distinct:
        for group in neighbourhoods(several):
            wrong |= _wrong(blobs, group)
    return wrong


def _wrong(blobs: Blobs, group: list[Place]) -> set[Place]:
    try:
        right = {
            blob for blob, opened in blobs.opened(group, follow=False) if is_right(blobs.keys, blob, opened)
        }
    except Damaged:
        if len(group) == 1:
            return set(group)
        return {place for one in group for place in _wrong(blobs, [one])}
    return {place for place in group if place.entry.id not in right}
