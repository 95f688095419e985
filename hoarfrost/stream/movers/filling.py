"""A container being filled from its inventory: plain objects first, then manifests and links.

Decides what is written at all (what is there already, and what has expired, is not), and how long is waited
for what a manifest names. Memory does not grow with the number of objects, but for one byte for each manifest
or link: inventory and listing are gone through side by side, as both are in the same order.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from hoarfrost.cloud import Rest, quote_path
from hoarfrost.errors import Damaged, HoarfrostError, NotFound, Refused
from hoarfrost.kinds.mover import Storage
from hoarfrost.repository import StreamRef
from hoarfrost.stream.movers.content import Content
from hoarfrost.stream.movers.inventory import Beside, Item, items

AT_ONCE = 8
QUEUED = 4 * AT_ONCE

MD5 = re.compile(r"[0-9a-f]{32}")

PATIENCE = 300.0
"""Seconds without any progress until what a manifest names is taken to be missing."""

_LATER = ("slo", "symlink")
_NEVER = 1 << 62


class Filling:
    """One container. ``failed``: what could not be written, with why; ``expired``: how many were not to be."""

    def __init__(self, rest: Rest, container: str, storage: Storage, done: Callable[[int], None]) -> None:
        self._rest, self._container, self._storage, self._done = rest, container, storage, done
        self._lock = threading.Lock()
        self.failed: list[str] = []
        self.expired = 0

    def all(self, inventory: StreamRef) -> None:
        """Raises Refused if an object could not be written; all the others are."""
        with ThreadPoolExecutor(AT_ONCE, "object-write") as pool:
            referring = self._plain(pool, items(self._storage, inventory))
            if referring:
                self._referring(pool, inventory, bytearray(referring))
        if self.failed:
            some = ", ".join(self.failed[:3])
            raise Refused(f"{len(self.failed)} objects could not be written: {some}")

    def _plain(self, pool: ThreadPoolExecutor, inventory: Iterator[Item]) -> int:
        """Writes what refers to nothing; returns how many manifests and links are left."""
        listed = self._rest.list(quote_path(self._container), "")
        there = Beside((one for one in listed if "name" in one), lambda one: str(one["name"]))
        left, flight = 0, deque[Future[None]]()
        for item in inventory:
            if item.kind in _LATER:
                left += 1
                continue
            found = there.find(item.name)
            if found is None or (found["hash"], found["bytes"]) != (item.etag, item.bytes):
                flight.append(pool.submit(self._attempt, item))
            if len(flight) >= QUEUED:
                flight.popleft().result()
        for one in flight:
            one.result()
        return left

    def _referring(self, pool: ThreadPoolExecutor, inventory: StreamRef, written: bytearray) -> None:
        """Manifests and links name objects that may be in a container that is being filled at this moment.

        They are tried again as long as any of them gets through, and for a while after that.
        """
        since, pause = time.monotonic(), 0.5
        while True:
            given_up = time.monotonic() - since > PATIENCE
            flight, got_through = deque[tuple[int, Future[bool]]](), False
            later = (one for one in items(self._storage, inventory) if one.kind in _LATER)
            for number, item in enumerate(later):
                if not written[number]:
                    flight.append((number, pool.submit(self._is_written, item, given_up)))
                if len(flight) >= QUEUED:
                    got_through |= _noted(written, *flight.popleft())
            for one in flight:
                got_through |= _noted(written, *one)
            if all(written):
                return
            if got_through:
                since, pause = time.monotonic(), 0.5
            self._tell(0)  # a run that was stopped notices it here
            time.sleep(pause)
            pause = min(pause * 1.5, 10.0)

    def _is_written(self, item: Item, given_up: bool) -> bool:
        """Whether nothing more is to be done about ``item``: also if it has ``failed`` for good."""
        try:
            self._put(item)
        except NotFound:
            raise  # the container itself is gone
        except Refused as error:
            if given_up:
                self._note(item, error)
            return given_up
        except Damaged as error:
            self._note(item, error)
        return True

    def _attempt(self, item: Item) -> None:
        """One object that is refused or damaged does not stop the others (noted in ``failed``)."""
        try:
            self._put(item)
        except NotFound:
            raise  # the container itself is gone
        except (Refused, Damaged) as error:
            self._note(item, error)

    def _note(self, item: Item, error: HoarfrostError) -> None:
        with self._lock:
            self.failed.append(f"{item.name} ({error.sentence})")

    def _put(self, item: Item) -> None:
        headers = dict(item.headers)
        if int(headers.get("x-delete-at", _NEVER)) <= time.time():
            with self._lock:
                self.expired += 1
            return  # Swift would refuse it
        if item.kind in ("plain", "dlo") and MD5.fullmatch(item.etag):
            headers["ETag"] = item.etag  # Swift compares it with what arrives (422)
        content = Content(self._storage, item.ref, self._tell) if item.ref else b""
        query = {"multipart-manifest": "put"} if item.kind == "slo" else {}
        self._rest.upload(quote_path(self._container, item.name), content, headers, **query)

    def _tell(self, length: int) -> None:
        with self._lock:
            self._done(length)


def _noted(written: bytearray, number: int, outcome: Future[bool]) -> bool:
    written[number] = outcome.result()
    return bool(written[number])
