"""Fetch, open and check blobs by id. Decides how few requests that takes; not what they mean."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hoarfrost.errors import Damaged, Missing
from hoarfrost.repository import frames
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.identity import blob_id
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import HEAD, Keys
from hoarfrost.repository.layout import SUBBLOCK, Kind, pack_object
from hoarfrost.repository.pack import Entry, PackReader
from hoarfrost.repository.recipe import SegmentRef
from hoarfrost.repository.stores.store import Store

_GAP = 128 << 10  # bytes that are cheaper to read over than a request
_REQUEST = 16 << 20
_READERS = 4096  # opened pack keys kept: about 1 KB each
_AHEAD = 512 << 10  # maps are read in order, and lie in packs in order: the next pages come with the first
_CHUNKS = 16
_MOVES = 3  # how often a blob may be found to have moved while it is being read
_BUFFERS = 32  # at most 130 MiB, and no more than were in use at once


class Opened(NamedTuple):
    """The content of a blob whose seal was right; its id is not proven yet."""

    kind: Kind
    content: memoryview


class Blobs:
    """Used from several threads at once."""

    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue) -> None:
        self.keys = keys
        self._store = store
        self._catalogue = catalogue
        self._readers: OrderedDict[bytes, PackReader] = OrderedDict()
        self._chunks: OrderedDict[tuple[bytes, int], bytes] = OrderedDict()
        self._buffers = Buffers(frames.LONGEST + SUBBLOCK, _BUFFERS)
        self._lock = threading.Lock()

    def place(self, blob: bytes) -> Place:
        """Raises Damaged."""
        return self._catalogue.find(blob)

    def content(self, kind: Kind, blob: bytes) -> bytes:
        """A blob that is neither segment nor patch, its id proven; from whichever of its places has it.

        A maintain key has only seals for that, which any writer can make: all places that open must say the same.
        Raises Damaged, RoleForbids.
        """
        try:
            found = self._content(kind, self.place(blob))
            if self.keys.may_write and blob_id(self.keys, kind, found) == blob:
                return found
            wrong = Damaged(f"Blob {blob.hex()} is not what its id says.")
        except Damaged as error:
            wrong = error
        every = [one for place in self.places(blob) if (one := self._opening(kind, place)) is not None]
        if self.keys.may_write:
            every = [one for one in every if blob_id(self.keys, kind, one) == blob]
            if not every:
                self._catalogue.doubt(blob)
        if len(set(every)) != 1:
            raise wrong
        return every[0]

    def standing(self, ref: SegmentRef) -> SegmentRef:
        """The segment as it can be had: from a blob of its own, if a source of its recipe is lost and it has one."""
        find = self._catalogue.index.find
        if ref.sources and not all(map(find, ref.blobs)) and find(ref.id):
            return SegmentRef(ref.id)
        return ref

    def places(self, blob: bytes) -> list[Place]:
        """All that are known, those that are doubted last."""
        return self._catalogue.index.places(blob)

    def _opening(self, kind: Kind, place: Place) -> bytes | None:
        try:
            return self._content(kind, place)
        except Damaged:
            return None

    def _content(self, kind: Kind, place: Place) -> bytes:
        entry, inside = self._near(place)
        if entry.kind != kind:
            raise Damaged(f"Blob {entry.id.hex()} is not of the kind it should be.")
        return bytes(frames.decode(inside))

    def opened(self, places: Sequence[Place], *, follow: bool = True) -> Iterator[tuple[bytes, Opened]]:
        """Blobs (id, content) in any order, with a request for each run of neighbours. Raises Damaged, RoleForbids.

        Not ``follow``: of these places and no others; a pack that is gone is Missing.
        """
        for entry, inside in self.frames(places, self._buffers, moves=_MOVES if follow else 0):
            yield entry.id, Opened(Kind(entry.kind), frames.decode(inside, self._buffers))

    def frames(
        self, places: Sequence[Place], buffers: Buffers | None = None, moves: int = _MOVES
    ) -> Iterator[tuple[Entry, bytes | memoryview]]:
        """The same, as they are inside their seals. A pack that a collector has rewritten is no error."""
        for neighbours in neighbourhoods(places):
            yield from self._run(neighbours, buffers, moves)

    def _run(
        self, places: Sequence[Place], buffers: Buffers | None, moves: int
    ) -> Iterator[tuple[Entry, bytes | memoryview]]:
        pack, first = places[0]
        length = _end(places[-1]) - first.offset
        try:
            reader = self._reader(pack)
            sealed = memoryview(self._store.get_range(pack_object(pack), first.offset, length))
        except Missing:
            if not moves:
                raise
            self._catalogue.lost(pack)
            for neighbours in neighbourhoods([self.place(place.entry.id) for place in places]):
                yield from self._run(neighbours, buffers, moves - 1)
            return
        for place in places:
            start = place.entry.offset - first.offset
            inside = sealed[start : start + place.entry.length]
            yield place.entry, reader.open(place.entry, inside, buffers)

    def _near(self, place: Place, moves: int = _MOVES) -> tuple[Entry, bytes | memoryview]:
        """A small blob, and some of what lies around it for later."""
        try:
            sealed = self._ahead(*place)
            return place.entry, self._reader(place.pack).open(place.entry, sealed)
        except Missing:
            if not moves:
                raise
            self._catalogue.lost(place.pack)
        return self._near(self.place(place.entry.id), moves - 1)

    def _ahead(self, pack: bytes, entry: Entry) -> memoryview:
        """The bytes of a small blob, from a chunk of its pack that is kept; those of one across two chunks alone."""
        size = self._catalogue.index.packs.get(pack, 0)
        start = entry.offset // _AHEAD * _AHEAD
        end = min(start + _AHEAD, size)
        if entry.offset + entry.length > end:
            return memoryview(self._store.get_range(pack_object(pack), entry.offset, entry.length))
        with self._lock:
            chunk = self._chunks.get((pack, start))
        if chunk is None:
            chunk = self._store.get_range(pack_object(pack), start, end - start)
            with self._lock:
                self._chunks[pack, start] = chunk
                if len(self._chunks) > _CHUNKS:
                    self._chunks.popitem(last=False)
        return memoryview(chunk)[entry.offset - start : entry.offset - start + entry.length]

    def _reader(self, pack: bytes) -> PackReader:
        with self._lock:
            reader = self._readers.get(pack)
            if reader:
                self._readers.move_to_end(pack)
                return reader
            chunk = self._chunks.get((pack, 0))
        reader = (
            PackReader(self.keys, pack, chunk[:HEAD])
            if chunk
            else PackReader.load(self._store, self.keys, pack)
        )
        with self._lock:
            self._readers[pack] = reader
            if len(self._readers) > _READERS:
                self._readers.popitem(last=False)
        return reader


def neighbourhoods(places: Sequence[Place]) -> Iterator[list[Place]]:
    """Runs of places close together, in the order of packs. Workers do not seal in the order of the stream."""
    run: list[Place] = []
    for place in sorted(set(places), key=lambda place: (place.pack, place.entry.offset)):
        near = run and run[-1].pack == place.pack and place.entry.offset - _end(run[-1]) <= _GAP
        if run and not (near and _end(place) - run[0].entry.offset <= _REQUEST):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _end(place: Place) -> int:
    return place.entry.offset + place.entry.length
