"""A store around a store that changes nothing: what the wrappers with one duty each start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from hoarfrost.repository.stores.store import Buffer, Store


class WrappedStore:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.at_once = store.at_once

    def put_new(self, name: str, data: Buffer) -> None:
        self.store.put_new(name, data)

    def get(self, name: str) -> bytes:
        return self.store.get(name)

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        return self.store.get_range(name, offset, length)

    def size(self, name: str) -> int | None:
        return self.store.size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        return self.store.list(prefix)

    def delete(self, name: str) -> None:
        self.store.delete(name)

    def describe(self) -> str:
        return self.store.describe()

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        return self.store.exclusive(owner)
