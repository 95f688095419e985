"""Blobs into packs, packs into the store, places into the index. Decides when a pack is full and sent.

Memory: one open pack a class and ``Limits.uploads`` on their way, of ``Limits.pack_bytes`` each, as far as
they are filled: with the defaults about 200 MiB, whatever the size of what is written. What a killed run sends
again are these very packs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.frames import Compression, encode
from hoarfrost.repository.identity import blob_id
from hoarfrost.repository.index import PackEntries, encode_index
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import CLASS_OF, Kind, PackClass, index_object, pack_object, padded
from hoarfrost.repository.pack import PackWriter
from hoarfrost.repository.reach import each_id
from hoarfrost.repository.stores.store import Store

# Packs of these are filled: what they lie in is used again. The others would take memory that has been written, and is
# wanted, for a few KB.
_FILLED = (PackClass.DATA, PackClass.PATCH)


class Limits(msgspec.Struct, frozen=True):
    """What a run may use. Changes speed and memory, never what is stored."""

    workers: int = 2  # threads that compress and seal what is new; and that open and check while reading
    uploads: int = 2  # packs on their way to the store
    pack_bytes: int = 64 << 20
    packs_an_index: int = 16
    fetches: int = (
        8  # requests of at most 8 MiB of content each in flight while reading; ``Store.at_once`` at most
    )


class Packing:
    """For several threads at once. After one failure every call raises it: nothing is committed on top."""

    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue, session: str, limits: Limits) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._session = session
        self._limits = limits
        self._open: dict[PackClass, PackWriter] = {}
        size = padded(limits.pack_bytes)
        self._buffers = Buffers(size, limits.uploads + len(_FILLED))
        self._fresh = Buffers(size, 0)
        self._claimed: dict[bytes, PackClass] = {}  # ids in packs that are not stored yet
        self._unlisted: list[PackEntries] = []
        self._objects = 0
        self._failure: BaseException | None = None
        self._packs_lock = threading.Lock()
        self._index_lock = threading.Lock()
        self._flush_lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limits.uploads)
        self._uploader = ThreadPoolExecutor(limits.uploads, "repository-upload")

    def start(self) -> None:
        """Take over what interrupted runs left: their packs need not be sent again."""
        self._unlisted += self._catalogue.refresh()

    def add(
        self, kind: Kind, blob: bytes, content: memoryview, compression: Compression = Compression.MORE
    ) -> int:
        """Store a blob unless it is there; the bytes it takes, 0 where it was there."""
        if not self._claim(kind, blob):
            return 0
        try:
            return self._seal(kind, blob, encode(content, compression))
        except BaseException as error:
            self._failure = self._failure or error  # the id is claimed and others may lean on it
            raise

    def add_content(self, kind: Kind, content: bytes) -> tuple[bytes, int]:
        """Store a blob whose id follows from its content: (id, bytes it takes)."""
        blob = blob_id(self._keys, kind, content)
        return blob, self.add(kind, blob, memoryview(content))

    def flush(self) -> None:
        """All that was added is stored and listed in the index when this returns."""
        self._store_all(PackClass)
        with self._index_lock:
            self._list_packs()

    def settle(self, blob: bytes) -> None:
        """A blob of this very session can be read when this returns."""
        purpose = self._claimed.get(blob)
        if purpose:
            self._store_all((purpose,))

    def _store_all(self, purposes: Iterable[PackClass]) -> None:
        with self._packs_lock:
            for purpose in purposes:
                if purpose in self._open:
                    self._send(self._open.pop(purpose), full=False)
        with self._flush_lock:  # two that each hold a slot would wait for ever
            for _ in range(self._limits.uploads):
                self._slots.acquire()
            for _ in range(self._limits.uploads):
                self._slots.release()
        self.check()

    def has(self, blob: bytes) -> bool:
        """Whether a blob is stored, or on its way."""
        return blob in self._claimed or self._catalogue.index.find(blob) is not None

    def holds(self, ids: bytes) -> bool:
        """The same of each of many, joined; zero is none."""
        if self._catalogue.index.holds(ids):
            return True
        return self._catalogue.index.holds(b"".join(one for one in each_id(ids) if one not in self._claimed))

    def close(self) -> None:
        self._uploader.shutdown()

    def check(self) -> None:
        if self._failure:
            raise self._failure

    def _claim(self, kind: Kind, blob: bytes) -> bool:
        self.check()
        with self._index_lock:
            if blob in self._claimed or self._catalogue.index.find(blob):
                return False
            self._claimed[blob] = CLASS_OF[kind]
            return True

    def _seal(self, kind: Kind, blob: bytes, content: bytes) -> int:
        """Sealing runs under the lock: 0.7 ms for 4 MiB, a tenth of what compressing it took outside."""
        purpose = CLASS_OF[kind]
        with self._packs_lock:
            pack = self._open.get(purpose)
            if pack and not pack.fits(len(content)):
                self._send(self._open.pop(purpose), full=True)
                pack = None
            if pack is None:
                capacity = max(self._limits.pack_bytes, PackWriter.room_for(len(content)))
                buffers = self._buffers if purpose in _FILLED else self._fresh
                pack = self._open[purpose] = PackWriter(self._keys, purpose, capacity, buffers)
            return pack.add(kind, blob, content)

    def _send(self, pack: PackWriter, *, full: bool) -> None:
        self._slots.acquire()  # waits while too many packs are on their way: this bounds the memory
        self._uploader.submit(self._upload, pack, full)

    def _upload(self, pack: PackWriter, full: bool) -> None:
        try:
            self.check()
            data = pack.finish(full=full)
            self._store.put_new(pack_object(pack.name), data)
            stored = PackEntries(pack.name, len(data), pack.entries)
            self._catalogue.index.add([stored])
            with self._index_lock:
                for entry in pack.entries:
                    del self._claimed[entry.id]
                self._unlisted.append(stored)
                if len(self._unlisted) >= self._limits.packs_an_index:
                    self._list_packs()
        except BaseException as error:  # noqa: BLE001 - crosses to the threads that add and flush: check() raises it
            self._failure = self._failure or error
        finally:
            self._slots.release()

    def _list_packs(self) -> None:
        if not self._unlisted:
            return
        name = index_object(self._session, self._objects)
        payload = encode_index(self._unlisted)
        self._store.put_new(name, self._keys.seal(PackClass.META, name, payload))
        self._catalogue.wrote(name)
        self._objects += 1
        self._unlisted.clear()
