"""Copies blobs that are needed out of packs most of which is not. Decides what a new pack holds.

Blobs keep their ids, classes and compressed frames; each is opened, and sealed with the key of its new pack. A pack
with a blob that cannot be opened is left as it is: what is damaged is check's to tell.
Memory: a pack that is read, and one of each class that is filled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.index import PackEntries, Place, encode_index
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import (
    CLASS_OF,
    Kind,
    PackClass,
    index_object,
    pack_object,
    padded,
    random_name,
)
from hoarfrost.repository.pack import PackWriter
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.stores.store import Store


class Moved(NamedTuple):
    """``packs``: those that are needed no more. ``read``, ``written``: bytes. ``damaged``: packs left as they are.

    ``made``: the new packs.
    """

    packs: set[bytes]
    read: int
    written: int
    damaged: int
    made: frozenset[bytes] = frozenset()


class Repacking:
    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue, blobs: Blobs, limits: Limits) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._blobs = blobs
        self._limits = limits
        self._open: dict[PackClass, PackWriter] = {}
        self._buffers = Buffers(padded(limits.pack_bytes), len(PackClass))
        self._unlisted: list[PackEntries] = []
        self._name = random_name()
        self._objects = 0
        self._written = 0
        self._made: set[bytes] = set()

    def run(self, packs: Iterable[list[Place]]) -> Moved:
        """What is needed of each pack, one pack after the other. All copies are stored when this returns."""
        done: set[bytes] = set()
        read = damaged = 0
        for places in packs:
            try:
                found = list(self._blobs.frames(places))
            except Damaged:
                damaged += 1
                continue
            read += sum(place.entry.length for place in places)
            for entry, frames in found:
                self._add(Kind(entry.kind), entry.id, frames)
            done.add(places[0].pack)
        for pack in self._open.values():
            self._send(pack, full=False)
        self._open.clear()
        self._list_packs()
        return Moved(done, read, self._written, damaged, frozenset(self._made))

    def _add(self, kind: Kind, blob: bytes, frames: bytes | memoryview) -> None:
        purpose = CLASS_OF[kind]
        pack = self._open.get(purpose)
        if pack and not pack.fits(len(frames)):
            self._send(self._open.pop(purpose), full=True)
            pack = None
        if pack is None:
            capacity = max(self._limits.pack_bytes, PackWriter.room_for(len(frames)))
            pack = self._open[purpose] = PackWriter(self._keys, purpose, capacity, self._buffers)
        pack.add(kind, blob, frames)

    def _send(self, pack: PackWriter, *, full: bool) -> None:
        data = pack.finish(full=full)
        self._store.put_new(pack_object(pack.name), data)
        stored = PackEntries(pack.name, len(data), pack.entries)
        self._catalogue.index.add([stored])
        self._unlisted.append(stored)
        self._written += len(data)
        self._made.add(pack.name)
        if len(self._unlisted) >= self._limits.packs_an_index:
            self._list_packs()

    def _list_packs(self) -> None:
        if not self._unlisted:
            return
        name = index_object(self._name, self._objects)
        self._store.put_new(name, self._keys.seal(PackClass.META, name, encode_index(self._unlisted)))
        self._catalogue.wrote(name)
        self._objects += 1
        self._unlisted.clear()
