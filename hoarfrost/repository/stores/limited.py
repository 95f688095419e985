"""A store that is asked for so much at a time: bytes a second, requests in flight.

The bandwidth is an average: an object passes at the full speed of the line, then the next one waits for its turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore


class LimitedStore(WrappedStore):
    """``bandwidth``: bytes a second, both ways together; ``requests``: at once. 0: no limit."""

    def __init__(
        self,
        store: Store,
        *,
        bandwidth: int = 0,
        requests: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(store)
        self._bandwidth = bandwidth
        self._slots = threading.BoundedSemaphore(requests) if requests else None
        self._clock, self._sleep = clock, sleep
        self._free_at = 0.0
        self._lock = threading.Lock()

    def put_new(self, name: str, data: Buffer) -> None:
        with self._turn(len(data)):
            super().put_new(name, data)

    def get(self, name: str) -> bytes:
        with self._turn(0):
            data = super().get(name)
        self._book(len(data))
        return data

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        with self._turn(length):
            return super().get_range(name, offset, length)

    def size(self, name: str) -> int | None:
        with self._turn(0):
            return super().size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        with self._turn(0):
            found = list(super().list(prefix))
        yield from found

    def delete(self, name: str) -> None:
        with self._turn(0):
            super().delete(name)

    @contextmanager
    def _turn(self, length: int) -> Iterator[None]:
        """Wait until the line is free and so is a slot."""
        wait = self._book(length)
        if wait > 0:
            self._sleep(wait)
        if self._slots is None:
            yield
            return
        with self._slots:
            yield

    def _book(self, length: int) -> float:
        """Take the line for so many bytes after all that were booked before; seconds until then."""
        if not self._bandwidth:
            return 0.0
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + length / self._bandwidth
            return start - now
