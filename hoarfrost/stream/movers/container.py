"""A container's objects: each as what it is, and only those that changed.

Large objects and symlinks are kept as manifests and links, not as what they lead to; what they lead to is
in the backup by itself. Memory: AT_ONCE pieces of 1 MiB, and what `inventory` says.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal

from hoarfrost.cloud import Borrow, Cloud, Headers, Rest, quote_path
from hoarfrost.errors import CloudError, Damaged, HoarfrostError, NotFound, Refused, WentWrong
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.model import Frozen, Resource, Stream
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers.content import Content, Counted, base_of, extents_of, handle
from hoarfrost.stream.movers.inventory import Before, Inventory, Item, items

AT_ONCE = 8
QUEUED = 4 * AT_ONCE

AS_IT_IS = {"multipart-manifest": "get", "format": "raw", "symlink": "get"}
"""Of a manifest or link, itself; in the form in which a manifest can be sent back. Means nothing to other
objects."""

KEPT = re.compile(
    r"content-(type|encoding|disposition|language)|cache-control|expires|x-robots-tag|x-delete-at"
    r"|x-object-manifest|x-symlink-target(-account|-etag)?|x-object-meta-.*"
)
"""Headers that a PUT takes and a GET gives back."""

_MD5 = re.compile(r"[0-9a-f]{32}")
_PATIENCE = 300.0  # seconds without any progress until what a manifest names is taken to be missing


class ContainerMover:
    def read(
        self,
        cloud: Cloud,
        borrow: Borrow,
        resource: Resource,
        frozen: Frozen | None,
        storage: Storage,
        base: Stream | None,
        tell: Tell,
    ) -> Stream:
        """Raises Incomplete, with the stream of all the others, if an object could not be read."""
        total = int(resource.body.get("bytes") or 0)
        reading = _Reading(cloud.rest("object-store"), resource.name, storage, Counted(tell, total))
        before = base_of(base)
        stream = reading.all(resource, before)
        if reading.failed:
            some = ", ".join(reading.failed[:3])
            raise Incomplete(
                f"{len(reading.failed)} objects of {resource.name!r} could not be read: {some}", stream
            )
        return stream

    def supply(
        self, cloud: Cloud, borrow: Borrow, resource: Resource, stream: Stream, storage: Storage, tell: Tell
    ) -> Mapping[str, Any]:
        return {}

    def fill(
        self, cloud: Cloud, resource: Resource, id: str, stream: Stream, storage: Storage, tell: Tell
    ) -> None:
        """Plain objects first, then what refers to them. What is there already is left as it is."""
        if stream.ref is None:
            return
        rest = cloud.rest("object-store")
        there = {one["name"]: one for one in rest.list(quote_path(id), "") if "name" in one}
        writing = _Writing(rest, id, storage, Counted(tell, stream.size))
        later = []
        with ThreadPoolExecutor(AT_ONCE, "object-write") as pool:
            flight: deque[Future[None]] = deque()
            for item in items(storage, handle(stream)):
                found = there.get(item.name)
                if found and (found["hash"], found["bytes"]) == (item.etag, item.bytes):
                    continue
                if item.kind in ("slo", "symlink"):
                    later.append(item)
                    continue
                flight.append(pool.submit(writing.attempt, item))
                if len(flight) >= QUEUED:
                    flight.popleft().result()
            for one in flight:
                one.result()
        writing.put_later(later)
        if writing.failed:
            some = ", ".join(writing.failed[:3])
            raise Refused(f"{len(writing.failed)} objects could not be written: {some}")


class _Reading:
    """One pass over a container."""

    def __init__(self, rest: Rest, container: str, storage: Storage, done: Counted) -> None:
        self._rest, self._container, self._storage, self._done = rest, container, storage, done
        self._lock = threading.Lock()
        self.failed: list[str] = []
        self._items = self._size = self._read_bytes = self._new = self._stored = 0

    def all(self, resource: Resource, base: Any) -> Stream:
        before = Before(items(self._storage, base)) if base else None
        inventory = Inventory()
        with ThreadPoolExecutor(AT_ONCE, "object-read") as pool:
            flight: deque[Future[Item | None]] = deque()
            for listed in self._rest.list(quote_path(self._container), ""):
                known = before.find(listed["name"]) if before else None
                flight.append(pool.submit(self._one, listed, known))
                if len(flight) >= QUEUED:
                    self._add(inventory, flight.popleft().result())
            for one in flight:
                self._add(inventory, one.result())
        # Not below the container's own name: an object may be called anything, and no two streams may be called alike.
        ref = inventory.store(self._storage, f"inventory/{self._container}", base)
        return Stream(
            address=resource.address,
            format="objects",
            ref=ref,
            size=self._size,
            logical=self._size,
            items=self._items,
            read=self._read_bytes,
            new=self._new + ref.new,
            stored=self._stored + ref.stored,
        )

    def _add(self, inventory: Inventory, item: Item | None) -> None:
        if item is not None:
            inventory.add(item)
            self._items += 1
            self._size += item.ref.size if item.ref else 0
        self._tell(0)  # where nothing is read, a run that was stopped notices it here

    def _one(self, listed: dict[str, Any], known: Item | None) -> Item | None:
        """None if it is gone, or cannot be read (noted in ``failed``)."""
        if known and known.unchanged(listed):
            if known.ref:
                self._storage.keep(known.ref)
            return known
        try:
            return self._read(listed)
        except NotFound:
            return None  # deleted since it was listed
        except CloudError as error:
            with self._lock:
                self.failed.append(f"{listed['name']} ({error.sentence})")
            return None

    def _read(self, listed: dict[str, Any]) -> Item:
        name = listed["name"]
        headers, pieces = self._rest.open(quote_path(self._container, name), 0, None, **AS_IT_IS)
        kind = _kind(headers)
        etag = headers.get("ETag", "").strip('"')
        digest = hashlib.md5(usedforsecurity=False)

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        size, ref = int(headers["Content-Length"]), None
        content = hashed()
        if size:
            ref = self._storage.write(
                f"container/{self._container}/{name}", size, extents_of(content, self._tell)
            )
            with self._lock:
                self._read_bytes += ref.read
                self._new += ref.new
                self._stored += ref.stored
        if kind in ("plain", "dlo") and _MD5.fullmatch(etag) and digest.hexdigest() != etag:
            raise WentWrong("its bytes are not those that its ETag promises")
        kept = {key.lower(): value for key, value in headers.items() if KEPT.fullmatch(key.lower())}
        if kind == "slo":
            kept["content-type"] = listed["content_type"]  # the answer's own is that of the manifest
        told = (listed["bytes"], listed["hash"])
        if kind in ("plain", "dlo") and _MD5.fullmatch(etag):
            told = (size, etag)  # of what was read: listings lag behind, and the object may be a newer one
        return Item(name, *told, listed["last_modified"], kind, kept, ref)

    def _tell(self, length: int) -> None:
        with self._lock:
            self._done(length)


def _kind(headers: Headers) -> Literal["plain", "slo", "dlo", "symlink"]:
    if headers.get("X-Static-Large-Object", "").lower() == "true":
        return "slo"
    if "X-Object-Manifest" in headers:
        return "dlo"
    return "symlink" if "X-Symlink-Target" in headers else "plain"


class _Writing:
    """One container being filled."""

    def __init__(self, rest: Rest, container: str, storage: Storage, done: Counted) -> None:
        self._rest, self._container, self._storage, self._done = rest, container, storage, done
        self._lock = threading.Lock()
        self.failed: list[str] = []

    def attempt(self, item: Item) -> None:
        """`put`, where one object that is refused or damaged does not stop the others (noted in ``failed``)."""
        try:
            self.put(item)
        except NotFound:
            raise  # the container itself is gone
        except (Refused, Damaged) as error:
            self._note(item, error)

    def _note(self, item: Item, error: HoarfrostError) -> None:
        with self._lock:
            self.failed.append(f"{item.name} ({error.sentence})")

    def put(self, item: Item) -> None:
        headers = dict(item.headers)
        if int(headers.get("x-delete-at", 1 << 62)) <= time.time():
            return  # it has expired since; Swift would refuse it
        if item.kind in ("plain", "dlo") and _MD5.fullmatch(item.etag):
            headers["ETag"] = item.etag  # Swift compares it with what arrives (422)
        content = Content(self._storage, item.ref, self._tell) if item.ref else b""
        query = {"multipart-manifest": "put"} if item.kind == "slo" else {}
        self._rest.upload(quote_path(self._container, item.name), content, headers, **query)

    def put_later(self, manifests: list[Item]) -> None:
        """Manifests and links name objects that may be in a container that is being filled at this moment.

        They are tried again as long as any of them gets through, and for a while after that.
        """
        since, pause = time.monotonic(), 0.5
        while manifests:
            left: list[Item] = []
            for item in manifests:
                try:
                    self.put(item)
                except Refused as error:
                    if time.monotonic() - since > _PATIENCE:
                        self._note(item, error)
                    else:
                        left.append(item)
            if len(left) < len(manifests):
                since = time.monotonic()
            manifests = left
            if manifests:
                self._tell(0)  # a run that was stopped notices it here
                time.sleep(pause)
                pause = min(pause * 1.5, 10.0)

    def _tell(self, length: int) -> None:
        with self._lock:
            self._done(length)
