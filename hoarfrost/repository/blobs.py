"""Fetch, open and check blobs by id. Decides how few requests that takes; not what they mean."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from hoarfrost.errors import Damaged
from hoarfrost.repository import frames
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.identity import blob_id, segment_id
from hoarfrost.repository.index import Place
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import Kind, pack_object
from hoarfrost.repository.pack import PackReader
from hoarfrost.repository.stores.store import Store

_GAP = 128 << 10  # bytes that are cheaper to read over than a request
_READERS = 4096  # opened pack keys kept: about 1 KB each


class Segment:
    """The bytes of a segment as its blob holds them, and which sub-blocks are not zero."""

    __slots__ = ("data", "nonzero")

    def __init__(self, data: bytes, nonzero: list[bool]) -> None:
        self.data = data
        self.nonzero = nonzero


class Blobs:
    """Used from several threads at once."""

    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._readers: OrderedDict[bytes, PackReader] = OrderedDict()
        self._lock = threading.Lock()

    def place(self, blob: bytes) -> Place:
        return self._catalogue.find(blob)

    def content(self, kind: Kind, blob: bytes) -> bytes:
        """A blob that is no segment, its id proven. Raises Damaged."""
        ((_, content),) = self._opened([self.place(blob)], kind)
        if blob_id(self._keys, kind, content) != blob:
            raise Damaged(f"Blob {blob.hex()} is not what its id says.")
        return content

    def segments(self, places: Sequence[Place]) -> list[Segment]:
        """A few segments in the order asked for, their ids proven. Raises Damaged."""
        found: dict[Place, Segment] = {}
        for neighbours in _neighbours(places):
            for place, content in self._opened(neighbours, Kind.SEGMENT):
                proven, nonzero = segment_id(self._keys, memoryview(content))
                if proven != place.entry.id:
                    raise Damaged(f"Segment {place.entry.id.hex()} is not what its id says.")
                found[place] = Segment(content, nonzero)
        return [found[place] for place in places]

    def _opened(self, places: Sequence[Place], kind: Kind) -> Iterator[tuple[Place, bytes]]:
        """The content of neighbours in one pack, with one request."""
        pack, first = places[0]
        last = places[-1].entry
        reader = self._reader(pack)
        length = last.offset + last.length - first.offset
        sealed = memoryview(self._store.get_range(pack_object(pack), first.offset, length))
        for place in places:
            entry = place.entry
            if entry.kind != kind:
                raise Damaged(f"Blob {entry.id.hex()} is not of the kind it should be.")
            start = entry.offset - first.offset
            yield place, frames.decode(reader.open(entry, sealed[start : start + entry.length]))

    def _reader(self, pack: bytes) -> PackReader:
        with self._lock:
            reader = self._readers.get(pack)
            if reader:
                self._readers.move_to_end(pack)
                return reader
        reader = PackReader.load(self._store, self._keys, pack)
        with self._lock:
            self._readers[pack] = reader
            if len(self._readers) > _READERS:
                self._readers.popitem(last=False)
        return reader


def _neighbours(places: Sequence[Place]) -> Iterator[list[Place]]:
    """Runs of places close together in one pack. Workers do not seal in the order of the stream."""
    run: list[Place] = []
    for place in sorted(set(places), key=lambda place: (place.pack, place.entry.offset)):
        if run and (run[-1].pack != place.pack or place.entry.offset - _end(run[-1]) > _GAP):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _end(place: Place) -> int:
    return place.entry.offset + place.entry.length
