"""One run that writes: streams, then one commit that makes them a backup. Decides in which order.

Any number of them at once, with collectors beside them (format.md, "Writers and collectors").
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from hoarfrost.errors import Damaged, NameTaken, RepositoryError, RoleForbids, StoreError
from hoarfrost.repository.backup import Committed, Description, Work, make_snapshot
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.generation import Generations
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import session_name, snap_object
from hoarfrost.repository.packing import Limits, Packing
from hoarfrost.repository.parents import Parents
from hoarfrost.repository.presence import Presence
from hoarfrost.repository.stores.store import Store
from hoarfrost.repository.stream_writer import StreamWriter
from hoarfrost.repository.table import is_ours


class Session:
    """Made by ``Repository.session``; a context manager. ``write`` is for several threads at once.

    Left without ``commit`` nothing becomes visible. Packs that were sent stay and are found again by the next
    session, so a run that starts over sends only what is not there; the packs that were open are sent again.
    """

    def __init__(
        self,
        store: Store,
        keys: Keys,
        catalogue: Catalogue,
        blobs: Blobs,
        limits: Limits,
        owner: str,
        backups: Callable[[], Iterable[Committed]],
    ) -> None:
        self.id = session_name()
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._blobs = blobs
        self._limits = limits
        self._backups = backups
        self._presence = Presence(store, keys, self.id, owner)
        self._tried = False
        self._work = Work()
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._parts: tuple[Packing, StreamWriter, Parents] | None = None

    def __enter__(self) -> Self:
        if not self._keys.may_write:
            raise RoleForbids(f"A {self._keys.role} key cannot write a backup.")
        with ExitStack() as stack:
            stack.callback(self._leave)
            self._presence.begin()
            seen = self._look()
            packing = Packing(self._store, self._keys, self._catalogue, self.id, self._limits)
            stack.callback(packing.close)
            packing.start()
            writer = StreamWriter(self._keys, packing, self._blobs, self._limits)
            stack.callback(writer.close)
            parents = Parents(self._backups, seen, packing.holds, writer.content)
            self._parts = packing, writer, parents
            self._stack = stack.pop_all()
        return self

    def _look(self) -> list[set[str]]:
        """At the collections, before anything is leaned on; the backups that those under way have looked at."""
        gone, doomed, seen = Generations(self._store, self._keys).standing()
        self._catalogue.bury(gone)
        if doomed:
            self._catalogue = Catalogue(self._store, self._keys, gone | doomed)
            self._blobs = Blobs(self._store, self._keys, self._catalogue)
        return seen

    def _leave(self) -> None:
        self._presence.stop()
        with suppress(StoreError):  # what stays is taken away by a collector
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        name = snap_object(self.id)
        # A commit without an answer may yet arrive; one that a listing lacks would be overlooked by a collector.
        listed = any(one == name for one, _ in self._store.list(name)) if self._tried else True
        if listed:
            self._presence.end()

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
        65536 or 16384 bytes; as in the base (or else the lineage) if not said; a base or lineage of another size of
        sub-blocks is no help. With a write key ``same`` extents must begin and end between sub-blocks, since the
        rest of one cannot be read.

        Raises ValueError for extents out of order, StoreFull, StoreError, RoleForbids, Damaged (of the base; the range
        is named where what a ``same`` extent takes of it is not there), RepositoryError for a base that is being
        collected; what ``extents`` raises goes through and harms no other stream.
        """
        _, writer, parents = self._open()
        for ref in (base, lineage):
            if ref and is_ours(self._keys, ref):
                parents.vouch(ref)
        written = writer.write(name, size, extents, base, lineage, sub_block)
        parents.wrote(written)
        with self._lock:
            read, new, stored = self._work
            self._work = Work(read + written.read, new + written.new, stored + written.stored)
        return written

    def keep(self, ref: StreamRef) -> bool:
        """Whether a stream of an earlier backup may be committed as it is: all of it is there, and may be leaned on.

        It costs a look into the index for each segment, and reads the maps of streams of more than one. Where it may
        not, write the stream again: what is lost is sent.
        """
        _, _, parents = self._open()
        return is_ours(self._keys, ref) and parents.is_whole(ref)

    def damaged_index(self) -> list[Damaged]:
        """As `Repository.damaged_index`: what only those objects knew of is sent again."""
        return self._catalogue.damage()

    def write_bytes(self, name: str, data: bytes) -> StreamRef:
        return self.write(name, len(data), [Extent(0, len(data), data)])

    def commit(
        self,
        manifest: bytes,
        summary: Mapping[str, object],
        streams: Iterable[StreamRef],
        *,
        scope: str = "",
        in_order: bool = False,
    ) -> Committed:
        """Make the backup visible, whole, at once. Once; nothing can be written afterwards.

        ``scope``: what the backup is of; `Repository.latest` finds the newest one of it in every role that writes.
        ``in_order``: the streams come in order of names; then they are not gathered. Raises ValueError; Damaged, naming
        the stream, for one that was neither written here nor is whole (`keep`).
        """
        packing, _, parents = self._open()
        vouched = _vouched(self._keys, parents, streams)
        ordered = vouched if in_order else iter(sorted(vouched, key=lambda ref: ref.name))
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = Description(now, manifest, summary, scope, self._work)
        snapshot, sealed = make_snapshot(packing, self._keys, self.id, said, ordered)
        packing.flush()
        self._tried = True
        try:
            self._store.put_new(snap_object(self.id), sealed)
        except NameTaken as error:
            self._tried = False
            hint = "Run the backup again: what was sent is found and used."
            raise RepositoryError("A collector took this run for dead.", hint=hint) from error
        self._parts = None
        return Committed(self.id, snapshot, dict(summary), self._blobs)

    def _open(self) -> tuple[Packing, StreamWriter, Parents]:
        if self._parts is None:
            raise ValueError("the session is not open, or committed already")
        return self._parts


def _vouched(keys: Keys, parents: Parents, streams: Iterable[StreamRef]) -> Iterator[StreamRef]:
    for ref in streams:
        if is_ours(keys, ref):
            parents.vouch(ref)
            if not parents.is_whole(ref):
                hint = "Run the backup again: what its source still has is sent again."
                raise Damaged(f"Stream {ref.name!r} is lost or damaged in the repository.", hint=hint)
        yield ref
