"""Stores that fail on purpose."""

from hoarfrost.errors import StoreFull
from hoarfrost.repository.stores.counted import CountedStore
from hoarfrost.repository.stores.store import Buffer, Store


class Crash(BaseException):
    """The process is gone: nothing below the test may catch this."""


class CrashingStore(CountedStore):
    """Dies at the n-th put, before or after it took effect."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        super().__init__(store)
        self.at, self.after, self.puts = at, after, 0

    def put_new(self, name: str, data: Buffer) -> None:
        self.puts += 1
        if self.puts > self.at or (self.puts == self.at and not self.after):
            raise Crash
        super().put_new(name, data)
        if self.puts == self.at:
            raise Crash


class SmallStore(CountedStore):
    """Has room for so many bytes."""

    def __init__(self, store: Store, room: int) -> None:
        super().__init__(store)
        self.room = room

    def put_new(self, name: str, data: Buffer) -> None:
        if len(data) > self.room:
            raise StoreFull("No space left.")
        super().put_new(name, data)
        self.room -= len(data)
