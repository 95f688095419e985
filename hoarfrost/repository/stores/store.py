"""What the repository asks of the place where its bytes lie. Decides nothing about how a store does it.

Names are short paths of ``[a-z0-9/-]``, at most three levels deep. A store is for several threads at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

Buffer = bytes | memoryview


class Store(Protocol):
    def put_new(self, name: str, data: Buffer) -> None:
        """Keep ``data`` under a name that does not exist, whole or not at all, durable on return.

        Of two callers at once exactly one succeeds. Raises NameTaken, StoreFull, StoreError.
        """

    def get(self, name: str) -> bytes:
        """The whole object. Raises Damaged where there is none."""

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes. Raises Damaged where there is no object or it is shorter."""

    def size(self, name: str) -> int | None:
        """Bytes of an object; None where there is none."""

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Names that start with ``prefix``, with their sizes, in no order. ``""``: all, whoever made them."""

    def delete(self, name: str) -> None:
        """Durable on return; no error where there is no such object."""

    def describe(self) -> str:
        """The URL to print: without credentials."""

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        """One writer at a time. Raises RepositoryInUse naming the other; never outlives its process."""
