"""One segment into the repository. Decides whether it is a reference, a patch or a blob of its own.

In this order: the same as the predecessor's or the lineage's; one that is stored; a patch of the predecessor's; a patch
of the lineage's; whole. What the predecessor says is taken for stored only if it is: a lost blob is sent again, a patch
under its own id where the source still has what was in it, so that older backups have it back too.
"""

from __future__ import annotations

from typing import NamedTuple

from hoarfrost.errors import Damaged, RoleForbids
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.frames import Compression
from hoarfrost.repository.gather import Filled
from hoarfrost.repository.identity import blob_id, fingerprints, segment_id
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SEGMENT, ZERO_ID, Kind
from hoarfrost.repository.mask import full, nonzero_prints, runs
from hoarfrost.repository.packing import Packing
from hoarfrost.repository.recipe import (
    ZERO_SEGMENT,
    SegmentRef,
    Source,
    alive,
    is_bounded,
    lean,
    make_patch,
)
from hoarfrost.repository.segments import read_segment


class There(NamedTuple):
    """The segment of another stream at the same place. ``prints`` is empty where they are not known."""

    ref: SegmentRef
    prints: bytes
    length: int


class Done(NamedTuple):
    """``new``: bytes that were not in the repository; ``stored``: what they took there."""

    ref: SegmentRef
    prints: bytes
    new: int = 0
    stored: int = 0


class Fresh(NamedTuple):
    """A blob that is yet to be stored. ``size``: the bytes of the source in it."""

    kind: Kind
    id: bytes
    content: memoryview
    compression: Compression
    size: int


class New(NamedTuple):
    """A segment some blobs of which are yet to be stored."""

    ref: SegmentRef
    prints: bytes
    blobs: tuple[Fresh, ...]


class SegmentWriter:
    """Used from several threads at once."""

    def __init__(self, keys: Keys, packing: Packing, blobs: Blobs, sub: int) -> None:
        self._keys = keys
        self._packing = packing
        self._blobs = blobs
        self._sub = sub
        self._count = SEGMENT // sub

    def put(self, piece: Filled, base: There | None, lineage: There | None) -> Done:
        """`look`, and `keep` what is new."""
        found = self.look(piece, base, lineage)
        return self.keep(found) if isinstance(found, New) else found

    def look(self, piece: Filled, base: There | None, lineage: There | None) -> Done | New:
        """``piece.same`` are ranges that ``base`` has. Raises RoleForbids where they cut a sub-block."""
        lent = self._lent(piece, base)
        if base:
            self._fill(piece, base, full(self._count) & ~lent)
        prints = fingerprints(self._keys, piece.data, self._sub, lent, base.prints if base else b"")
        sound: list[There] = []
        again: list[Fresh] = []
        for there in (base, lineage):
            if there:
                made, is_whole = self._lost(there, piece, prints, lent)
                again += made
                sound += [there] if is_whole else []
        found = self._found(piece, base, sound, prints, lent)
        if not again:
            return found
        return New(found.ref, prints, (*again, *(found.blobs if isinstance(found, New) else ())))

    def _found(
        self, piece: Filled, base: There | None, sound: list[There], prints: bytes, lent: int
    ) -> Done | New:
        known = self._known(prints, sound)
        if known:
            return Done(known, prints)
        for there in sound:
            if there.prints and (patched := self._patched(piece, there, prints, lent)):
                return patched
        return self._whole(piece, base, sound, prints, lent)

    def _lost(self, there: There, piece: Filled, prints: bytes, lent: int) -> tuple[list[Fresh], bool]:
        """The patches that a segment leans on and that are not stored, made again; whether it is whole with them."""
        if all(map(self._packing.has, there.ref.blobs)):
            return [], True
        lost = [source for source in there.ref.sources if not self._packing.has(source.blob)]
        again: list[Fresh] = []
        for source in lost:
            if not source.used & lent:  # all of it was read
                patch = self._patch(piece, source.used, prints)
                again += (
                    [patch] if patch.id == source.blob else []
                )  # else there was more in it, or another thing
        return again, bool(there.ref.sources) and len(again) == len(lost)

    def keep(self, new: New) -> Done:
        """Compress, seal and store it: most of the work."""
        size = stored = 0
        for blob in new.blobs:
            took = self._packing.add(blob.kind, blob.id, blob.content, blob.compression)
            size, stored = size + (blob.size if took else 0), stored + took
        return Done(new.ref, new.prints, size, stored)

    def _lent(self, piece: Filled, base: There | None) -> int:
        """The mask of sub-blocks that are whole the base's, with fingerprints that need not be made."""
        if not base or not base.prints:
            return 0
        mask, sub, length = 0, self._sub, len(piece.data)
        for start, end in piece.same:
            first = -(-start // sub)
            last = self._count if end == length == base.length else end // sub
            if last > first:
                mask |= (1 << last) - (1 << first)
        return mask

    def _fill(self, piece: Filled, base: There, wanted: int) -> None:
        """Bring the bytes of the base to where they are needed: the mask of sub-blocks."""
        sub = self._sub
        if base.prints:
            wanted &= nonzero_prints(base.prints)
        missing = [
            (max(start, first * sub), min(end, last * sub))
            for first, last in runs(wanted)
            for start, end in piece.same
            if max(start, first * sub) < min(end, last * sub)
        ]
        if not missing or base.ref.id == ZERO_ID:
            return
        for blob in base.ref.blobs:
            self._packing.settle(blob)
        before = read_segment(self._blobs, base.ref, sub).data
        for start, end in missing:
            there = before[start:end]
            piece.data[start : start + len(there)] = there

    def _known(self, prints: bytes, sound: list[There]) -> SegmentRef | None:
        """A segment that is stored already: of those streams the blobs of which are all there, or by its id."""
        same = next((there.ref for there in sound if there.prints == prints), None)
        if same:
            return same
        segment = segment_id(self._keys, prints)
        if segment == ZERO_ID:
            return ZERO_SEGMENT
        if self._packing.has(segment):
            return SegmentRef(segment)
        return next((there.ref for there in sound if there.ref.id == segment), None)

    def _patched(
        self, piece: Filled, there: There, prints: bytes, lent: int, bounded: bool = True
    ) -> Done | New | None:
        made = lean(there.ref, there.prints, prints)
        changed = made.changed
        if changed & lent or (bounded and not is_bounded(made)):
            return None
        segment, sources = segment_id(self._keys, prints), alive(made.sources)
        if not changed:
            return Done(SegmentRef(segment, sources), prints)
        patch = self._patch(piece, changed, prints)
        ref = SegmentRef(segment, (*sources, Source(patch.id, changed.bit_count(), changed)))
        return New(ref, prints, (patch,))

    def _patch(self, piece: Filled, changed: int, prints: bytes) -> Fresh:
        patch = make_patch(piece.data, self._sub, self._count, changed, prints)
        name = blob_id(self._keys, Kind.PATCH, patch.named)
        size = changed.bit_count() * self._sub
        return Fresh(Kind.PATCH, name, memoryview(patch.content), _compression(changed), size)

    def _whole(
        self, piece: Filled, base: There | None, sound: list[There], prints: bytes, lent: int
    ) -> Done | New:
        if lent and base:
            try:
                self._fill(piece, base, lent & nonzero_prints(prints))
            except RoleForbids:
                if base not in sound:
                    raise Damaged("What it takes of its base is lost or damaged.") from None
                # A write key has no more than the changed bytes: the segment leans on more than it should.
                if forced := self._patched(piece, base, prints, lent, bounded=False):
                    return forced
                raise
        segment = segment_id(self._keys, prints)
        kept = piece.data[: nonzero_prints(prints).bit_length() * self._sub]
        blob = Fresh(Kind.SEGMENT, segment, kept, Compression.LITTLE, len(kept))
        return New(SegmentRef(segment), prints, (blob,))


def _compression(changed: int) -> Compression:
    """Of a patch. Sub-blocks that changed each by itself are mostly what they were, and stored a second time for it."""
    alone = 2 * sum(1 for _ in runs(changed)) > changed.bit_count()
    return Compression.MUCH if alone else Compression.MORE
