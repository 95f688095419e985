"""Objects in a dict, for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hoarfrost.errors import Damaged, Missing, NameTaken, RepositoryInUse
from hoarfrost.repository.stores.store import NEAR, Buffer, checked


class MemoryStore:
    at_once = NEAR

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.objects: dict[str, bytes] = {}
        self._owner: str | None = None
        self._lock = threading.Lock()

    def put_new(self, name: str, data: Buffer) -> None:
        content = bytes(data)
        with self._lock:
            if checked(name) in self.objects:
                raise NameTaken(f"{name} exists already.")
            self.objects[name] = content

    def get(self, name: str) -> bytes:
        try:
            return self.objects[name]
        except KeyError as error:
            raise Missing(f"{name} is missing.") from error

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        data = self.get(name)[offset : offset + length]
        if len(data) != length:
            raise Damaged(f"{name} is shorter than it should be.")
        return data

    def size(self, name: str) -> int | None:
        data = self.objects.get(name)
        return None if data is None else len(data)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        with self._lock:
            found = [(name, len(data)) for name, data in self.objects.items() if name.startswith(prefix)]
        yield from found

    def delete(self, name: str) -> None:
        with self._lock:
            self.objects.pop(checked(name), None)

    def describe(self) -> str:
        return f"memory:{self.name}"

    @contextmanager
    def exclusive(self, owner: str) -> Iterator[None]:
        with self._lock:
            if self._owner is not None:
                raise RepositoryInUse(f"The repository is in use by {self._owner}.")
            self._owner = owner
        try:
            yield
        finally:
            self._owner = None
