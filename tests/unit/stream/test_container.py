"""Containers read and filled, against an object store in memory that lags behind and refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import Any

import pytest
from msgspec.structs import replace

from hoarfrost.errors import Cancelled, Damaged, NotFound, Refused, Unavailable
from hoarfrost.kinds import KINDS
from hoarfrost.model import Resource, Stream
from hoarfrost.repository import Extent, StreamRef
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers import filling
from hoarfrost.stream.movers.container import ContainerMover
from hoarfrost.stream.movers.content import handle
from hoarfrost.stream.movers.filling import Filling
from hoarfrost.stream.movers.inventory import Inventory, Item, items


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


def name_of(path: str) -> str:
    return path.removeprefix("/c/")


def written(*items: Item) -> tuple[Shelf, Stream]:
    shelf: Any = Shelf()
    inventory = Inventory()
    for one in sorted(items, key=lambda one: one.name.encode()):
        inventory.add(one)
    ref = inventory.store(shelf, "inventory", None)
    return shelf, Stream(address="container/c", size=0, format="objects", ref=ref)


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


class Versioned(Swift):
    """One that keeps versions: each put or deletion is one more of them."""

    def __init__(self, *, able: bool = True) -> None:
        super().__init__()
        self.able, self.enabled = able, False
        self.past: list[tuple[str, bytes | None]] = []

    def post(self, path: str, headers: dict[str, str]) -> None:
        self.enabled = self.able

    def head(self, path: str) -> dict[str, str]:
        return {"x-versions-enabled": str(self.enabled)}

    def list(self, path: str, plural: str, versions: str = "", **_: str) -> Iterator[dict[str, Any]]:
        if not versions:
            yield from super().list(path, plural)
            return
        latest = {name: number for number, (name, _) in enumerate(self.past)}
        for number, (name, data) in sorted(enumerate(self.past), key=lambda one: (one[1][0], -one[0])):
            told = {"version_id": str(number), "is_latest": latest[name] == number, "content_type": "a/b"}
            if data is None:
                told["content_type"] = "application/x-deleted;swift_versions_deleted=1"
            data = data or b""
            yield told | {"name": name, "bytes": len(data), "hash": etag(data), "last_modified": str(number)}

    def open(self, path: str, *_: Any, **query: str) -> tuple[dict[str, str], Iterator[bytes]]:
        name, data = self.past[int(query["version-id"])]
        self.opened.append(f"{name} {data!r}")
        return {"Content-Length": str(len(data or b"")), "ETag": etag(data or b"")}, iter([data or b""])

    def upload(self, path: str, content: Iterable[bytes], headers: dict[str, str]) -> None:
        super().upload(path, content, headers)
        name = path.rpartition("/")[2]
        self.past.append((name, self.held[name]))

    def delete(self, path: str) -> None:
        name = path.rpartition("/")[2]
        self.held.pop(name, None)
        self.listed.pop(name, None)
        self.past.append((name, None))

    def of(self, name: str) -> list[bytes | None]:
        return [data for one, data in self.past if one == name]


VERSIONS = KINDS["container"].resource({"name": "c", "+headers": {"x-versions-enabled": "True"}})
PAST: list[tuple[str, bytes | None]] = [
    *(("a", b"1"), ("b", b"x"), ("a", b"22"), ("a", None), ("a", b"1")),
    *(("b", None), ("b", None), ("only", b"one"), ("never", None)),
]


def kept(shelf: Any, past: list[tuple[str, bytes | None]], base: Stream | None = None) -> Stream:
    source: Any = Versioned()
    source.past = past
    return ContainerMover().read(source, None, VERSIONS, None, shelf, base, lambda done, total: None)  # type: ignore[arg-type]


def test_old_versions_come_back_in_their_order() -> None:
    shelf, target = Shelf(), Versioned()
    stream = kept(shelf, PAST)
    assert (stream.items, stream.size) == (2, 8)
    fill(target, shelf, stream, VERSIONS)
    for name in ("a", "b", "only", "never"):
        assert target.of(name) == [data for one, data in PAST if one == name]
    assert target.held == {"a": b"1", "only": b"one"}


@pytest.mark.parametrize("done", range(6))
def test_a_run_that_was_stopped_between_versions_repeats_none(done: int) -> None:
    shelf, target = Shelf(), Versioned()
    stream = kept(shelf, PAST)
    for name, data in PAST[:done]:
        if data is None:
            target.delete(name)
        else:
            target.upload(name, [data], {"ETag": etag(data)})
    fill(target, shelf, stream, VERSIONS)
    for name in ("a", "b", "only", "never"):
        assert target.of(name) == [data for one, data in PAST if one == name]


def test_a_version_is_read_once_also_when_it_is_the_current_one_no_more() -> None:
    names: list[str] = []

    class Listed(Shelf):
        def keep(self, ref: StreamRef) -> bool:
            names.append(ref.name)
            return super().keep(ref)

        def write(self, name: str, size: int, extents: Any, base: StreamRef | None = None) -> StreamRef:
            names.append(name)
            return super().write(name, size, extents, base)

    shelf: Any = Listed()
    first = kept(shelf, PAST)
    names.clear()
    source: Any = Versioned()
    source.past = [*PAST, ("a", b"333")]
    mover, told = ContainerMover(), lambda done, total: None
    second = mover.read(source, None, VERSIONS, None, shelf, first, told)  # type: ignore[arg-type]
    assert source.opened == ["a b'333'"]
    assert len(names) == len(set(names))
    target = Versioned()
    fill(target, shelf, second, VERSIONS)
    assert target.of("a") == [b"1", b"22", None, b"1", b"333"]


def test_where_no_versions_are_kept_the_current_objects_come_back_and_it_is_told() -> None:
    shelf: Any = Shelf()
    target: Any = Versioned(able=False)
    told = ContainerMover().fill(target, VERSIONS, "c", kept(shelf, PAST), shelf, lambda done, total: None)
    assert [(one.severity, one.code) for one in told] == [("error", "not-kept")]
    assert told[0].sentence.startswith("3 old versions")
    assert target.held == {"a": b"1", "only": b"one"}


class Sick(Versioned):
    """Cannot give some versions (5xx), and has lost others since they were listed (404)."""

    def __init__(self, past: list[tuple[str, bytes | None]], sick: set[bytes], gone: set[bytes]) -> None:
        super().__init__()
        self.past, self.sick, self.gone = past, sick, gone

    def open(self, path: str, *_: Any, **query: str) -> tuple[dict[str, str], Iterator[bytes]]:
        data = self.past[int(query["version-id"])][1]
        if data in self.sick:
            raise Unavailable("503, later")
        if data in self.gone:
            raise NotFound("404, not there")
        return super().open(path, *_, **query)


HISTORY: list[tuple[str, bytes | None]] = [("a", b"1"), ("a", b"22"), ("a", b"333"), ("lone", b"1111")]


def kept_of(shelf: Any, source: Any, base: Stream | None = None) -> Stream:
    with pytest.raises(Incomplete) as caught:
        ContainerMover().read(source, None, VERSIONS, None, shelf, base, lambda done, total: None)  # type: ignore[arg-type]
    return caught.value.stream


def test_a_current_version_that_cannot_be_read_is_no_deletion() -> None:
    shelf, target = Shelf(), Versioned()
    stream = kept_of(shelf, Sick(HISTORY, {b"333", b"1111"}, set()))
    any_shelf: Any = shelf
    listed = {one.name: one for one in items(any_shelf, handle(stream))}
    assert [one.kind for one in listed.values()] == ["unread", "unread"] and stream.items == 0
    any_target: Any = target
    told = ContainerMover().fill(any_target, VERSIONS, "c", stream, any_shelf, lambda done, total: None)
    assert target.past == [*HISTORY[:2], ("a", None)], "an old version is not taken for the current one"
    assert [(one.severity, one.code, one.sentence[:9]) for one in told] == [
        ("warning", "unread", "2 objects")
    ]
    whole = Versioned()
    for name, data in HISTORY:
        assert data
        whole.upload(name, [data], {"ETag": etag(data)})
    fill(whole, shelf, stream, VERSIONS)
    assert whole.past == HISTORY, "what is there already stays"
    changed = Versioned()
    changed.upload("a", [b"new"], {"ETag": etag(b"new")})
    fill(changed, shelf, stream, VERSIONS)
    assert changed.past == [("a", b"new")], "and is not buried under older ones"
    fill(target, shelf, stream, VERSIONS)
    assert target.past == [*HISTORY[:2], ("a", None)], "a second run adds nothing"
    plain = Swift()
    fill(plain, shelf, stream)
    assert plain.held == {}


@pytest.mark.parametrize("there", [[b"1"], [b"1", b"new"], [b"1", b"22"]])
def test_a_current_object_stays_where_ours_could_not_be_read(there: list[bytes]) -> None:
    """Also where its user has put back what it was before."""
    shelf, target = Shelf(), Versioned()
    stream = kept_of(shelf, Sick(HISTORY, {b"333"}, set()))
    for data in there:
        target.upload("c/a", [data], {"ETag": etag(data)})
    fill(target, shelf, stream, VERSIONS)
    assert target.of("a") == there


def test_old_versions_that_wait_for_others_are_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one run: what it has put there itself is nobody else's."""
    monkeypatch.setattr(filling, "PATIENCE", 30.0)
    monkeypatch.setattr(filling.time, "sleep", lambda seconds: None)
    empty = Item("a", 0, etag(b""), "1", version="1")
    item = replace(empty, kind="unread", older=(empty, replace(empty, kind="symlink")))

    class Busy(Versioned):
        refusals = 1

        def upload(self, path: str, content: Iterable[bytes], headers: dict[str, str]) -> None:
            if len(self.past) == 1 and self.refusals:
                self.refusals -= 1
                raise Refused("409, what it leads to is not there yet")
            super().upload(path, content, headers or {"ETag": etag(b"")})

    shelf: Any = Shelf()
    inventory = Inventory()
    inventory.add(item)
    target: Any = Busy()
    told = Filling(target, "c", shelf, lambda length: None, versions=True)
    told.all(inventory.store(shelf, "i", None))
    assert target.of("a") == [b"", b"", None] and told.lost == 0


def test_what_was_unread_is_read_by_the_next_backup() -> None:
    shelf: Any = Shelf()
    first = kept_of(shelf, Sick(HISTORY, {b"22", b"333"}, set()))
    target = Versioned()
    fill(target, shelf, kept(shelf, HISTORY, first), VERSIONS)
    assert target.past == HISTORY


def test_a_current_version_that_is_gone_counts_as_deleted() -> None:
    shelf, target = Shelf(), Versioned()
    fill(target, shelf, kept_of(shelf, Sick(HISTORY, set(), {b"333"})), VERSIONS)
    assert target.of("a") == [b"1", b"22", None]


def test_an_old_version_that_is_refused_costs_no_other() -> None:
    class Strict(Versioned):
        def upload(self, path: str, content: Iterable[bytes], headers: dict[str, str]) -> None:
            if headers["ETag"] == etag(b"22"):
                raise Refused("422, Unprocessable Entity")
            super().upload(path, content, headers)

    shelf: Any = Shelf()
    target: Any = Strict()
    told = ContainerMover().fill(target, VERSIONS, "c", kept(shelf, PAST), shelf, lambda done, total: None)
    assert told[0].sentence.startswith("1 old versions")
    assert target.of("a") == [b"1", None, b"1"]
