"""What a container holds, a JSON line for each object, in the order of Swift's listings (bytes of the
UTF-8 name).

Decides when an object counts as unchanged. How objects are read and written is in `container`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, TypeVar

import msgspec

from hoarfrost.errors import Damaged
from hoarfrost.kinds.mover import Storage
from hoarfrost.repository import Extent, StreamRef
from hoarfrost.stream.movers.content import Content


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object. ``bytes``, ``etag`` and ``modified`` as its container lists them.

    ``ref`` holds the object's own bytes: of an ``slo`` the manifest, of a ``dlo`` or ``symlink`` mostly none.
    ``version`` is the id of a version, "" where none are kept; ``older`` are the old ones, oldest first. A ``deleted``
    one says that the name was deleted at that point, as Swift records it among the versions. An ``unread`` one was
    there and could not be read: nothing is put for it, and nothing of others deleted.
    """

    name: str
    bytes: int
    etag: str
    modified: str
    kind: Literal["plain", "slo", "dlo", "symlink", "deleted", "unread"] = "plain"
    headers: dict[str, str] = {}
    ref: StreamRef | None = None
    version: str = ""
    older: tuple[Item, ...] = ()

    def versions(self) -> dict[str, Item]:
        """Each by its id, alone."""
        alone = msgspec.structs.replace(self, older=())
        return {one.version: one for one in (*self.older, alone)}

    def unchanged(self, listed: dict[str, Any]) -> bool:
        return self.kind != "unread" and (self.bytes, self.etag, self.modified) == (
            listed["bytes"],
            listed["hash"],
            listed["last_modified"],
        )


class Inventory:
    """Being written. Its length must be known before it is stored, so it waits here, compressed: about 200
    bytes of memory an object."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(1)
        self._packed = bytearray()
        self._size = 0

    def add(self, item: Item) -> None:
        line = msgspec.json.encode(item) + b"\n"
        self._size += len(line)
        self._packed += self._packer.compress(line)

    def store(self, storage: Storage, name: str, base: StreamRef | None) -> StreamRef:
        self._packed += self._packer.flush()
        return storage.write(name, self._size, self._extents(), base)

    def _extents(self) -> Iterator[Extent]:
        unpacker, at = zlib.decompressobj(), 0
        for start in range(0, len(self._packed), 1 << 16):
            piece = unpacker.decompress(self._packed[start : start + (1 << 16)])
            if piece:
                yield Extent(at, len(piece), piece)
            at += len(piece)


def items(storage: Storage, ref: StreamRef) -> Iterator[Item]:
    """The items of a stored inventory. Raises Damaged, also where a newer version has words that this one lacks."""
    decoder = msgspec.json.Decoder(Item)
    rest = b""
    for piece in Content(storage, ref):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            try:
                item = decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                hint = "If a newer version of Hoarfrost made the backup, use that one."
                raise Damaged(f"The {ref.name} cannot be understood: {error}", hint=hint) from error
            yield item


T = TypeVar("T")


class Beside(Generic[T]):
    """What is known already, gone through beside a list in the same order: one of them is in memory."""

    def __init__(self, known: Iterator[T], name: Callable[[T], str]) -> None:
        self._known, self._name = known, name
        self._next = next(known, None)

    def find(self, name: str) -> T | None:
        """Names must be asked for in order; one out of order is not found."""
        wanted = name.encode()
        while self._next is not None and self._name(self._next).encode() < wanted:
            self._next = next(self._known, None)
        return self._next if self._next is not None and self._name(self._next) == name else None


def before(storage: Storage, ref: StreamRef, forgotten: Callable[[Damaged], None]) -> Beside[Item]:
    """The inventory of the last backup, to be held beside a new listing.

    Where it is damaged no more is known from there on, and ``forgotten`` is told why.
    """

    def readable() -> Iterator[Item]:
        try:
            yield from items(storage, ref)
        except Damaged as error:
            forgotten(error)

    return Beside(readable(), lambda item: item.name)
