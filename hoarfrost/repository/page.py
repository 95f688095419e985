"""A page of a stream's map: up to 64 segments, what each is made of, and their fingerprints apart.

Decides how both columns are encoded, and when fingerprints are kept as a difference. Not where they lie.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoarfrost.errors import Damaged
from hoarfrost.repository.layout import FANOUT, ID_BYTES, SEGMENT, ZERO_ID
from hoarfrost.repository.mask import any_in_row, mask_of, rows
from hoarfrost.repository.recipe import SegmentRef, decode_recipes, encode_recipes, recipe_blobs

ENTRY_BYTES = 4 * ID_BYTES
ZERO_ENTRY = bytes(ENTRY_BYTES)


class MapEntry(NamedTuple):
    """What the map says of a page; of a node, ``prints`` and ``base`` are zero."""

    blob: bytes
    prints: bytes
    base: bytes
    content: bytes

    @classmethod
    def unpack(cls, data: bytes) -> MapEntry:
        return cls(*(data[at : at + ID_BYTES] for at in range(0, ENTRY_BYTES, ID_BYTES)))


class PagePrints(NamedTuple):
    """The fingerprints of a page, joined; and those of the blob with no base that they are kept as a difference to."""

    whole: bytes
    base: bytes
    base_prints: bytes


def encode_page(refs: list[SegmentRef], sub: int) -> bytes:
    count = SEGMENT // sub
    head = bytes((len(refs), count // 64))
    return b"".join((head, *(ref.id for ref in refs), *encode_recipes(refs, count)))


def decode_page(data: bytes, segments: int, sub: int) -> list[SegmentRef]:
    """Raises Damaged."""
    count = SEGMENT // sub
    end = 2 + segments * ID_BYTES
    fits = 0 < segments <= FANOUT and len(data) >= end  # a node may claim more entries than its stream has
    if not fits or data[:2] != bytes((segments, count // 64)):
        raise Damaged("A page of a stream's map does not fit its stream.")
    ids = [data[at : at + ID_BYTES] for at in range(2, end, ID_BYTES)]
    return decode_recipes(data[end:], ids, count)


def page_blobs(data: bytes, segments: int, sub: int, *, own: bool = False) -> bytes:
    """The blobs that the segments of a page lie in, joined, some of them zero: without a step a segment.

    ``own``: and the ids of the segments that have a recipe.

    Raises Damaged.
    """
    count = SEGMENT // sub
    end = 2 + segments * ID_BYTES
    fits = 0 < segments <= FANOUT and len(data) >= end  # a node may claim more entries than its stream has
    if not fits or data[:2] != bytes((segments, count // 64)):
        raise Damaged("A page of a stream's map does not fit its stream.")
    if len(data) == end:
        return data[2:end]
    return (data[2:end] if own else b"") + recipe_blobs(data[end:], data[2:end], count)


def encode_prints(prints: bytes, segments: int, sub: int, there: PagePrints | None) -> tuple[bytes, bytes]:
    """(content of the blob, id of the blob that it is a difference to, or zero)."""
    count = SEGMENT // sub
    head = bytes((segments, count // 64))
    ours = rows(prints)
    present = any_in_row(ours)
    if there and there.base != ZERO_ID:
        theirs = rows(there.base_prints[: len(prints)].ljust(len(prints), b"\0"))
        other = any_in_row(ours != theirs)
        if 2 * int(other.sum()) <= int(present.sum()):
            return head + _masked(prints, other), there.base
    return head + _masked(prints, present), ZERO_ID


def _masked(prints: bytes, flags: NDArray[np.bool_]) -> bytes:
    mask = mask_of(flags).to_bytes(len(flags) // 8, "little")
    return mask + rows(prints)[flags].tobytes()


def decode_prints(data: bytes, base: bytes = b"") -> bytes:
    """The fingerprints of a page from its blob, over those of the base. Raises Damaged."""
    if len(data) < 2 or not 0 < data[0] <= FANOUT or data[1] not in (1, 4):
        raise Damaged("A page of fingerprints is damaged.")
    length = data[0] * data[1] * 64
    flags = np.unpackbits(np.frombuffer(data, np.uint8)[2 : 2 + length // 8], bitorder="little").astype(bool)
    end = 2 + length // 8
    if len(flags) != length or len(data) != end + int(flags.sum()) * ID_BYTES:
        raise Damaged("A page of fingerprints is damaged.")
    found = rows(base[: length * ID_BYTES].ljust(length * ID_BYTES, b"\0")).copy()
    found[flags] = rows(data[end:])
    return found.tobytes()
