"""Containers read and filled, against an object store in memory that lags behind and refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import Any

import pytest

from hoarfrost.errors import Cancelled, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.model import Stream
from hoarfrost.repository import Extent, StreamRef
from hoarfrost.stream.movers.container import ContainerMover


class Shelf:
    """Storage that keeps streams as bytes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def write(
        self, name: str, size: int, extents: Iterable[Extent], base: StreamRef | None = None
    ) -> StreamRef:
        self.kept[name] = b"".join(bytes(one.data or b"") for one in extents)
        return StreamRef(name, size, b"", "")

    def keep(self, ref: StreamRef) -> StreamRef:
        return ref

    def read(self, ref: StreamRef, ranges: object = None) -> Iterator[Extent]:
        yield Extent(0, ref.size, self.kept[ref.name])


def etag(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


class Swift:
    """One container. ``listed`` is what its listing says, which may be older than what it holds."""

    def __init__(self, **held: bytes) -> None:
        self.held = dict(held)
        self.listed = dict(held)
        self.refused: set[str] = set()
        self.opened: list[str] = []

    def rest(self, service: str) -> Any:
        return self

    def list(self, path: str, plural: str) -> Iterator[dict[str, Any]]:
        for name, data in sorted(self.listed.items()):
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


def fill(swift: Any, shelf: Any, stream: Stream) -> None:
    resource = KINDS["container"].resource({"name": "c", "+headers": {}})
    ContainerMover().fill(swift, resource, "c", stream, shelf, lambda done, total: None)


def test_an_object_that_is_newer_than_its_listing_comes_back() -> None:
    """Listings lag behind, and an object may be replaced while a backup reads: what was read is what counts."""
    shelf, source, target = Shelf(), Swift(a=b"old", b=b"same"), Swift()
    source.held["a"] = b"newer"
    first = read(source, shelf)
    fill(target, shelf, first)
    assert target.held == {"a": b"newer", "b": b"same"}
    assert (first.size, first.items) == (9, 2)
    source.opened.clear()
    source.listed["a"] = b"newer"
    source.listed["b"] = b"new!"
    source.held["b"] = b"new!"
    read(source, shelf, first)
    assert "/c/b" in source.opened


def test_one_object_that_is_refused_does_not_stop_the_others() -> None:
    shelf, source, target = Shelf(), Swift(**{f"o{n}": b"%d" % n for n in range(100)}), Swift()
    stream = read(source, shelf)
    target.refused = {"o7"}
    with pytest.raises(Refused, match=r"1 objects could not be written: o7 \(422"):
        fill(target, shelf, stream)
    assert target.held.keys() == source.held.keys() - {"o7"}
    target.refused.clear()
    fill(target, shelf, stream)
    assert target.held == source.held


def test_a_run_that_is_stopped_is_noticed_where_nothing_is_read() -> None:
    shelf, source = Shelf(), Swift(a=b"1", b=b"2")
    base = read(source, shelf)

    def stopped(done: int, total: int) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        read(source, shelf, base, stopped)


def test_an_object_may_be_called_inventory() -> None:
    """No two streams of a backup may have one name: the repository would refuse to commit it."""
    names: list[str] = []

    class Listed(Shelf):
        def write(self, name: str, size: int, extents: Any, base: StreamRef | None = None) -> StreamRef:
            names.append(name)
            return super().write(name, size, extents, base)

    source, shelf = Swift(inventory=b"apples", manifest=b"pears"), Listed()
    stream = read(source, shelf)
    assert len(names) == len(set(names)) == 3
    target = Swift()
    fill(target, shelf, stream)
    assert target.held == source.held
