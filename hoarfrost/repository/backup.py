"""One backup as the repository sees it: a manifest it does not understand, and a table of streams.

Decides how both are kept so that unchanged parts of them cost nothing, and what listing backups has to read. What is
in the table is table.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from hoarfrost.errors import Damaged, RoleForbids
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.extent import StreamRef
from hoarfrost.repository.identity import scope_tag
from hoarfrost.repository.keys import Keys, epoch_of
from hoarfrost.repository.layout import SEGMENT, Kind, PackClass, snap_object
from hoarfrost.repository.packing import Packing
from hoarfrost.repository.table import Table, add_table


class Snapshot(msgspec.Struct, frozen=True):
    """The content of a `snaps/` object. ``read``, ``new``, ``stored``: what its run did, where it says so."""

    time: str
    logical: int
    streams: int
    manifest: list[bytes]
    table: list[tuple[bytes, bytes]]
    private: bytes
    scope: bytes = b""
    read: int = 0
    new: int = 0
    stored: int = 0


class Tombstone(msgspec.Struct, frozen=True):
    """Also the content of a `snaps/` object: its writer was given up, by whom it says, and can no longer commit."""

    fenced: str = ""


class _Private(msgspec.Struct, frozen=True):
    summary: dict[str, Any]


class Committed:
    """A backup that is in the repository. ``time`` is UTC in ISO 8601; ``summary`` is empty for who may not read.

    ``manifest()`` and ``streams`` are read only when asked for; both raise RoleForbids for who may not read.
    """

    def __init__(self, backup: str, snapshot: Snapshot, summary: Mapping[str, Any], blobs: Blobs) -> None:
        self.id = backup
        self.time = snapshot.time
        self.summary = summary
        self.logical = snapshot.logical
        self.scope = snapshot.scope
        self._snapshot = snapshot
        self._blobs = blobs
        self._table = Table(blobs, backup, snapshot.table)

    def __repr__(self) -> str:
        return f"Committed({self.id}, {self.time})"

    @property
    def read(self) -> int:
        """Bytes that its run took from the source; 0 where that was not written down, as for `new` and `stored`."""
        return self._snapshot.read

    @property
    def new(self) -> int:
        """Bytes that the repository did not have, in whole sub-blocks."""
        return self._snapshot.new

    @property
    def stored(self) -> int:
        """What those took, compressed and sealed, with the maps of the streams."""
        return self._snapshot.stored

    def manifest(self) -> bytes:
        return b"".join(self._blobs.content(Kind.MANIFEST, piece) for piece in self._snapshot.manifest)

    @cached_property
    def streams(self) -> Mapping[str, StreamRef]:
        """By name, in order of names: about 350 bytes of memory each."""
        refs = {ref.name: ref for ref in self.each_stream()}
        if len(refs) != self._snapshot.streams:
            raise Damaged(f"The table of streams of backup {self.id} is not complete.")
        return refs

    def each_stream(self) -> Iterator[StreamRef]:
        """In order of names, in the memory of 4096 of them. Raises Damaged, RoleForbids."""
        return self._table.named()

    def find(self, name: str) -> StreamRef | None:
        """The stream of this name; for who may not list names too. Raises RoleForbids for who may not write, Damaged.

        The first call reads the whole table; 12 bytes of memory a stream stay. Names that are asked for in order
        take one read each of the pages they are in.
        """
        if not self._blobs.keys.may_write:
            raise RoleForbids("A maintain key cannot look for a stream.")
        return self._table.find(name)

    @property
    def tables(self) -> list[bytes]:
        """The blobs with the rows of its streams: what a collector starts from, in every role."""
        return [rows for rows, _ in self._snapshot.table]

    def roots(self, table: int) -> list[tuple[int, bytes]]:
        """Size and root of the streams in one of its tables. Raises Damaged."""
        return self._table.roots(table)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Size and root of every stream. Raises Damaged."""
        for table in range(len(self._snapshot.table)):
            yield from self.roots(table)

    def blobs(self) -> Iterator[bytes]:
        """The blobs of the backup itself, those of its streams apart."""
        yield from self._snapshot.manifest
        for page in self._snapshot.table:
            yield from page


def open_snapshot(keys: Keys, blobs: Blobs, backup: str, sealed: bytes) -> Committed | None:
    """None for a tombstone. Raises Damaged."""
    name = snap_object(backup)
    try:
        payload = keys.unseal(PackClass.META, name, sealed)
        if msgspec.msgpack.decode(payload, type=Tombstone).fenced:
            return None
        snapshot = msgspec.msgpack.decode(payload, type=Snapshot)
        summary = {}
        if keys.may_read:
            private = keys.unseal(PackClass.NAMES, f"{name}#private", snapshot.private)
            summary = msgspec.msgpack.decode(private, type=_Private).summary
    except (msgspec.DecodeError, ValueError, Damaged) as error:
        hint = f"No other backup is affected. Delete backup {backup}, or bring {name} back from a copy."
        raise Damaged(f"Backup {backup} is damaged: {name} fails authentication.", hint=hint) from error
    return Committed(backup, snapshot, summary, blobs)


def sealed_epoch(keys: Keys, backup: str, sealed: bytes) -> int:
    """The epoch whose key opens the private part of a backup; 0 for a tombstone or what is damaged."""
    try:
        payload = keys.unseal(PackClass.META, snap_object(backup), sealed)
        return epoch_of(msgspec.msgpack.decode(payload, type=Snapshot).private)
    except (msgspec.DecodeError, ValueError, Damaged):
        return 0


class Work(NamedTuple):
    """What a run did, in bytes."""

    read: int = 0
    new: int = 0
    stored: int = 0


class Description(NamedTuple):
    """What a backup says of itself. ``scope``: what it is of; the newest backup of it is found by that."""

    time: str
    manifest: bytes
    summary: Mapping[str, object]
    scope: str
    work: Work


def make_snapshot(
    packing: Packing, keys: Keys, backup: str, said: Description, streams: Iterable[StreamRef]
) -> tuple[Snapshot, bytes]:
    """Add the blobs of a backup; the snapshot, and its sealed bytes to be put once all blobs are stored."""
    name = snap_object(backup)
    private = msgspec.msgpack.encode(_Private(dict(said.summary)))
    added = add_table(packing, keys, streams)
    snapshot = Snapshot(
        time=said.time,
        logical=added.logical,
        streams=added.streams,
        manifest=[
            packing.add_content(Kind.MANIFEST, said.manifest[at : at + SEGMENT])[0]
            for at in range(0, len(said.manifest), SEGMENT)
        ],
        table=added.pages,
        private=keys.seal(PackClass.NAMES, f"{name}#private", private),
        scope=scope_tag(keys, said.scope) if said.scope else b"",
        read=said.work.read,
        new=said.work.new,
        stored=said.work.stored,
    )
    return snapshot, keys.seal(PackClass.META, name, msgspec.msgpack.encode(snapshot))
