"""One backup as the repository sees it: a manifest it does not understand, and a table of streams.

Decides how both are kept so that unchanged parts of them cost nothing, and what listing backups has to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from hoarfrost.errors import Damaged, RoleForbids
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.extent import StreamRef
from hoarfrost.repository.identity import digest, name_tag
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SEGMENT, Kind, PackClass, snap_object
from hoarfrost.repository.packing import Packing
from hoarfrost.repository.tree import Root

_PAGE = 4096
_PAGE_ENDS = 1024  # one name in so many ends a page: by the name, so that a new name moves no other page

Row = tuple[bytes, int, bytes, bytes, int, int, int]
"""Tag of the name, size, root, digest, read, new, stored."""


class Snapshot(msgspec.Struct, frozen=True):
    """The content of a `snaps/` object."""

    time: str
    logical: int
    streams: int
    manifest: list[bytes]
    table: list[tuple[bytes, bytes]]
    private: bytes


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
        self._snapshot = snapshot
        self._blobs = blobs

    def __repr__(self) -> str:
        return f"Committed({self.id}, {self.time})"

    def manifest(self) -> bytes:
        return b"".join(self._blobs.content(Kind.MANIFEST, piece) for piece in self._snapshot.manifest)

    @cached_property
    def streams(self) -> Mapping[str, StreamRef]:
        """By name, in order of names: about 350 bytes of memory each."""
        refs = {ref.name: ref for page in self._snapshot.table for ref in self._page(*page)}
        if len(refs) != self._snapshot.streams:
            raise Damaged(f"The table of streams of backup {self.id} is not complete.")
        return refs

    def _page(self, rows: bytes, names: bytes) -> Iterator[StreamRef]:
        try:
            named = msgspec.msgpack.decode(self._blobs.content(Kind.NAMES, names), type=list[str])
            for name, row in zip(named, self._rows(rows), strict=True):
                yield _ref(name, row)
        except (msgspec.DecodeError, ValueError) as error:
            raise Damaged(f"The table of streams of backup {self.id} is damaged.") from error

    def find(self, name: str) -> StreamRef | None:
        """The stream of this name; for who may not list names too. Raises RoleForbids for who may not write."""
        if not self._blobs.keys.may_write:
            raise RoleForbids("A maintain key cannot look for a stream.")
        tag = name_tag(self._blobs.keys, name)
        for rows, _ in self._snapshot.table:
            for row in self._rows(rows):
                if row[0] == tag:
                    return _ref(name, row)
        return None

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Size and root of every stream: what a collector starts from, in every role. Raises Damaged."""
        for rows, _ in self._snapshot.table:
            for row in self._rows(rows):
                yield row[1], row[2]

    def blobs(self) -> Iterator[bytes]:
        """The blobs of the backup itself, those of its streams apart."""
        yield from self._snapshot.manifest
        for page in self._snapshot.table:
            yield from page

    def _rows(self, rows: bytes) -> list[Row]:
        try:
            return msgspec.msgpack.decode(self._blobs.content(Kind.ROWS, rows), type=list[Row])
        except (msgspec.DecodeError, ValueError) as error:
            raise Damaged(f"The table of streams of backup {self.id} is damaged.") from error


def _ref(name: str, row: Row) -> StreamRef:
    _, size, root, content, *counts = row
    return StreamRef(name, size, root, content.hex(), *counts)


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


def make_snapshot(
    packing: Packing, keys: Keys, backup: str, time: str, manifest: bytes, summary: Mapping[str, object],
    streams: Iterable[StreamRef],
) -> tuple[Snapshot, bytes]:  # fmt: skip
    """Add the blobs of a backup; the snapshot, and its sealed bytes to be put once all blobs are stored."""
    refs = sorted(streams, key=lambda ref: ref.name)
    _check(keys, refs)
    name = snap_object(backup)
    private = msgspec.msgpack.encode(_Private(dict(summary)))
    snapshot = Snapshot(
        time=time,
        logical=sum(ref.size for ref in refs),
        streams=len(refs),
        manifest=[
            packing.add_content(Kind.MANIFEST, manifest[at : at + SEGMENT])[0]
            for at in range(0, len(manifest), SEGMENT)
        ],
        table=[_add_page(packing, keys, page) for page in _pages(keys, refs)],
        private=keys.seal(PackClass.NAMES, f"{name}#private", private),
    )
    return snapshot, keys.seal(PackClass.META, name, msgspec.msgpack.encode(snapshot))


def _check(keys: Keys, refs: Sequence[StreamRef]) -> None:
    before = None
    for ref in refs:
        if ref.name == before:
            raise ValueError(f"two streams are called {ref.name!r}")
        if not is_ours(keys, ref):
            raise ValueError(f"{ref.name!r} is not a stream of this repository")
        before = ref.name


def is_ours(keys: Keys, ref: StreamRef) -> bool:
    """Whether a reference was made in this repository. Raises Damaged where its root does not fit its size."""
    root = Root.decode(ref.size, ref.root)
    return ref.digest == digest(keys, ref.size, root.sub, root.content)


def _pages(keys: Keys, refs: Sequence[StreamRef]) -> Iterator[list[StreamRef]]:
    page: list[StreamRef] = []
    for ref in refs:
        page.append(ref)
        mark = int.from_bytes(name_tag(keys, ref.name)[:2], "little")
        if mark % _PAGE_ENDS == 0 or len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _add_page(packing: Packing, keys: Keys, page: Sequence[StreamRef]) -> tuple[bytes, bytes]:
    rows = [
        (name_tag(keys, r.name), r.size, r.root, bytes.fromhex(r.digest), r.read, r.new, r.stored)
        for r in page
    ]
    names = [r.name for r in page]
    return (
        packing.add_content(Kind.ROWS, msgspec.msgpack.encode(rows))[0],
        packing.add_content(Kind.NAMES, msgspec.msgpack.encode(names))[0],
    )
