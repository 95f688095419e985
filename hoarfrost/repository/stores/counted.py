"""A store that counts the requests made of it, for `Totals` and for tests that promise few of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore


class CountedStore(WrappedStore):
    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _count(self, request: str) -> None:
        with self._lock:
            self.requests[request] += 1

    def put_new(self, name: str, data: Buffer) -> None:
        self._count("put")
        super().put_new(name, data)

    def get(self, name: str) -> bytes:
        self._count("get")
        return super().get(name)

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        self._count("get")
        return super().get_range(name, offset, length)

    def size(self, name: str) -> int | None:
        self._count("head")
        return super().size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        self._count("list")
        return super().list(prefix)

    def delete(self, name: str) -> None:
        self._count("delete")
        super().delete(name)
