"""Images that the user owns: kept byte for byte, and not even read while Glance's hash says they are the
same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.errors import Forbidden, WentWrong
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.model import Body, Finding, Frozen, Resource, Stream
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers.content import Content, Counted, base_of, extents_of, handle
from hoarfrost.stream.movers.image_disk import BYTES, IMAGES


class ImageMover:
    """`Stream.checksum` is ``algorithm:hex``, as Glance gives it (os_hash_algo, os_hash_value)."""

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
        """An image that waits for its bytes gives a stream without ``ref``.

        Raises Incomplete for one that is deactivated and may not be read: as a warning, it cannot be restored and the
        backup counts as whole; as an error where the repository had its bytes, and they are lost.
        """
        body = resource.body
        size = int(body.get("size") or 0)
        if body["status"] not in ("active", "deactivated") or not size:
            return Stream(address=resource.address, size=0, format="opaque")
        checksum, before = _checksum(body), base_of(base)
        same = base is not None and checksum and (base.checksum, base.size) == (checksum, size)
        kept = before if before and same and storage.keep(before) else None
        try:
            ref = kept or self._copy(cloud, resource, storage, size, tell)
        except Forbidden:
            if body["status"] != "deactivated":
                raise
            raise _deactivated(resource, lost=bool(before and same)) from None
        return Stream(
            address=resource.address,
            size=size,
            format="opaque",
            ref=ref,
            checksum=checksum,
            logical=size,
            read=0 if kept else ref.read,
            new=0 if kept else ref.new,
            stored=0 if kept else ref.stored,
        )

    def _copy(self, cloud: Cloud, resource: Resource, storage: Storage, size: int, tell: Tell) -> Any:
        body = resource.body
        digest = hashlib.new(body["os_hash_algo"]) if _checksum(body) else None

        def pieces() -> Iterator[bytes]:
            for piece in cloud.rest("image").download(f"{IMAGES}/{resource.id}/file"):
                if digest:
                    digest.update(piece)
                yield piece

        ref = storage.write(resource.address, size, extents_of(pieces(), Counted(tell, size)))
        if ref.read != size or (digest and digest.hexdigest() != body["os_hash_value"]):
            raise WentWrong(f"The bytes of the image {resource.name!r} are not those that its hash promises.")
        return ref

    def supply(
        self, cloud: Cloud, borrow: Borrow, resource: Resource, stream: Stream, storage: Storage, tell: Tell
    ) -> Mapping[str, Any]:
        return {}

    def fill(
        self, cloud: Cloud, resource: Resource, id: str, stream: Stream, storage: Storage, tell: Tell
    ) -> tuple[Finding, ...]:
        """Fine if an earlier run has filled it: an active image cannot be filled again, only compared."""
        if stream.ref is None:
            return ()
        rest = cloud.rest("image")
        if rest.get(f"{IMAGES}/{id}")["status"] != "active":
            content = Content(storage, handle(stream), Counted(tell, stream.size))
            rest.upload(f"{IMAGES}/{id}/file", content, BYTES)
        made = rest.get(f"{IMAGES}/{id}")
        if not _same(resource.body, made):
            raise WentWrong(f"The restored image {id} has other bytes than {resource.name!r} had.")
        return ()


def _deactivated(resource: Resource, *, lost: bool) -> Incomplete:
    sentence = f"The image {resource.name!r} is deactivated: only an administrator may read its bytes."
    if lost:
        sentence += " What the last backup had of it is lost or damaged in the repository."
    without = Stream(address=resource.address, size=0, format="opaque", outcome="failed")
    return Incomplete(sentence, without, "Reactivate it for the backup.", "error" if lost else "warning")


def _checksum(body: Body) -> str:
    """ "" where Glance gives no secure hash, or one that cannot be computed here."""
    algorithm = body.get("os_hash_algo") or ""
    known = algorithm in hashlib.algorithms_available and body.get("os_hash_value")
    return f"{algorithm}:{body['os_hash_value']}" if known else ""


def _same(ours: Body, theirs: Body) -> bool:
    """By size, and by the best hash that both clouds give (they may be set to different algorithms)."""
    if ours.get("size") != theirs.get("size"):
        return False
    if ours.get("os_hash_algo") and ours.get("os_hash_algo") == theirs.get("os_hash_algo"):
        return bool(ours["os_hash_value"] == theirs["os_hash_value"])
    return bool(ours.get("checksum") == theirs.get("checksum"))
