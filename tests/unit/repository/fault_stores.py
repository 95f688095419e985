"""Stores that fail on purpose."""

import random
import threading
from collections import Counter
from collections.abc import Iterator

from hoarfrost.errors import StoreFull, StoreUnavailable
from hoarfrost.repository.stores.counted import CountedStore
from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore


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

    def delete(self, name: str) -> None:
        if self.puts >= self.at:
            raise Crash
        super().delete(name)


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


class FaultyStore(WrappedStore):
    """Fails by chance, as real places do; the same for the same seed and order of calls. ``injected`` counts.

    ``before``: an error and nothing done; ``after``: done, but the answer is lost; ``flip``: one bit of what is read;
    ``cut``: less than what is read; ``stale``: a listing that lacks the object put last.
    """

    def __init__(self, store: Store, seed: int, **chances: float) -> None:
        super().__init__(store)
        self.injected: Counter[str] = Counter()
        self._chances = chances
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._last = ""

    def _hit(self, fault: str) -> bool:
        with self._lock:
            hit = self._random.random() < self._chances.get(fault, 0)
            self.injected[fault] += hit
            return hit

    def put_new(self, name: str, data: Buffer) -> None:
        self._maybe_fail("before", name)
        super().put_new(name, data)
        self._last = name
        self._maybe_fail("after", name)

    def delete(self, name: str) -> None:
        self._maybe_fail("before", name)
        super().delete(name)
        self._maybe_fail("after", name)

    def get(self, name: str) -> bytes:
        self._maybe_fail("before", name)
        return self._spoilt(super().get(name))

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        self._maybe_fail("before", name)
        return self._spoilt(super().get_range(name, offset, length))

    def size(self, name: str) -> int | None:
        self._maybe_fail("before", name)
        return super().size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        self._maybe_fail("before", prefix)
        lacking = self._last if self._hit("stale") else ""
        yield from (one for one in super().list(prefix) if one[0] != lacking)
        self._maybe_fail("before", prefix)

    def _maybe_fail(self, when: str, what: str) -> None:
        if self._hit(when):
            raise StoreUnavailable(f"{what}: on purpose, {when}")

    def _spoilt(self, data: bytes) -> bytes:
        if data and self._hit("flip"):
            at = self._random.randrange(len(data))
            return data[:at] + bytes([data[at] ^ 1 << self._random.randrange(8)]) + data[at + 1 :]
        if data and self._hit("cut"):
            return data[: self._random.randrange(len(data))]
        return data
