"""Containers that keep versions, read and filled: every version in its order, and none taken for another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from hoarfrost.errors import NotFound, Refused, Unavailable
from hoarfrost.kinds import KINDS
from hoarfrost.model import Stream
from hoarfrost.repository import StreamRef
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers import filling
from hoarfrost.stream.movers.container import ContainerMover
from hoarfrost.stream.movers.content import handle
from hoarfrost.stream.movers.filling import Filling
from hoarfrost.stream.movers.inventory import Inventory, Item, items
from tests.unit.stream.object_store import Shelf, Swift, etag, fill


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
