"""Disks under LUKS: their bytes as they are, and beside them the key that opens them.

Decides that nothing is decrypted on the way: the header travels with the data, so that the restored volume opens with
the same key on any cloud. The key is that of the image, not of the volume: where a cloud gives each copy a key of its
own, only that one opens the bytes which were read.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hoarfrost.cloud import Borrow, Borrowed, Cloud
from hoarfrost.errors import Refused
from hoarfrost.kinds.image import ENCRYPTION_KEY
from hoarfrost.kinds.mover import Storage, Tell
from hoarfrost.model import Body, Stream
from hoarfrost.stream.movers.content import Content, Counted, handle
from hoarfrost.stream.movers.image_disk import BYTES, IMAGES

LUKS = "luks"
"""The format of such a stream."""

GIB = 1 << 30

LONGEST = timedelta(days=2)
"""Until a secret that a cut run left goes by itself; the bytes have to be in the cloud by then."""


def key_of(cloud: Cloud, borrow: Borrow, image: Borrowed, volume: Body) -> str:
    """The key of an image that was made of an encrypted ``volume``, in base64. Raises CloudError.

    Cinder made it for the image, and not every Glance removes it with that: so it is ours to give back. One that the
    volume names, too, is not: without it nobody opens the volume, or the image that it was made of.
    """
    id = cloud.rest("image").get(f"{IMAGES}/{image.id}").get(ENCRYPTION_KEY)
    if not id:
        raise Refused("This cloud does not say with which key the copy of an encrypted volume opens.")
    if id not in (
        volume.get("encryption_key_id"),
        (volume.get("volume_image_metadata") or {}).get(ENCRYPTION_KEY),
    ):
        borrow.adopt("secret", id, image.name)
    return base64.b64encode(
        b"".join(cloud.rest("key-manager").download(f"/v1/secrets/{id}/payload"))
    ).decode()


def lend_locked(
    cloud: Cloud, borrow: Borrow, wanted: int, stream: Stream, storage: Storage, tell: Tell
) -> Mapping[str, Any]:
    """What to add to the request for a volume of ``wanted`` GiB: a temporary image, which names a temporary secret.

    The new volume gets a key of its own with the same value. Where the header lay outside of the old volume, as with
    some back ends, the new one is larger by as much.
    """
    rest = cloud.rest("image")
    key = borrow.take("secret", lambda name: _stored(cloud, stream.secret))

    def make(name: str) -> str:
        about = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private"}
        return str(rest.post(IMAGES, about | {ENCRYPTION_KEY: key.id})["id"])

    image = borrow.take("image", make)
    content = Content(storage, handle(stream), Counted(tell, stream.size))
    rest.upload(f"{IMAGES}/{image.id}/file", content, BYTES)
    needed = -(-stream.size // GIB)
    return {"imageRef": image.id} | ({"size": needed} if needed > wanted else {})


def _stored(cloud: Cloud, secret: str) -> str:
    said = {
        "expiration": (datetime.now(UTC) + LONGEST).isoformat(timespec="seconds"),
        "secret_type": "symmetric",
        "algorithm": "aes",
        "bit_length": 8 * len(base64.b64decode(secret)),
        "payload": secret,
        "payload_content_type": "application/octet-stream",
        "payload_content_encoding": "base64",
    }
    answer = cloud.rest("key-manager").post("/v1/secrets", said)
    return str(answer["secret_ref"]).rstrip("/").rpartition("/")[2]
