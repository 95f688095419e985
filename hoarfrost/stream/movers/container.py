"""A container's objects: each as what it is, and only those that changed.

Large objects and symlinks are kept as manifests and links, not as what they lead to; what they lead to is
in the backup by itself. Where old versions are kept, they are read too. Decides too what is left out: a
repository of ours that lies in a folder of the container. Memory: AT_ONCE pieces of 1 MiB, and what
`inventory` says. Writing is in `filling`.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal

from hoarfrost.cloud import Borrow, Cloud, Headers, Rest, quote_path
from hoarfrost.errors import CloudError, Damaged, NotFound, Refused, WentWrong
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.kinds.object_store import MARKER, is_ours
from hoarfrost.model import Finding, Frozen, Resource, Stream
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers.content import Counted, base_of, extents_of, handle
from hoarfrost.stream.movers.filling import AT_ONCE, MD5, QUEUED, Filling
from hoarfrost.stream.movers.inventory import Inventory, Item, before
from hoarfrost.stream.movers.versions import (
    AS_BEFORE,
    VERSIONED,
    by_name,
    deletion,
    history,
    is_deletion,
    unread,
)

AS_IT_IS = {"multipart-manifest": "get", "format": "raw", "symlink": "get"}
"""Of a manifest or link, itself; in the form in which a manifest can be sent back. Means nothing to other
objects."""

KEPT = re.compile(
    r"content-(type|encoding|disposition|language)|cache-control|expires|x-robots-tag|x-delete-at"
    r"|x-object-manifest|x-symlink-target(-account|-etag)?|x-object-meta-.*"
)
"""Headers that a PUT takes and a GET gives back."""


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
        stream = reading.all(resource, base_of(base))
        if reading.failed:
            some = ", ".join(reading.failed[:3])
            raise Incomplete(
                f"{len(reading.failed)} objects of {resource.name!r} could not be read: {some}.", stream
            )
        if reading.told:
            raise Incomplete(" ".join(reading.told), stream, severity="info")
        return stream

    def supply(
        self, cloud: Cloud, borrow: Borrow, resource: Resource, stream: Stream, storage: Storage, tell: Tell
    ) -> Mapping[str, Any]:
        return {}

    def fill(
        self, cloud: Cloud, resource: Resource, id: str, stream: Stream, storage: Storage, tell: Tell
    ) -> tuple[Finding, ...]:
        """What is there already is left as it is. Raises Refused if an object could not be written."""
        if stream.ref is None:
            return ()
        rest = cloud.rest("object-store")
        versions = VERSIONED in resource.body["+headers"] and _keeps_versions(rest, id)
        filling = Filling(rest, id, storage, Counted(tell, stream.size), versions)
        filling.all(handle(stream))
        return tuple(_told(resource, filling))


class _Reading:
    """One pass over a container."""

    def __init__(self, rest: Rest, container: str, storage: Storage, done: Counted) -> None:
        self._rest, self._container, self._storage, self._done = rest, container, storage, done
        self._account = rest.endpoint.rstrip("/").rpartition("/")[2]
        self._lock = threading.Lock()
        self.failed: list[str] = []
        self._gone = 0
        self._unknown = ""
        self._ours: list[str] = []  # folders that hold a repository of ours
        self._items = self._size = self._read_bytes = self._new = self._stored = 0

    def all(self, resource: Resource, base: Any) -> Stream:
        known = before(self._storage, base, self._forgotten) if base else None
        inventory = Inventory()
        with ThreadPoolExecutor(AT_ONCE, "object-read") as pool:
            flight: deque[Future[Item | None]] = deque()
            query = {"versions": "true"} if VERSIONED in resource.body["+headers"] else {}
            for listed in by_name(self._rest.list(quote_path(self._container), "", **query)):
                if self._of_a_repository(listed[-1]):
                    continue
                last = known.find(listed[-1]["name"]) if known else None
                flight.append(pool.submit(self._one, listed, last))
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

    @property
    def told(self) -> list[str]:
        """Sentences about what is left out on purpose."""
        said = [
            f"The repository of Hoarfrost in {folder!r} is left out: backups are not backed up."
            for folder in self._ours
        ]
        if self._unknown:
            said.append(f"What the last backup knew of it could not be read to its end: {self._unknown}")
        if self._gone:
            said.append(f"{self._gone} objects were listed but have expired, or were removed meanwhile.")
        return said

    def _forgotten(self, error: Damaged) -> None:
        self._unknown = error.sentence

    def _of_a_repository(self, listed: dict[str, Any]) -> bool:
        """Whether it lies in a folder that is a repository of ours: of its marker on, nothing there is read."""
        folder, slash, last = listed["name"].rpartition("/")
        try:
            if slash and last == MARKER and is_ours(self._rest, self._container, listed):
                self._ours.append(folder + slash)
        except NotFound:
            return False  # gone since it was listed, as whoever reads it will see
        return any(listed["name"].startswith(one) for one in self._ours[-1:])

    def _add(self, inventory: Inventory, item: Item | None) -> None:
        if item is not None:
            inventory.add(item)
            self._items += item.kind not in ("deleted", "unread")
            self._size += sum(one.ref.size for one in (item, *item.older) if one.ref)
        self._tell(0)  # where nothing is read, a run that was stopped notices it here

    def _one(self, listed: list[dict[str, Any]], known: Item | None) -> Item | None:
        """A name with its versions, oldest first. None if it is gone."""
        past = known.versions() if known else {}
        read = [(one, self._version(one, past.get(_version(one)))) for one in listed]
        last = read.pop()[1] if listed[-1].get("is_latest", True) else None
        return history(last, tuple(item for _, item in read if item))

    def _version(self, listed: dict[str, Any], known: Item | None) -> Item | None:
        if is_deletion(listed):
            return deletion(listed)
        if known and known.unchanged(listed) and (known.ref is None or self._storage.keep(known.ref)):
            return known
        try:
            return self._read(listed)
        except NotFound:
            with self._lock:
                self._gone += 1
            return None
        except CloudError as error:
            with self._lock:
                self.failed.append(f"{listed['name']} ({error.sentence})")
            return unread(listed, _version(listed))

    def _read(self, listed: dict[str, Any]) -> Item:
        name, version = listed["name"], _version(listed)
        headers, pieces = self._open(quote_path(self._container, name), version)
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
            place = f"version/{version}" if version else "container"
            ref = self._storage.write(
                f"{place}/{self._container}/{name}", size, extents_of(content, self._tell)
            )
            with self._lock:
                self._read_bytes += ref.read
                self._new += ref.new
                self._stored += ref.stored
        if kind in ("plain", "dlo") and MD5.fullmatch(etag) and digest.hexdigest() != etag:
            raise WentWrong("its bytes are not those that its ETag promises")
        kept = {key.lower(): value for key, value in headers.items() if KEPT.fullmatch(key.lower())}
        if kind == "slo":
            kept["content-type"] = listed["content_type"]  # the answer's own is that of the manifest
        if kept.get("x-symlink-target-account") == self._account:
            del kept["x-symlink-target-account"]  # its own one, which is what Swift takes for granted
        told = (listed["bytes"], listed["hash"])
        if kind in ("plain", "dlo") and MD5.fullmatch(etag):
            told = (size, etag)  # of what was read: listings lag behind, and the object may be a newer one
        return Item(name, *told, listed["last_modified"], kind, kept, ref, version)

    def _open(self, path: str, version: str) -> tuple[Headers, Iterator[bytes]]:
        """An object as it is. With versions on, Swift gives the link that it keeps to the current version."""
        if version:
            return self._rest.open(path, 0, None, **AS_IT_IS, **{"version-id": version})
        headers, pieces = self._rest.open(path, 0, None, **AS_IT_IS)
        version = headers.get("X-Object-Version-Id", "")
        if version and headers.get("X-Symlink-Target", "").endswith(f"?version-id={version}"):
            return self._rest.open(path, 0, None, **AS_IT_IS, **{"version-id": version})
        return headers, pieces

    def _tell(self, length: int) -> None:
        with self._lock:
            self._done(length)


def _version(listed: dict[str, Any]) -> str:
    said = str(listed.get("version_id", ""))
    return "" if said == AS_BEFORE else said


def _keeps_versions(rest: Rest, container: str) -> bool:
    """Turns it on before anything is written, as the old versions come first."""
    try:
        rest.post(quote_path(container), headers={VERSIONED: "true"})
    except NotFound:
        raise
    except Refused:
        return False
    return rest.head(quote_path(container)).get(VERSIONED, "").lower() == "true"


def _told(resource: Resource, filling: Filling) -> Iterator[Finding]:
    if filling.expired:
        sentence = (
            f"{filling.expired} objects of {resource.name!r} have expired since the backup: they stay away."
        )
        yield Finding(address=resource.address, severity="info", code="expired", sentence=sentence)
    if filling.lost:
        sentence = f"{filling.lost} old versions of objects of {resource.name!r} could not be put back."
        yield Finding(address=resource.address, severity="error", code="not-kept", sentence=sentence)
    if filling.unread:
        sentence = (
            f"{filling.unread} objects of {resource.name!r} could not be read when the backup was made: what is there"
            " in their place stays; where nothing is, older versions come back as those of deleted objects."
        )
        yield Finding(address=resource.address, severity="warning", code="unread", sentence=sentence)


def _kind(headers: Headers) -> Literal["plain", "slo", "dlo", "symlink"]:
    if headers.get("X-Static-Large-Object", "").lower() == "true":
        return "slo"
    if "X-Object-Manifest" in headers:
        return "dlo"
    return "symlink" if "X-Symlink-Target" in headers else "plain"
