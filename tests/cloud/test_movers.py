"""Bytes out of a real cloud and into it again: every mover, both ways, with nothing temporary left."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hoarfrost.cloud import Borrow, Cloud, leftovers, quote_path, wait_until
from hoarfrost.errors import CloudError
from hoarfrost.events import AnyEvent, silent
from hoarfrost.freeze import freeze
from hoarfrost.kinds import KINDS
from hoarfrost.model import Graph, Resource, Stream
from hoarfrost.stream import MOVERS, stream
from hoarfrost.stream.incomplete import Incomplete
from tests.cloud.conftest import Memory

pytestmark = pytest.mark.cloud

Undo = Callable[[Callable[[], object]], None]
GIB = 1 << 30


def name(what: str) -> str:
    return f"movers-{what}-{uuid.uuid4().hex[:6]}"


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def until(cloud: Cloud, kind: str, id: str, *states: str) -> dict[str, Any]:
    def probe() -> dict[str, Any] | None:
        body = KINDS[kind].show(cloud, id)
        assert not body["status"].lower().startswith("error"), body
        return body if body["status"] in states else None

    return wait_until(probe, what=f"{kind} {id}", limit=180)


def new_image(cloud: Cloud, undo: Undo, data: bytes, **about: Any) -> Resource:
    rest = cloud.rest("image")
    wanted = {"name": name("image"), "disk_format": "raw", "container_format": "bare", **about}
    id = rest.post("/v2/images", wanted)["id"]
    undo(lambda: rest.delete(f"/v2/images/{id}"))
    if data:
        rest.upload(f"/v2/images/{id}/file", [data], {"Content-Type": "application/octet-stream"})
    return KINDS["image"].resource(KINDS["image"].show(cloud, id))


def pattern() -> bytes:
    """About 9 MiB: random, zeros in the middle, an end that fills no cluster."""
    return random.Random(7).randbytes(3 << 20) + bytes(5 << 20) + random.Random(8).randbytes((1 << 20) + 512)


def digest(storage: Memory, one: Stream, size: int) -> str:
    whole = hashlib.sha256()
    for extent in storage.read(one.ref, [(0, size)]):
        whole.update(bytes(extent.length) if extent.data is None else extent.data)
    return whole.hexdigest()


# -- images ------------------------------------------------------------------------------------------------


def test_an_image_comes_back_byte_for_byte(cloud: Cloud, borrow: Borrow, storage: Memory, undo: Undo) -> None:
    mover = MOVERS["image"]
    ours = new_image(cloud, undo, pattern())
    first = mover.read(cloud, borrow, ours, None, storage, None, quiet)
    assert (first.format, first.size, first.read) == ("opaque", len(pattern()), len(pattern()))
    assert first.checksum == f"sha512:{ours.body['os_hash_value']}"
    again = mover.read(cloud, borrow, ours, None, storage, first, quiet)
    assert (again.read, again.ref, storage.kept) == (0, first.ref, [first.ref])
    made = new_image(cloud, undo, b"")
    mover.fill(cloud, ours, made.id, first, storage, quiet)
    mover.fill(cloud, ours, made.id, first, storage, quiet)  # as a resumed restore does
    assert KINDS["image"].show(cloud, made.id)["os_hash_value"] == ours.body["os_hash_value"]


def test_an_image_without_bytes_is_an_empty_stream(
    cloud: Cloud, borrow: Borrow, storage: Memory, undo: Undo
) -> None:
    ours = new_image(cloud, undo, b"")
    first = MOVERS["image"].read(cloud, borrow, ours, None, storage, None, quiet)
    assert (first.size, first.ref, first.outcome) == (0, None, "complete")
    MOVERS["image"].fill(cloud, ours, ours.id, first, storage, quiet)
    assert KINDS["image"].show(cloud, ours.id)["status"] == "queued"


def test_a_filled_image_with_other_bytes_is_not_taken_for_ours(
    cloud: Cloud, borrow: Borrow, storage: Memory, undo: Undo
) -> None:
    ours = new_image(cloud, undo, b"ours" * 100)
    other = new_image(cloud, undo, b"else" * 100)
    first = MOVERS["image"].read(cloud, borrow, ours, None, storage, None, quiet)
    with pytest.raises(CloudError, match="other bytes"):
        MOVERS["image"].fill(cloud, ours, other.id, first, storage, quiet)


# -- volumes -----------------------------------------------------------------------------------------------


def new_volume(cloud: Cloud, undo: Undo, **about: Any) -> Resource:
    rest = cloud.rest("block-storage", "3.70")
    wanted = {"volume": {"name": name("volume"), "size": 1, **about}}
    id = rest.post("/volumes", wanted)["volume"]["id"]
    undo(lambda: rest.delete(f"/volumes/{id}"))
    return KINDS["volume"].resource(until(cloud, "volume", id, "available"))


def test_a_volume_comes_back_with_its_bytes(
    cloud: Cloud, storage: Memory, undo: Undo, borrow: Borrow
) -> None:
    image = new_image(cloud, undo, pattern())
    ours = new_volume(cloud, undo, imageRef=image.id)
    empty = new_volume(cloud, undo)
    graph = Graph([ours, empty])
    window, findings = freeze(cloud, borrow, graph, KINDS, silent)
    assert findings == []
    assert {one.address for one in window.moments} == {ours.address, empty.address}
    assert all(one.ready >= one.frozen_at >= one.requested for one in window.moments)
    assert 0 < window.seconds < 60
    streams, findings = stream(cloud, borrow, graph, window, KINDS, MOVERS, storage, {}.get, silent)
    assert findings == []
    full, blank = streams
    assert (full.size, blank.size, blank.read) == (GIB, GIB, 0)
    assert 4 << 20 <= full.read < 6 << 20, "zeros were fetched"
    whole = hashlib.sha256(pattern()).hexdigest()
    assert digest(storage, full, len(pattern())) == whole
    assert sum(length for offset, length in storage.map(full.ref) if offset > len(pattern())) == 0
    assert MOVERS["volume"].supply(cloud, borrow, empty, blank, storage, quiet) == {}
    supplied = MOVERS["volume"].supply(cloud, borrow, ours, full, storage, quiet)
    made = new_volume(cloud, undo, **supplied)
    window, _ = freeze(cloud, borrow, Graph([made]), KINDS, silent)
    [copy], findings = stream(
        cloud, borrow, Graph([made]), window, KINDS, MOVERS, storage, {made.address: full}.get, silent
    )
    assert findings == []
    assert copy.ref.digest == full.ref.digest
    assert copy.new == 0


def test_a_volume_that_cannot_be_frozen_stops_no_other(
    cloud: Cloud, storage: Memory, undo: Undo, borrow: Borrow
) -> None:
    good = new_volume(cloud, undo)
    lost = KINDS["volume"].resource({**good.body, "id": str(uuid.uuid4()), "name": "lost"})
    shelved = KINDS["volume"].resource({**good.body, "id": str(uuid.uuid4()), "status": "reserved"})
    graph = Graph([lost, shelved, good])
    window, findings = freeze(cloud, borrow, graph, KINDS, silent)
    assert {(one.address, one.severity) for one in findings} == {
        (lost.address, "error"),
        (shelved.address, "error"),
    }
    assert "shelved" in next(one for one in findings if one.address == shelved.address).sentence
    streams, more = stream(cloud, borrow, graph, window, KINDS, MOVERS, storage, {}.get, silent)
    assert more == [], "said twice"
    assert [one.outcome for one in streams] == ["failed", "failed", "complete"]


def test_what_changes_during_the_window_is_marked(cloud: Cloud, undo: Undo, borrow: Borrow) -> None:
    ours = new_volume(cloud, undo)
    before = KINDS["volume"].resource({**ours.body, "description": "as it was captured"})
    window, _ = freeze(cloud, borrow, Graph([before]), KINDS, silent)
    assert [one.consistency for one in window.moments] == ["changed during the window"]


def test_a_failed_upload_says_what_cinder_says(
    cloud: Cloud, storage: Memory, undo: Undo, borrow: Borrow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume that has snapshots refuses to be uploaded on some back ends, and only a message tells."""
    from hoarfrost.cloud import Borrowed
    from hoarfrost.stream.movers import volume as mover

    ours = new_volume(cloud, undo)
    freeze(cloud, borrow, Graph([ours]), KINDS, silent)
    try:
        mover._upload(cloud, borrow, Borrowed("volume", ours.id, ours.name), mover.FORMATS)
    except CloudError as error:
        assert "could not be copied" in error.sentence
        assert "Cinder says:" in error.sentence
    else:
        pytest.skip("this back end uploads volumes that have snapshots")


# -- servers -----------------------------------------------------------------------------------------------


@pytest.fixture
def server(cloud: Cloud, undo: Undo) -> Resource:
    flavors = cloud.rest("compute", "2.100").list("/flavors/detail", "flavors")
    flavor = min(flavors, key=lambda one: (one["ram"], one["disk"]))
    public = cloud.rest("image").list("/v2/images", "images", visibility="public")
    image = min((one for one in public if (one["size"] or 0) > 1 << 20), key=lambda one: one["size"])
    wanted = {"name": name("server"), "flavorRef": flavor["id"], "imageRef": image["id"], "networks": "none"}
    return boot(cloud, undo, wanted)


def boot(cloud: Cloud, undo: Undo, wanted: dict[str, Any]) -> Resource:
    id = cloud.rest("compute", "2.100").post("/servers", {"server": wanted})["server"]["id"]
    undo(lambda: KINDS["server"].delete(cloud, id))
    return KINDS["server"].resource(until(cloud, "server", id, "ACTIVE"))


def test_a_server_disk_comes_back(
    cloud: Cloud, storage: Memory, undo: Undo, borrow: Borrow, server: Resource
) -> None:
    events: list[AnyEvent] = []
    graph = Graph([server])
    window, findings = freeze(cloud, borrow, graph, KINDS, events.append)
    assert findings == []
    assert window.seconds < 60
    [disk], findings = stream(cloud, borrow, graph, window, KINDS, MOVERS, storage, {}.get, events.append)
    assert findings == []
    assert disk.size > disk.read > 1 << 20
    supplied = MOVERS["server"].supply(cloud, borrow, server, disk, storage, quiet)
    flavor = server.body["+flavor_id"]
    made = boot(cloud, undo, {"name": name("server"), "flavorRef": flavor, "networks": "none", **supplied})
    image = cloud.rest("image").get(f"/v2/images/{supplied['imageRef']}")
    assert image["virtual_size"] == disk.size
    assert made.body["status"] == "ACTIVE"
    assert any(type(one).__name__ == "Progress" for one in events)


def test_an_error_server_is_not_read(cloud: Cloud, borrow: Borrow, server: Resource) -> None:
    broken = KINDS["server"].resource({**server.body, "status": "ERROR"})
    window, findings = freeze(cloud, borrow, Graph([broken]), KINDS, silent)
    assert [(one.severity, one.code) for one in findings] == [("error", "not-frozen")]
    assert [one.id for one in window.moments] == [""]


# -- containers --------------------------------------------------------------------------------------------


def new_container(cloud: Cloud, undo: Undo) -> Resource:
    rest, called = cloud.rest("object-store"), name("container")
    rest.put(quote_path(called))
    undo(lambda: rest.delete(quote_path(called)))
    undo(lambda: empty_container(cloud, called))
    return container(cloud, called)


def container(cloud: Cloud, called: str) -> Resource:
    return KINDS["container"].resource(KINDS["container"].show(cloud, called))


def empty_container(cloud: Cloud, called: str) -> None:
    rest = cloud.rest("object-store")
    for one in list(rest.list(quote_path(called), "")):
        rest.delete(quote_path(called, one["name"]))


ODD = [
    "a//b",
    "./x",
    "..",
    "a/../b",
    "line\nbreak",
    "dir/",
    "q?x=1#y",
    "%2E",
    "ünï/☃",
    "\U0001f980",
    " blank ",
]
OF_THE_ANSWER = [
    "date",
    "last-modified",
    "x-timestamp",
    "x-trans-id",
    "x-openstack-request-id",
    "x-manifest-etag",
]
FAR = "4102444800"  # the year 2100


def load(cloud: Cloud, called: str, segments: str) -> None:
    rest = cloud.rest("object-store")

    def put(object: str, data: bytes, **headers: str) -> None:
        rest.upload(
            quote_path(called, object), data, {key.replace("_", "-"): v for key, v in headers.items()}
        )

    for odd in ODD:
        put(odd, odd.encode() * 3, Content_Type="text/x-odd", X_Object_Meta_Who="Zoë ☃")
    put("empty", b"", Content_Type="application/x-nothing")
    packed = gzip.compress(b"text " * 1000)
    put(
        "packed.txt", packed, Content_Encoding="gzip", Content_Type="text/plain", Content_Disposition="inline"
    )
    put("dying", b"x", X_Delete_At=FAR, Cache_Control="max-age=3", Content_Language="de", X_Robots_Tag="none")
    put("large", pattern())
    parts = []
    for number in range(2):
        path, data = f"part/{number}", bytes([65 + number]) * (1 << 20)
        rest.upload(quote_path(segments, path), data)
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        parts.append({"path": f"/{segments}/{path}", "etag": etag, "size_bytes": len(data)})
    manifest = json.dumps(parts).encode()
    static = {"Content-Type": "video/x-static", "X-Object-Meta-Kind": "slo"}
    rest.upload(quote_path(called, "static"), manifest, static, **{"multipart-manifest": "put"})
    put("dynamic", b"", X_Object_Manifest=f"{segments}/part/", Content_Type="video/x-dynamic")
    put("dynamic-with-body", b"own bytes", X_Object_Manifest=f"{segments}/part/")
    put("link", b"", X_Symlink_Target=f"{called}/large", Content_Type="application/symlink")


def look(cloud: Cloud, called: str) -> dict[str, Any]:
    """An independent look: every object through the front door and as it is."""
    rest = cloud.rest("object-store")
    seen = {}
    for one in rest.list(quote_path(called), ""):
        path = quote_path(called, one["name"])
        whole = hashlib.sha256(b"".join(rest.download(path))).hexdigest()
        itself = rest.head(path, **{"symlink": "get"})
        kept = {key.lower(): value for key, value in itself.items() if key.lower() not in OF_THE_ANSWER}
        # a static manifest holds the times of its segments, so the hash of the manifest is another one
        hash = "" if "x-static-large-object" in kept else one["hash"]
        seen[one["name"]] = (one["bytes"], hash, one["content_type"], whole, kept)
    return seen


def test_a_container_comes_back_as_what_it_is(
    cloud: Cloud, storage: Memory, undo: Undo, borrow: Borrow
) -> None:
    rest, mover = cloud.rest("object-store"), MOVERS["container"]
    segments = new_container(cloud, undo)
    ours = new_container(cloud, undo)
    load(cloud, ours.name, segments.name)
    before, parts = look(cloud, ours.name), look(cloud, segments.name)
    first = mover.read(cloud, borrow, ours, None, storage, None, lambda done, total: None)
    inner = mover.read(cloud, borrow, segments, None, storage, None, lambda done, total: None)
    assert first.items == len(before)
    assert first.read < 11 << 20, "a large object was read through its manifest"
    again = mover.read(cloud, borrow, ours, None, storage, first, lambda done, total: None)
    assert (again.read, again.items, again.size) == (0, first.items, first.size)
    rest.upload(quote_path(ours.name, "empty"), b"not any more")
    rest.post(quote_path(ours.name, "dying"), headers={"X-Object-Meta-New": "1", "X-Delete-At": FAR})
    rest.delete(quote_path(ours.name, "a//b"))
    third = mover.read(cloud, borrow, ours, None, storage, again, lambda done, total: None)
    assert (third.items, third.read) == (first.items - 1, len(b"not any more") + len(b"x"))
    # all of it is lost, and comes back while the container of the segments is being filled by another worker
    empty_container(cloud, ours.name)
    empty_container(cloud, segments.name)
    errors: list[BaseException] = []

    def fill(resource: Resource, data: Stream) -> None:
        try:
            mover.fill(cloud, resource, resource.name, data, storage, lambda done, total: None)
        except BaseException as error:
            errors.append(error)
            raise

    worker = threading.Thread(target=fill, args=(ours, first))
    worker.start()
    fill(segments, inner)
    worker.join()
    assert errors == []
    assert look(cloud, segments.name) == parts
    assert look(cloud, ours.name) == before
    fill(ours, first)  # as a resumed restore does
    assert look(cloud, ours.name) == before


def test_one_bad_object_stops_no_other(
    cloud: Cloud, storage: Memory, undo: Undo, borrow: Borrow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = new_container(cloud, undo)
    rest = cloud.rest("object-store")
    for called in ("a", "bad", "c"):
        rest.upload(quote_path(ours.name, called), called.encode())
    whole = type(rest).open

    def open(self: Any, path: str, *args: Any, **query: str) -> tuple[Any, Iterator[bytes]]:
        headers, pieces = whole(self, path, *args, **query)
        return headers, (b"\0" * len(one) if path.endswith("bad") else one for one in pieces)

    monkeypatch.setattr(type(rest), "open", open)
    with pytest.raises(Incomplete, match="bad") as caught:
        MOVERS["container"].read(cloud, borrow, ours, None, storage, None, lambda done, total: None)
    assert caught.value.stream.items == 2
    window, _ = freeze(cloud, borrow, Graph([ours]), KINDS, silent)
    assert window.seconds == 0
    [done], findings = stream(cloud, borrow, Graph([ours]), window, KINDS, MOVERS, storage, {}.get, silent)
    assert (done.items, done.outcome) == (2, "complete")
    assert [one.severity for one in findings] == ["error"]


def test_nothing_is_left(cloud: Cloud) -> None:
    assert [one for one in leftovers(cloud) if "-test" in one.name] == []
