"""Keeps the index in step with the store: loads its objects, reads packs none lists, drops lost packs.

Decides what counts as present. An index object is only a copy of directories in the packs, so a lost one, and one that
is damaged, is made good from them; what of it cannot be is unknown, and sent again by whoever has it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from hoarfrost.errors import Damaged, Missing
from hoarfrost.repository.found import Doubt, read_doubts
from hoarfrost.repository.index import Index, PackEntries, Place
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import INDEX, PACKS, PackClass, pack_of
from hoarfrost.repository.pack import read_directory
from hoarfrost.repository.stores.store import Store, listed


class Catalogue:
    """``gone``: packs that count as absent even where a listing still names them."""

    def __init__(self, store: Store, keys: Keys, gone: Iterable[bytes] = ()) -> None:
        self.index = Index()
        self.gone = set(gone)
        self.unreadable: dict[str, Damaged] = {}  # index objects that were done without
        self._store = store
        self._keys = keys
        self._loaded: set[str] = set()
        self._told: set[str] = set()
        self._doubts: set[Doubt] = set()
        self._lock = threading.Lock()

    def find(self, blob: bytes) -> Place:
        """Where a blob lies. Asks the store again once: another run may have added it. Raises Damaged."""
        place = self._known(blob)
        if place is None:
            self.refresh()
            place = self._known(blob)
        if place is None:
            raise Damaged(f"Blob {blob.hex()} is in no pack of the repository.")
        return place

    def _known(self, blob: bytes) -> Place | None:
        return self.index.find(blob) or next(iter(self.index.doubted.get(blob, ())), None)

    def refresh(self) -> list[PackEntries]:
        """Load what is new; returns the packs that no index object lists."""
        with self._lock:
            strange = self._compared()
            found = [orphan for one in strange.items() if (orphan := self._adopted(*one))]
            self.index.add(found)
            self._doubts |= read_doubts(self._store, self._keys, self._told)
            if self._doubts:  # again each time: an index object that is new may list them
                self.index.doubt(self._doubts)
            return found

    def _compared(self) -> dict[bytes, int]:
        """Load what is new, forget what is gone; returns the packs that are new to the index.

        Nobody looks into the index meanwhile: what an index object says of a pack that was collected must not be
        taken for a blob that can be leaned on.
        """
        fresh = sorted(name for name, _ in listed(self._store, INDEX) if name not in self._loaded)
        strange: dict[bytes, int] = {}
        with self.index.lock:
            self.unreadable |= self.index.load(self._read_all(fresh))
            self._loaded.update(fresh)
            missing = dict(self.index.packs)
            for pack, size in self._present():
                if missing.get(pack) == size:
                    del missing[pack]
                else:
                    strange[pack] = size
            if missing:
                self.index.forget(set(missing))
        return strange

    def bury(self, packs: set[bytes]) -> None:
        """Packs that no backup needs, and that are deleted or about to be."""
        with self._lock:
            self.gone |= packs
            if there := packs & self.index.packs.keys():
                self.index.forget(there)

    def lost(self, pack: bytes) -> None:
        """A pack was not where the index has it: a collector has put what was needed of it elsewhere."""
        if pack in self.index.packs:
            self.bury({pack})
            self.refresh()

    def doubt(self, blob: bytes) -> None:
        """None of its places gives it: for this process it is as if a check had said so, and who makes it sends it."""
        with self._lock:
            self._doubts |= {(place.pack, blob) for place in self.index.places(blob)}
            self.index.doubt(self._doubts)

    def wrote(self, name: str) -> None:
        """An index object of this process: nothing new in it."""
        with self._lock:
            self._loaded.add(name)

    def _present(self) -> Iterator[tuple[bytes, int]]:
        """The packs in the store: not gathered, since there may be a million."""
        for name, size in self._store.list(PACKS):
            pack = pack_of(name)
            if pack and pack not in self.gone:
                yield pack, size

    def _read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            try:
                yield name, self._read(name)
            except Missing:
                continue  # a collector has put another in its place; what that lists comes with it, or from the packs
            except Damaged as error:
                self.unreadable[name] = error

    def _read(self, name: str) -> bytes:
        return self._keys.unseal(PackClass.META, name, self._store.get(name))

    def damage(self) -> list[Damaged]:
        """Index objects that cannot be read, each with what to do about it."""
        return [
            Damaged(
                f"{name} cannot be read, and what it says was taken from the packs themselves: {error.sentence}",
                hint=f"Make a backup, which lists these packs anew; then move {name} out of the store."
                " Until that is done no pack is pruned.",
            )
            for name, error in sorted(self.unreadable.items())
        ]

    def _adopted(self, pack: bytes, size: int) -> PackEntries | None:
        """A pack by its own directory. One that cannot be read holds nothing."""
        try:
            entries = read_directory(self._store, self._keys, pack, size)
        except Damaged:
            return None
        return PackEntries(pack, size, entries)
