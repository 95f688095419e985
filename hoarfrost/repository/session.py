"""One run that writes: streams, then one commit that makes them a backup. Decides in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from hoarfrost.errors import NameTaken, RepositoryError, RoleForbids
from hoarfrost.repository.backup import Committed, make_snapshot
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import random_name, snap_object
from hoarfrost.repository.packing import Limits, Packing
from hoarfrost.repository.stores.store import Store
from hoarfrost.repository.stream_writer import StreamWriter


class Session:
    """Made by ``Repository.session``; a context manager. ``write`` is for several threads at once.

    Left without ``commit`` nothing becomes visible. Packs that were sent stay and are found again by the next
    session, so a run that starts over sends only what is not there; the packs that were open are sent again.
    """

    def __init__(
        self, store: Store, keys: Keys, catalogue: Catalogue, blobs: Blobs, limits: Limits, owner: str
    ) -> None:
        self.id = random_name()
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._blobs = blobs
        self._limits = limits
        self._owner = owner
        self._stack = ExitStack()
        self._parts: tuple[Packing, StreamWriter] | None = None

    def __enter__(self) -> Self:
        if not self._keys.may_write:
            raise RoleForbids(f"A {self._keys.role} key cannot write a backup.")
        with ExitStack() as stack:
            stack.enter_context(self._store.exclusive(self._owner))
            packing = Packing(self._store, self._keys, self._catalogue, self.id, self._limits)
            stack.callback(packing.close)
            packing.start()
            writer = StreamWriter(self._keys, packing, self._blobs, self._limits)
            stack.callback(writer.close)
            self._parts = packing, writer
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts = None
        self._stack.__exit__(kind, error, trace)

    def write(
        self,
        name: str,
        size: int,
        extents: Iterable[Extent],
        base: StreamRef | None = None,
        lineage: StreamRef | None = None,
        sub_block: int | None = None,
    ) -> StreamRef:
        """Store a stream. Gaps between extents are zeros; ``same`` extents are the bytes of ``base`` there.

        ``base``: the same stream as it was; ``lineage``: another one that it descends from, such as the image a
        disk was made of. What is like either is stored as a difference. ``sub_block``: how fine differences are,
        65536 or 16384 bytes; as in the base (or else the lineage) if not said. With a write key ``same`` extents
        must begin and end between sub-blocks, since the rest of one cannot be read.

        Raises ValueError for extents out of order, StoreFull, StoreError, RoleForbids, Damaged (of the base); what
        ``extents`` raises goes through and harms no other stream.
        """
        return self._open()[1].write(name, size, extents, base, lineage, sub_block)

    def write_bytes(self, name: str, data: bytes) -> StreamRef:
        return self.write(name, len(data), [Extent(0, len(data), data)])

    def commit(
        self, manifest: bytes, summary: Mapping[str, object], streams: Iterable[StreamRef]
    ) -> Committed:
        """Make the backup visible, whole, at once. Once; nothing can be written afterwards."""
        packing = self._open()[0]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        snapshot, sealed = make_snapshot(packing, self._keys, self.id, now, manifest, summary, streams)
        packing.flush()
        try:
            self._store.put_new(snap_object(self.id), sealed)
        except NameTaken as error:
            hint = "Run the backup again: what was sent is found and used."
            raise RepositoryError("A collector took this run for dead.", hint=hint) from error
        self._parts = None
        return Committed(self.id, snapshot, dict(summary), self._blobs)

    def _open(self) -> tuple[Packing, StreamWriter]:
        if self._parts is None:
            raise ValueError("the session is not open, or committed already")
        return self._parts
