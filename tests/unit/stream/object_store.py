"""An object store in memory that lags behind and refuses, and storage for what is read from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import Any

from hoarfrost.errors import Damaged, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.model import Resource, Stream
from hoarfrost.repository import Extent, StreamRef
from hoarfrost.stream.movers.container import ContainerMover
from hoarfrost.stream.movers.inventory import Inventory, Item


class Shelf:
    """Storage that keeps streams as bytes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.lost: set[str] = set()

    def write(
        self, name: str, size: int, extents: Iterable[Extent], base: StreamRef | None = None
    ) -> StreamRef:
        self.kept[name] = b"".join(bytes(one.data or b"") for one in extents)
        return StreamRef(name, size, b"", "")

    def keep(self, ref: StreamRef) -> bool:
        return ref.name not in self.lost

    def read(self, ref: StreamRef, ranges: object = None) -> Iterator[Extent]:
        data = self.kept[ref.name]
        if ref.name in self.lost:
            half = len(data) // 2
            yield Extent(0, half, data[:half])
            raise Damaged("a blob is lost")
        yield Extent(0, ref.size, data)


def etag(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


class Swift:
    """One container. ``listed`` is what its listing says, which may be older than what it holds."""

    endpoint = "http://cloud/v1/AUTH_here"

    def __init__(self, **held: bytes) -> None:
        self.held = dict(held)
        self.listed = dict(held)
        self.refused: set[str] = set()
        self.opened: list[str] = []

    def rest(self, service: str) -> Any:
        return self

    def list(self, path: str, plural: str) -> Iterator[dict[str, Any]]:
        for name, data in sorted(self.listed.items(), key=lambda one: one[0].encode()):
            yield {"name": name, "bytes": len(data), "hash": etag(data), "last_modified": "then"}

    def open(self, path: str, *_: Any, **__: str) -> tuple[dict[str, str], Iterator[bytes]]:
        data = self.held[path.rpartition("/")[2]]
        self.opened.append(path)
        return {"Content-Length": str(len(data)), "ETag": etag(data)}, iter([data])

    def upload(self, path: str, content: Iterable[bytes], headers: dict[str, str]) -> None:
        name, data = path.rpartition("/")[2], b"".join(content) if content else b""
        if name in self.refused or headers["ETag"] != etag(data):
            raise Refused("422, Unprocessable Entity")
        self.held[name] = self.listed[name] = data


def read(swift: Any, shelf: Any, base: Stream | None = None, tell: Any = lambda done, total: None) -> Stream:
    resource = KINDS["container"].resource({"name": "c", "+headers": {}})
    return ContainerMover().read(swift, None, resource, None, shelf, base, tell)  # type: ignore[arg-type]


PLAIN = KINDS["container"].resource({"name": "c", "+headers": {}})


def fill(swift: Any, shelf: Any, stream: Stream, resource: Resource = PLAIN) -> None:
    ContainerMover().fill(swift, resource, "c", stream, shelf, lambda done, total: None)


def name_of(path: str) -> str:
    return path.removeprefix("/c/")


def written(*items: Item) -> tuple[Shelf, Stream]:
    shelf: Any = Shelf()
    inventory = Inventory()
    for one in sorted(items, key=lambda one: one.name.encode()):
        inventory.add(one)
    ref = inventory.store(shelf, "inventory", None)
    return shelf, Stream(address="container/c", size=0, format="objects", ref=ref)
