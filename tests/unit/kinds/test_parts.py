"""Kinds whose path leads through another resource, and which need no word about it but `Parent`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hoarfrost.errors import NotFound
from hoarfrost.kinds.field import Keep, Note, Parent
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body


class Shelf(Kind):
    """Holds books."""

    service, path, key, plural, sdk = "library", "/shelves", "shelf", "shelves", ""
    kept = Keep("name")
    noted = Note("id", "books")

    def made_by(self, body: Body) -> str:
        return "the library" if body["name"] == "lobby" else ""


class Book(Kind):
    """Stands on a shelf."""

    service, path, key, plural, sdk = "library", "/shelves/{parent}/books", "book", "books", ""
    natural = ("+parent", "name")
    shelf = Parent(Shelf, parts="books")
    kept = Keep("name")
    noted = Note("id")


class Library:
    """As much of a cloud and of its `Rest` as reading and writing parts takes."""

    project_id = "p"

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.books = {"s1": ["b1", "b2"], "s2": [], "s3": ["b3"], "s4": ["b4"]}

    def rest(self, service: str, microversion: str = "") -> Library:
        return self

    def list(self, path: str, plural: str, **query: str) -> Iterator[Body]:
        self.calls.append(("list", path))
        if path == "/shelves":
            for id, books in self.books.items():
                yield {"id": id, "name": "lobby" if id == "s3" else id, "books": [{"id": b} for b in books]}
            return
        shelf = path.split("/")[2]
        if shelf == "s4":
            raise NotFound("somebody took it away")
        yield from ({"id": book, "name": "same"} for book in self.books[shelf])

    def get(self, path: str) -> Body:
        self.calls.append(("get", path))
        return {"book": {"id": path.rpartition("/")[2], "name": "same"}}

    def post(self, path: str, body: Body) -> Body:
        self.calls.append(("post", path))
        return {"book": body["book"] | {"id": "b9"}}

    def delete(self, path: str) -> None:
        self.calls.append(("delete", path))


BOOK = Book()


@pytest.fixture
def library() -> Any:
    return Library()


def test_parts_are_listed_where_there_are_any(library: Any) -> None:
    """Not on the empty shelf, not on the library's own, and not on one that went away meanwhile."""
    found = [BOOK.id(body) for body in BOOK.enumerate(library)]
    assert found == ["s1/b1", "s1/b2"]
    assert ("list", "/shelves/s2/books") not in library.calls
    assert ("list", "/shelves/s3/books") not in library.calls


def test_a_part_is_shown_made_and_removed_below_its_whole(library: Any) -> None:
    body = BOOK.show(library, "s1/b1")
    assert (body["+parent"], BOOK.id(body)) == ("s1", "s1/b1")
    request = BOOK.request(body, lambda kind, id: f"new-{id}")
    assert request == {"+parent": "new-s1", "name": "same"}
    made = BOOK.create(library, request)
    assert BOOK.id(made) == "new-s1/b9"
    BOOK.delete(library, "new-s1/b9")
    assert library.calls[1:] == [("post", "/shelves/new-s1/books"), ("delete", "/shelves/new-s1/books/b9")]


def test_a_part_refers_to_its_whole(library: Any) -> None:
    (reference,) = BOOK.references({"+parent": "s1", "id": "b1", "name": "same"})
    assert (reference.kind, reference.id, reference.late, reference.optional) == ("shelf", "s1", False, False)


def test_equal_names_under_different_wholes_are_different_things() -> None:
    one, two = ({"+parent": shelf, "id": "b", "name": "same"} for shelf in ("s1", "s2"))
    assert BOOK.likeness(one) != BOOK.likeness(two)
