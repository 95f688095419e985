"""The inventory of a container, written and read, and compared with a new listing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoarfrost.errors import Damaged
from hoarfrost.repository import Extent, StreamRef
from hoarfrost.stream.movers import inventory
from hoarfrost.stream.movers.inventory import Beside, Inventory, Item, items


class Shelf:
    """Storage that keeps streams as bytes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def write(
        self, name: str, size: int, extents: Iterable[Extent], base: StreamRef | None = None
    ) -> StreamRef:
        whole = bytearray(size)
        for one in extents:
            assert one.data is not None
            whole[one.offset : one.offset + one.length] = one.data
        self.kept[name] = bytes(whole)
        return StreamRef(name, size, b"", "")

    def read(self, ref: StreamRef, ranges: object = None) -> Iterator[Extent]:
        data = self.kept[ref.name]
        for at in range(0, len(data), 37):
            yield Extent(at, len(data[at : at + 37]), data[at : at + 37])


names = st.lists(st.text(min_size=1), unique=True, max_size=30)


def item(name: str, etag: str = "e") -> Item:
    ref = StreamRef(name, 3, b"\x00\xff root", "d") if len(name) % 2 else None
    return Item(name, 3, etag, "2026-01-01T00:00:00", "plain", {"x-object-meta-a": name}, ref)


@given(names)
def test_what_goes_in_comes_out(names: list[str]) -> None:
    shelf, inventory = Shelf(), Inventory()
    for name in names:
        inventory.add(item(name))
    ref = inventory.store(shelf, "i", None)  # type: ignore[arg-type]
    assert list(items(shelf, ref)) == [item(name) for name in names]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line", [b'{"name":"a","bytes":1,"etag":"","modified":"","kind":"later"}', b"\xff", b"{"]
)
def test_words_of_another_version_are_an_error_of_ours(line: bytes) -> None:
    shelf: Any = Shelf()
    line += b"\n"
    ref = shelf.write("inventory/c", len(line), [Extent(0, len(line), line)])
    with pytest.raises(Damaged, match="inventory/c cannot be understood") as caught:
        list(items(shelf, ref))
    assert "newer" in caught.value.hint
    said: list[Damaged] = []
    assert inventory.before(shelf, ref, said.append).find("a") is None and len(said) == 1


@given(names, names)
def test_a_listing_finds_what_was_there(old: list[str], new: list[str]) -> None:
    """Swift lists names by the bytes of their UTF-8."""
    known = {name: item(name) for name in old}
    before = Beside(iter(sorted(known.values(), key=lambda one: one.name.encode())), lambda one: one.name)
    for name in sorted(new, key=str.encode):
        assert before.find(name) == known.get(name)


def test_an_item_is_unchanged_only_if_all_three_agree() -> None:
    listed = {"bytes": 3, "hash": "e", "last_modified": "2026-01-01T00:00:00"}
    assert item("a").unchanged(listed)
    for key, value in (("bytes", 4), ("hash", "f"), ("last_modified", "2026-01-01T00:00:01")):
        assert not item("a").unchanged({**listed, key: value})
