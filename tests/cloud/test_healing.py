"""What the repository has lost of an image or an object that did not change is asked of the cloud again."""

from __future__ import annotations

import random

import pytest

from hoarfrost.cloud import Cloud, quote_path
from hoarfrost.repository.layout import PACKS, pack_object
from tests.cloud.round_trip import RoundTrip, Undo
from tests.cloud.test_images import Images
from tests.cloud.test_objects import Store

pytestmark = pytest.mark.cloud

IMAGE = random.Random(1).randbytes(400_000)
OBJECT = random.Random(2).randbytes(300_000)


def flip(trip: RoundTrip, name: str) -> None:
    """A bit of a stream of one segment."""
    store = trip.repository.store
    place = trip.repository._blobs.place(trip.repository.load(trip.backup_id).streams[name].root[1:17])
    pack = pack_object(place.pack)
    data = bytearray(store.get(pack))
    data[place.entry.offset + 99] ^= 8
    store.delete(pack)
    store.put_new(pack, bytes(data))


@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_the_next_backup_heals_what_did_not_change(cloud: Cloud, other: Cloud, undo: Undo, how: str) -> None:
    trip = RoundTrip(cloud, other, undo)
    image = Images(cloud, undo).make(trip.name("image"), IMAGE)
    container = Store(cloud).container(trip.name("box"), undo)
    for name, data in (("lost", OBJECT), ("kept", OBJECT[::-1])):
        Store(cloud).put(container, name, data)
    trip.back_up()
    first, streams = trip.backup_id, {f"image/{image}", f"container/{container}/lost"}
    ours = {f"image/{image}", f"container/{container}"}
    if how == "damaged":
        for name in streams:
            flip(trip, name)
        assert {one.stream for one in trip.repository.check(3).damage} == streams
    else:
        streams.add(f"container/{container}/kept")
        for pack, _ in list(trip.repository.store.list(PACKS)):
            trip.repository.store.delete(pack)

    backup = trip.back_up()
    (told,) = (one for one in backup.findings if one.code in ("not-whole", "damaged"))
    assert told.severity == "warning"
    read = {one.address: one.read for one in backup.streams if one.address in ours}
    assert read[f"image/{image}"] == len(IMAGE)
    assert read[f"container/{container}"] == len(OBJECT) * (1 if how == "damaged" else 2)
    assert not [one for one in backup.findings if one.severity == "error" and one.address in ours]
    assert {one.outcome for one in backup.streams if one.address in ours} == {"complete"}

    trip.restore()
    assert trip.differences == []
    there = trip.outcome.ids[f"image/{image}"]
    assert b"".join(other.rest("image").download(f"/v2/images/{there}/file")) == IMAGE
    path = quote_path(trip.outcome.ids[f"container/{container}"], "lost")
    assert b"".join(other.rest("object-store").download(path)) == OBJECT
    if how == "damaged":
        assert trip.repository.check(3).damage == ()
        assert trip.repository.load(first).streams.keys() >= streams

    again = trip.back_up()
    assert {one.address: one.read for one in again.streams if one.address in ours} == dict.fromkeys(ours, 0)
