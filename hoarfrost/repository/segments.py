"""Segments from the blobs they are made of. Decides when one is proven; not what is fetched when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs, Opened
from hoarfrost.repository.identity import fingerprints, segment_id
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SEGMENT, Kind
from hoarfrost.repository.mask import full, nonzero_prints, runs
from hoarfrost.repository.recipe import SegmentRef, patch_mask


class Segment(NamedTuple):
    """The bytes of a segment up to some zeros at its end, and the mask of sub-blocks that are not zero."""

    data: memoryview
    nonzero: int


def assembled(keys: Keys, ref: SegmentRef, sub: int, blobs: Mapping[bytes, Opened]) -> Segment:
    """A segment that is not zero, its id proven. Raises Damaged."""
    data = _joined(ref, sub, blobs) if ref.sources else _whole(ref.id, blobs)
    prints = fingerprints(keys, data, sub)
    if segment_id(keys, prints) != ref.id:
        raise Damaged(f"Segment {ref.id.hex()} is not what its id says.")
    return Segment(data, nonzero_prints(prints))


def _whole(blob: bytes, blobs: Mapping[bytes, Opened]) -> memoryview:
    found = blobs[blob]
    if found.kind != Kind.SEGMENT:
        raise Damaged(f"Blob {blob.hex()} is not of the kind it should be.")
    return found.content


def _joined(ref: SegmentRef, sub: int, blobs: Mapping[bytes, Opened]) -> memoryview:
    """Sub-blocks from where the recipe says. A short one at the end of the stream is what is missing at the end."""
    count = SEGMENT // sub
    out = np.zeros(SEGMENT, np.uint8)
    end = 0
    for blob, _, used in ref.sources:
        held, content = _held(blob, blobs, sub, count)
        if used & ~held:
            raise Damaged(f"Blob {blob.hex()} does not hold what a segment takes from it.")
        source = np.frombuffer(content, np.uint8)
        for first, last in runs(used):
            start = (held & full(first)).bit_count() * sub
            piece = source[start : start + (last - first) * sub]
            out[first * sub : first * sub + len(piece)] = piece
            end = max(end, first * sub + len(piece))
    return out.data[:end]


def _held(blob: bytes, blobs: Mapping[bytes, Opened], sub: int, count: int) -> tuple[int, memoryview]:
    found = blobs[blob]
    if found.kind == Kind.PATCH:
        return patch_mask(found.content, count)
    return full(-(-len(found.content) // sub)), _whole(blob, blobs)


def read_segment(blobs: Blobs, ref: SegmentRef, sub: int) -> Segment:
    """One segment that is not zero. Raises Damaged, RoleForbids."""
    ref = blobs.standing(ref)
    places = [blobs.place(blob) for blob in ref.blobs]
    return assembled(blobs.keys, ref, sub, dict(blobs.opened(places)))
