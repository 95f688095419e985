"""A store that notes what is asked of it, and what a crash may leave of that. Decides which orders are legal.

A call that returned has been kept for good (`Store.put_new`, `delete`), and so has an object that anybody has seen: no
store takes back what it has shown. Of calls that were under way at the same moment any part may have been kept. A call
that began after another had returned comes after it. For such an order of intervals the sets that may be left are
these: for the moment when each call begins, all that returned or were seen before, and any part of those under way.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hoarfrost.errors import NameTaken
from hoarfrost.repository import Store
from hoarfrost.repository.stores.store import Buffer
from hoarfrost.repository.stores.wrapped import WrappedStore

_MOST_AT_ONCE = 10


class Call(NamedTuple):
    """``data`` is None for a delete."""

    name: str
    data: bytes | None
    begin: int
    end: int


class Crash(NamedTuple):
    """Which calls were kept. ``under_way``: of the others, those that were asked and may still come."""

    kept: frozenset[int]
    under_way: frozenset[int]
    in_order: bool

    def objects(self, before: dict[str, bytes], calls: Sequence[Call]) -> dict[str, bytes]:
        after = dict(before)
        for number in sorted(self.kept):
            apply(after, calls[number])
        return after


def apply(objects: dict[str, bytes], call: Call) -> None:
    if call.data is None:
        objects.pop(call.name, None)
    else:
        objects.setdefault(call.name, call.data)


class RecordingStore(WrappedStore):
    """``pause``: each call takes so long, so that all calls that may overlap do."""

    def __init__(self, store: Store, pause: float = 0.0) -> None:
        super().__init__(store)
        self.calls: list[Call] = []
        self._pause = pause
        self._clock = itertools.count()
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def put_new(self, name: str, data: Buffer) -> None:
        begin = next(self._clock)
        content = bytes(data)
        try:
            super().put_new(name, content)
        except NameTaken:
            self._see(name)
            raise
        self._note(name, content, begin)

    def get(self, name: str) -> bytes:
        content = super().get(name)
        self._see(name)
        return content

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        content = super().get_range(name, offset, length)
        self._see(name)
        return content

    def size(self, name: str) -> int | None:
        size = super().size(name)
        if size is not None:
            self._see(name)
        return size

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        for name, size in super().list(prefix):
            self._see(name)
            yield name, size

    def delete(self, name: str) -> None:
        begin = next(self._clock)
        super().delete(name)
        self._note(name, None, begin)

    def _note(self, name: str, data: bytes | None, begin: int) -> None:
        time.sleep(self._pause)
        with self._lock:
            self.calls.append(Call(name, data, begin, next(self._clock)))

    def _see(self, name: str) -> None:
        self._seen.setdefault(name, next(self._clock))

    def in_order(self) -> Sequence[Call]:
        calls = (self._until_seen(call) for call in self.calls)
        return sorted(calls, key=lambda call: call.begin)

    def _until_seen(self, call: Call) -> Call:
        seen = self._seen.get(call.name, call.end) if call.data is not None else call.end
        return call._replace(end=seen) if call.begin < seen < call.end else call


def crashes(calls: Sequence[Call]) -> Iterator[Crash]:
    """Every set of calls that a crash may leave, each once. ``calls`` in the order in which they began."""
    seen: set[frozenset[int]] = set()
    moments = [call.begin for call in calls] + [max((call.end for call in calls), default=0) + 1]
    for number, moment in enumerate(moments):
        asked = range(min(number + 1, len(calls)))
        done = frozenset(i for i in asked if calls[i].end < moment)
        flying = [i for i in asked if i not in done][-_MOST_AT_ONCE:]
        for count in range(len(flying) + 1):
            for part in itertools.combinations(flying, count):
                kept = done.union(part)
                if kept not in seen:
                    seen.add(kept)
                    yield Crash(kept, frozenset(flying) - kept, kept == frozenset(range(len(kept))))
