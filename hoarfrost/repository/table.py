"""The table of a backup's streams, in pages. Decides where a page ends, and how a stream is found by its name.

Names and rows lie apart: who may write but not read finds a stream by the keyed tag of its name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hoarfrost.errors import Damaged
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.extent import StreamRef
from hoarfrost.repository.identity import digest, name_tag
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import Kind
from hoarfrost.repository.packing import Packing
from hoarfrost.repository.tree import Root

_PAGE = 4096
_PAGE_ENDS = 1024  # one name in so many ends a page: by the name, so that a new name moves no other page
_KEPT = 4

Row = tuple[bytes, int, bytes, bytes, int, int, int]
"""Tag of the name, size, root, digest, read, new, stored."""

Page = tuple[bytes, bytes]
"""The blobs with the rows and with the names of the same streams."""


class Table:
    """One that is stored. Used from several threads at once."""

    def __init__(self, blobs: Blobs, backup: str, pages: Sequence[Page]) -> None:
        self._blobs = blobs
        self._backup = backup
        self._pages = pages
        self._places: tuple[NDArray[Any], NDArray[Any]] | None = None
        self._kept: dict[int, dict[bytes, Row]] = {}
        self._lock = threading.Lock()

    def roots(self, page: int) -> list[tuple[int, bytes]]:
        """Size and root of the streams in a page. Raises Damaged."""
        return [(row[1], row[2]) for row in self._rows(page)]

    def named(self) -> Iterator[StreamRef]:
        """Raises Damaged, RoleForbids."""
        for number, (_, names) in enumerate(self._pages):
            try:
                named = msgspec.msgpack.decode(self._blobs.content(Kind.NAMES, names), type=list[str])
                for name, row in zip(named, self._rows(number), strict=True):
                    yield _ref(name, row)
            except (msgspec.DecodeError, ValueError) as error:
                raise self._damaged() from error

    def find(self, name: str) -> StreamRef | None:
        """Raises Damaged."""
        tag = name_tag(self._blobs.keys, name)
        with self._lock:
            if self._places is None:
                self._places = self._index()
            starts, pages = self._places
            first, last = (int(starts.searchsorted(_start(tag), side)) for side in ("left", "right"))
            for number in sorted(set(pages[first:last].tolist())):
                if tag in (found := self._by_tag(number)):
                    return _ref(name, found[tag])
        return None

    def _index(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The beginning of every tag, ascending, and the page that each is in."""
        starts = [
            np.array([_start(row[0]) for row in self._rows(number)], "u8")
            for number in range(len(self._pages))
        ]
        every = np.concatenate(starts) if starts else np.zeros(0, "u8")
        order = every.argsort(kind="stable")
        pages = np.repeat(np.arange(len(starts), dtype="u4"), [len(one) for one in starts])
        return every[order], pages[order]

    def _by_tag(self, number: int) -> dict[bytes, Row]:
        if number not in self._kept:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[number] = {row[0]: row for row in self._rows(number)}
        return self._kept[number]

    def _rows(self, number: int) -> list[Row]:
        try:
            content = self._blobs.content(Kind.ROWS, self._pages[number][0])
            return msgspec.msgpack.decode(content, type=list[Row])
        except (msgspec.DecodeError, ValueError) as error:
            raise self._damaged() from error

    def _damaged(self) -> Damaged:
        return Damaged(f"The table of streams of backup {self._backup} is damaged.")


def _start(tag: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(tag[:8], "big"))


def _ref(name: str, row: Row) -> StreamRef:
    _, size, root, content, *counts = row
    return StreamRef(name, size, root, content.hex(), *counts)


def is_ours(keys: Keys, ref: StreamRef) -> bool:
    """Whether a reference was made in this repository. Raises Damaged where its root does not fit its size."""
    root = Root.decode(ref.size, ref.root)
    return ref.digest == digest(keys, ref.size, root.sub, root.content)


class Added(NamedTuple):
    pages: list[Page]
    streams: int
    logical: int


def add_table(packing: Packing, keys: Keys, streams: Iterable[StreamRef]) -> Added:
    """``streams`` come in order of names. Raises ValueError where they do not, or are not of this repository."""
    pages: list[Page] = []
    count = logical = 0
    for page in _pages(keys, streams):
        pages.append(_add_page(packing, keys, page))
        count += len(page)
        logical += sum(ref.size for ref in page)
    return Added(pages, count, logical)


def _pages(keys: Keys, refs: Iterable[StreamRef]) -> Iterator[list[StreamRef]]:
    page: list[StreamRef] = []
    before = None
    for ref in refs:
        _check(keys, ref, before)
        before = ref.name
        page.append(ref)
        mark = int.from_bytes(name_tag(keys, ref.name)[:2], "little")
        if mark % _PAGE_ENDS == 0 or len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _check(keys: Keys, ref: StreamRef, before: str | None) -> None:
    if before is not None and ref.name <= before:
        wrong = (
            f"two streams are called {ref.name!r}" if ref.name == before else f"{ref.name!r} is out of order"
        )
        raise ValueError(wrong)
    if not is_ours(keys, ref):
        raise ValueError(f"{ref.name!r} is not a stream of this repository")


def _add_page(packing: Packing, keys: Keys, page: Sequence[StreamRef]) -> Page:
    rows = [
        (name_tag(keys, r.name), r.size, r.root, bytes.fromhex(r.digest), r.read, r.new, r.stored)
        for r in page
    ]
    names = [r.name for r in page]
    return (
        packing.add_content(Kind.ROWS, msgspec.msgpack.encode(rows))[0],
        packing.add_content(Kind.NAMES, msgspec.msgpack.encode(names))[0],
    )
