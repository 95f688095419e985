"""Containers read and filled, against an object store in memory that lags behind and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hoarfrost.errors import Cancelled, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.repository import StreamRef
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers import filling
from hoarfrost.stream.movers.container import ContainerMover
from hoarfrost.stream.movers.inventory import Item
from tests.unit.stream.object_store import Shelf, Swift, etag, fill, name_of, read, written


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


def test_an_unchanged_object_is_read_again_where_the_repository_has_lost_it() -> None:
    shelf, source = Shelf(), Swift(a=b"one", b=b"two", c=b"three")
    first = read(source, shelf)
    source.opened.clear()
    shelf.lost = {"container/c/b"}
    assert read(source, shelf, first).items == 3
    assert source.opened == ["/c/b"]


def test_what_is_known_of_a_container_may_be_damaged() -> None:
    shelf, source = Shelf(), Swift(**{f"o{n}": b"%d" % n for n in range(10)})
    first = read(source, shelf)
    source.opened.clear()
    shelf.lost = {"inventory/c"}
    with pytest.raises(Incomplete, match="a blob is lost") as caught:
        read(source, shelf, first)
    assert (caught.value.severity, caught.value.stream.items) == ("info", 10)
    assert 0 < len(source.opened) < 10
    assert source.opened[-1] == "/c/o9"


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


def test_a_repository_in_a_folder_is_left_out_and_told() -> None:
    marker = b'{"magic": "hoarfrost repository"}'

    class Deep(Swift):
        def download(self, path: str) -> Iterator[bytes]:
            return iter([self.held[name_of(path)]])

        def open(self, path: str, *_: Any, **__: str) -> tuple[dict[str, str], Iterator[bytes]]:
            data = self.held[name_of(path)]
            return {"Content-Length": str(len(data)), "ETag": etag(data)}, iter([data])

    held = {"hf/format": marker, "hf/packs/1": b"sealed", "other/format": b"raw", "other/packs": b"mine"}
    shelf, told = Shelf(), lambda done, total: None
    with pytest.raises(Incomplete, match="backups are not backed up") as caught:
        read(Deep(**held), shelf, None, told)
    assert (caught.value.severity, caught.value.stream.items) == ("info", 2)
    assert {"container/c/other/format", "container/c/other/packs"} < set(shelf.kept)
    assert "container/c/hf/packs/1" not in shelf.kept


def test_what_has_expired_stays_away_and_is_told() -> None:
    dead = Item("dead", 0, etag(b""), "then", "plain", {"x-delete-at": "1"})
    shelf, stream = written(dead, Item("live", 0, etag(b""), "then"))
    target: Any = Swift()
    resource = KINDS["container"].resource({"name": "c", "+headers": {}})
    any_shelf: Any = shelf
    (finding,) = ContainerMover().fill(target, resource, "c", stream, any_shelf, lambda done, total: None)
    assert (finding.severity, finding.code) == ("info", "expired")
    assert set(target.held) == {"live"}


def test_manifests_wait_for_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for each other: the inner one is listed after the outer one."""

    class Strict(Swift):
        def upload(self, path: str, content: Any, headers: dict[str, str], **query: str) -> None:
            name = path.rpartition("/")[2]
            if name == "outer" and "zinner" not in self.held:
                raise Refused("400, zinner is not there")
            self.held[name] = b""

    monkeypatch.setattr(filling.time, "sleep", lambda seconds: None)
    names = [Item(name, 9, "x", "then", "slo", {}) for name in ("outer", "zinner")]
    shelf, stream = written(*names, Item("plain", 0, etag(b""), "then"))
    target = Strict()
    fill(target, shelf, stream)
    assert list(target.held) == ["plain", "zinner", "outer"]
    monkeypatch.setattr(filling, "PATIENCE", -1.0)
    shelf, stream = written(names[0])
    with pytest.raises(Refused, match="outer"):
        fill(Strict(), shelf, stream)
