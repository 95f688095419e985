"""Whether a blob is what its id says, whatever its kind: for who looks at places, not at streams. Needs a read key.

Decides which of several places a reader takes: the first that is right. Nothing about what else follows from it:
check.py tells, survey.py chooses another place.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs, Opened, neighbourhoods
from hoarfrost.repository.identity import blob_id, fingerprints, segment_id
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import ID_BYTES, SEGMENT, SUBBLOCK_SIZES, Kind
from hoarfrost.repository.mask import full, places
from hoarfrost.repository.recipe import patch_mask


class Piece(NamedTuple):
    """A blob that is proven: where its sub-blocks begin, and their fingerprints by place."""

    held: int
    content: memoryview
    prints: bytes


def proven(keys: Keys, blob: bytes, opened: Opened, sub: int) -> Piece:
    """A blob with its own id proven. Raises Damaged."""
    count = SEGMENT // sub
    if opened.kind == Kind.SEGMENT:
        prints = fingerprints(keys, opened.content, sub)
        piece, proven = Piece(full(count), opened.content, prints), segment_id(keys, prints)
    elif opened.kind == Kind.PATCH:
        held, content = patch_mask(opened.content, count)
        out = [bytes(ID_BYTES)] * count
        packed = fingerprints(keys, content, sub)
        for n, i in enumerate(places(held)):
            out[i] = packed[n * ID_BYTES : (n + 1) * ID_BYTES]
        named = bytes(opened.content[: 1 + count // 8]) + packed[: held.bit_count() * ID_BYTES]
        piece, proven = Piece(held, content, b"".join(out)), blob_id(keys, Kind.PATCH, named)
    else:
        raise Damaged(f"Blob {blob.hex()} is not of the kind it should be.")
    if proven != blob:
        raise Damaged(f"Blob {blob.hex()} is not what its id says.")
    return piece


def from_elsewhere(blobs: Blobs, blob: bytes, sub: int, error: Damaged) -> tuple[Opened, Piece]:
    """A blob that could not be had where it was looked for, from the first of its places that is right.

    Raises ``error`` if none is.
    """
    for place in blobs.places(blob):
        with suppress(Damaged):
            ((_, opened),) = blobs.opened([place], follow=False)
            return opened, proven(blobs.keys, blob, opened, sub)
    raise error


def is_right(keys: Keys, blob: bytes, opened: Opened) -> bool:
    if opened.kind not in (Kind.SEGMENT, Kind.PATCH):
        return blob_id(keys, opened.kind, opened.content) == blob
    for sub in SUBBLOCK_SIZES:
        with suppress(Damaged):  # of a stream with the other size of sub-blocks, or wrong
            proven(keys, blob, opened, sub)
            return True
    return False


def wrong_places(blobs: Blobs, asked: Sequence[Place]) -> set[Place]:
    """Those of them that do not hold what they should. Memory: a request."""
    wrong: set[Place] = set()
    distinct: list[list[Place]] = []  # a request knows its blobs by their ids
    met: dict[bytes, int] = {}
    for place in asked:
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
