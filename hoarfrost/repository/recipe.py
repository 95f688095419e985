"""What a segment is made of: one blob, or a base and patches. Decides how many blobs a segment may lean on."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.layout import ID_BYTES, ZERO_ID
from hoarfrost.repository.mask import different_prints, nonzero_prints, places

MOST_SOURCES = 16


class Source(NamedTuple):
    """A blob, how many sub-blocks that are not zero it holds, and the mask of those taken from it."""

    blob: bytes
    held: int
    used: int


class SegmentRef(NamedTuple):
    """A segment of a map. Without sources: the blob with its id, whole; with a zero id: zeros."""

    id: bytes
    sources: tuple[Source, ...] = ()

    @property
    def blobs(self) -> tuple[bytes, ...]:
        if self.sources:
            return tuple(source.blob for source in self.sources)
        return () if self.id == ZERO_ID else (self.id,)


ZERO_SEGMENT = SegmentRef(ZERO_ID)


class Lean(NamedTuple):
    """How a segment could lean on another: what it takes from there, and the mask of what is new."""

    sources: tuple[Source, ...]
    changed: int


def lean(there: SegmentRef, there_prints: bytes, prints: bytes) -> Lean:
    """What a segment with these fingerprints can take from another one."""
    present = nonzero_prints(prints)
    changed = different_prints(prints, there_prints) & present
    sources = there.sources
    if not sources and there.id != ZERO_ID:
        held = nonzero_prints(there_prints)
        sources = (Source(there.id, held.bit_count(), held),)
    kept = present & ~changed
    return Lean(tuple(s._replace(used=s.used & kept) for s in sources), changed)


def is_bounded(made: Lean) -> bool:
    """Whether the segment, its new patch included, is cheap to read and pins little that nobody needs."""
    if not made.sources:
        return False
    new = made.changed.bit_count()
    base = made.sources[0]
    alive = [source for source in made.sources if source.used]
    used = new + sum(source.used.bit_count() for source in alive)
    held = new + sum(source.held for source in alive)
    few = len(alive) + bool(new) <= MOST_SOURCES
    return few and 2 * base.used.bit_count() >= base.held and 2 * used >= held


def alive(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """Without those that nothing is taken from any more."""
    return tuple(source for source in sources if source.used)


_HEAD = struct.Struct("<BH")
_SOURCE = struct.Struct(f"<{ID_BYTES}sH")


def encode_recipes(refs: list[SegmentRef], count: int) -> Iterator[bytes]:
    """The recipes of a page whose segments have ``count`` sub-blocks."""
    for place, ref in enumerate(refs):
        if ref.sources:
            yield _HEAD.pack(place, len(ref.sources))
            for blob, held, used in ref.sources:
                yield _SOURCE.pack(blob, held) + used.to_bytes(count // 8, "little")


def decode_recipes(data: bytes, ids: list[bytes], count: int) -> list[SegmentRef]:
    """Raises Damaged."""
    refs = [SegmentRef(one) for one in ids]
    at = 0
    try:
        while at < len(data):
            place, number = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            sources = []
            for _ in range(number):
                blob, held = _SOURCE.unpack_from(data, at)
                at += _SOURCE.size
                used = int.from_bytes(data[at : at + count // 8], "little")
                at += count // 8
                sources.append(Source(blob, held, used))
            refs[place] = SegmentRef(ids[place], tuple(sources))
    except (struct.error, IndexError) as error:
        raise Damaged("A page of a stream's map is damaged.") from error
    if at != len(data):
        raise Damaged("A page of a stream's map is damaged.")
    return refs


def recipe_blobs(data: bytes, ids: bytes, count: int) -> bytes:
    """``ids`` with zero for each segment that has a recipe, and the sources of those. Raises Damaged."""
    found = bytearray(ids)
    at, step = 0, _SOURCE.size + count // 8
    try:
        while at < len(data):
            place, number = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            if (place + 1) * ID_BYTES > len(ids) or at + number * step > len(data):
                raise Damaged("A page of a stream's map is damaged.")
            found[place * ID_BYTES : (place + 1) * ID_BYTES] = ZERO_ID
            found += b"".join(data[one : one + ID_BYTES] for one in range(at, at + number * step, step))
            at += number * step
    except struct.error as error:
        raise Damaged("A page of a stream's map is damaged.") from error
    return bytes(found)


class Patch(NamedTuple):
    """A patch blob's content, and its id's input."""

    content: bytes
    named: bytes


def make_patch(data: memoryview, sub: int, count: int, changed: int, prints: bytes) -> Patch:
    head = bytes((count // 64,)) + changed.to_bytes(count // 8, "little")
    blocks: list[bytes | memoryview] = [head]
    named = [head]
    for i in places(changed):
        blocks.append(data[i * sub : (i + 1) * sub])
        named.append(prints[i * ID_BYTES : (i + 1) * ID_BYTES])
    return Patch(b"".join(blocks), b"".join(named))


def patch_mask(content: memoryview, count: int) -> tuple[int, memoryview]:
    """(which sub-blocks a patch holds, their bytes). Raises Damaged."""
    head = 1 + count // 8
    if len(content) < head or content[0] != count // 64:
        raise Damaged("A patch does not fit its stream.")
    return int.from_bytes(content[1:head], "little"), content[head:]
