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
from typing import Any

from hoarfrost.cloud import Rest, quote_path
from hoarfrost.errors import Damaged, HoarfrostError, NotFound, Refused
from hoarfrost.kinds.mover import Storage
from hoarfrost.repository import StreamRef
from hoarfrost.stream.movers.content import Content
from hoarfrost.stream.movers.inventory import Beside, Item, items
from hoarfrost.stream.movers.versions import has_expired, left

AT_ONCE = 8
QUEUED = 4 * AT_ONCE

MD5 = re.compile(r"[0-9a-f]{32}")

PATIENCE = 300.0
"""Seconds without any progress until what a manifest names is taken to be missing."""

_LATER = ("slo", "symlink")


class Filling:
    """One container, which keeps ``versions`` or does not.

    ``failed``: what could not be written, with why; ``expired``: how many were not to be; ``lost``: how many old
    versions could not be written; ``unread``: how many, old versions among them, the backup does not have.
    """

    def __init__(
        self,
        rest: Rest,
        container: str,
        storage: Storage,
        done: Callable[[int], None],
        versions: bool = False,
    ) -> None:
        self._rest, self._container, self._storage, self._done = rest, container, storage, done
        self._versions = versions
        self._lock = threading.Lock()
        self.failed: list[str] = []
        self.expired = self.lost = self.unread = 0
        self._begun: set[str] = set()  # names without a current version that can be put, but with older ones

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
        waiting, flight = 0, deque[Future[None]]()
        for item in inventory:
            if not self._versions:
                self.lost += sum(one.kind not in ("deleted", "unread") for one in item.older)
            self.unread += sum(one.kind == "unread" for one in (item, *item.older))
            if self._waits(item):
                waiting += 1
                continue
            if self._is_due(item, there):
                flight.append(pool.submit(self._attempt, item))
            if len(flight) >= QUEUED:
                flight.popleft().result()
        for one in flight:
            one.result()
        return waiting

    def _waits(self, item: Item) -> bool:
        """Whether it, or an old version of it, may name what is not there yet."""
        return any(one.kind in _LATER for one in (item, *(item.older if self._versions else ())))

    def _is_due(self, item: Item, there: Beside[dict[str, Any]]) -> bool:
        """Old versions are looked for when their turn comes."""
        if self._versions and item.older:
            return True
        if item.kind in ("deleted", "unread"):
            return self._versions and item.kind == "deleted"
        found = there.find(item.name)
        return found is None or (found["hash"], found["bytes"]) != (item.etag, item.bytes)

    def _referring(self, pool: ThreadPoolExecutor, inventory: StreamRef, written: bytearray) -> None:
        """Manifests and links name objects that may be in a container that is being filled at this moment.

        They are tried again as long as any of them gets through, and for a while after that.
        """
        since, pause = time.monotonic(), 0.5
        while True:
            given_up = time.monotonic() - since > PATIENCE
            flight, got_through = deque[tuple[int, Future[bool]]](), False
            later = (one for one in items(self._storage, inventory) if self._waits(one))
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
            self._write(item, given_up)
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
            self._write(item, True)
        except NotFound:
            raise  # the container itself is gone
        except (Refused, Damaged) as error:
            self._note(item, error)

    def _note(self, item: Item, error: HoarfrostError) -> None:
        with self._lock:
            self.failed.append(f"{item.name} ({error.sentence})")

    def _write(self, item: Item, given_up: bool) -> None:
        """With its old versions, one after the other; one of them that is refused for good costs no other."""
        if has_expired(item):
            with self._lock:
                self.expired += 1
        if not (self._versions and (item.older or item.kind in (*_LATER, "deleted"))):
            if not has_expired(item):  # Swift would refuse it
                self._put(item)
            return
        for one in left(self._rest, self._container, item, item.name in self._begun):
            if item.kind == "unread":
                self._begun.add(item.name)
            try:
                self._put(one)
            except NotFound:
                raise
            except (Refused, Damaged) as error:
                if one is item or (isinstance(error, Refused) and not given_up):
                    raise
                with self._lock:
                    self.lost += 1

    def _put(self, item: Item) -> None:
        if item.kind == "deleted":
            self._rest.delete(quote_path(self._container, item.name))
            return
        headers = dict(item.headers)
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
