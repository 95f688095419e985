"""A store that counts the requests made of it, for `Totals` and for tests that promise few of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager

from hoarfrost.repository.stores.store import Buffer, Store


class CountedStore:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _count(self, request: str) -> None:
        with self._lock:
            self.requests[request] += 1

    def put_new(self, name: str, data: Buffer) -> None:
        self._count("put")
        self.store.put_new(name, data)

    def get(self, name: str) -> bytes:
        self._count("get")
        return self.store.get(name)

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        self._count("get")
        return self.store.get_range(name, offset, length)

    def size(self, name: str) -> int | None:
        self._count("head")
        return self.store.size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        self._count("list")
        return self.store.list(prefix)

    def delete(self, name: str) -> None:
        self._count("delete")
        self.store.delete(name)

    def describe(self) -> str:
        return self.store.describe()

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        return self.store.exclusive(owner)
