"""A volume of an encrypted type, in another project: its bytes are compared, and its key opens them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.errors import NotFound, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.model import Body
from hoarfrost.stream.movers.content import handle
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud

LIMIT = 600.0


@pytest.fixture
def trip(cloud: Cloud, other: Cloud, undo: Undo) -> RoundTrip:
    return RoundTrip(cloud, other, undo)


@pytest.fixture
def type(admin: Cloud, trip: RoundTrip, undo: Undo) -> str:
    """An encrypted volume type that only the two projects see."""
    rest = admin.rest("block-storage", "3.70")
    like = rest.get("/types/default")["volume_type"]["extra_specs"]
    wanted = {"name": trip.name("luks"), "os-volume-type-access:is_public": False, "extra_specs": like}
    id = str(rest.post("/types", {"volume_type": wanted})["volume_type"]["id"])
    luks = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}
    rest.post(f"/types/{id}/encryption", {"encryption": luks})
    for one in (trip.here, trip.there):
        rest.post(f"/types/{id}/action", {"addProjectAccess": {"project": one.project_id}})
    undo(lambda: wait_until(lambda: unused(rest, id), what="removing the volume type", limit=120))
    return trip.name("luks")


def unused(rest: Any, type: str) -> bool | None:
    """Whether the type could be removed: Cinder refuses while a volume that has it is on its way out."""
    try:
        rest.delete(f"/types/{type}")
    except Refused:
        return None
    return True


def new_volume(cloud: Cloud, undo: Undo, **said: Any) -> Body:
    rest = cloud.rest("block-storage", "3.70")
    id = rest.post("/volumes", {"volume": {"size": 1, **said}})["volume"]["id"]
    undo(lambda: removed(cloud, "/volumes", id))
    return until_available(cloud, id)


def until_available(cloud: Cloud, id: str) -> Body:
    def probe() -> Body | None:
        body: Body = cloud.rest("block-storage", "3.70").get(f"/volumes/{id}")["volume"]
        assert not body["status"].startswith("error"), body
        return body if body["status"] == "available" else None

    return wait_until(probe, what=f"volume {id}", limit=LIMIT)


def removed(cloud: Cloud, path: str, id: str) -> None:
    KINDS["volume"].delete(cloud, id)

    def gone() -> bool | None:
        try:
            cloud.rest("block-storage").get(f"{path}/{id}")
        except NotFound:
            return True
        return None

    wait_until(gone, what=f"removing {id}", limit=120)


def volumes(cloud: Cloud) -> list[Body]:
    return list(cloud.rest("block-storage", "3.70").list("/volumes/detail", "volumes"))


def bytes_of(cloud: Cloud, volume: str, undo: Undo, to: Path) -> str:
    """What Cinder itself uploads of the volume, as a file; returns its digest."""
    said = {"image_name": "look", "disk_format": "raw", "container_format": "bare"}
    answer = cloud.rest("block-storage", "3.70").post(
        f"/volumes/{volume}/action", {"os-volume_upload_image": said}
    )
    id, images = answer["os-volume_upload_image"]["image_id"], cloud.rest("image")
    undo(lambda: images.delete(f"/v2/images/{id}"))
    until_available(cloud, volume)
    assert images.get(f"/v2/images/{id}")["status"] == "active"
    whole = hashlib.sha256()
    with to.open("wb") as file:
        for piece in images.download(f"/v2/images/{id}/file"):
            whole.update(piece)
            file.write(piece)
    return whole.hexdigest()


def opens(disk: Path, key: bytes) -> bool:
    """Whether the key opens LUKS, as Nova would: QEMU is given its hexadecimal form."""
    secret = disk.with_suffix(".key")
    secret.write_text(key.hex())
    options = f"driver=luks,file.filename={disk},key-secret=s"
    look = [
        "qemu-io",
        "--object",
        f"secret,id=s,file={secret}",
        "--image-opts",
        options,
        "-c",
        "read -P 0 0 1M",
    ]
    done = subprocess.run(look, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "failed" not in done.stdout


@pytest.mark.timeout(1800)
def test_an_encrypted_volume_comes_back_with_a_key_that_opens_it(
    trip: RoundTrip, type: str, undo: Undo, tmp_path: Path
) -> None:
    ours = new_volume(trip.here, undo, name=trip.name("safe"), volume_type=type)
    assert ours["encrypted"]
    backup = trip.back_up()
    assert trip.findings("encrypted")[0].severity == "info"
    stream = next(one for one in backup.streams if one.address == f"volume/{ours['id']}")
    assert (stream.outcome, stream.format) == ("complete", "luks")
    key = next(one for one in backup.resources if one.address == f"secret/{ours['encryption_key_id']}")
    assert key.made_by, "it would come back as a secret that nothing uses"
    trip.restore()
    [theirs] = (one for one in volumes(trip.there) if one["name"] == ours["name"])
    assert theirs["encrypted"] and theirs["encryption_key_id"] != ours["encryption_key_id"]
    disk = tmp_path / "disk"
    found = bytes_of(trip.there, theirs["id"], undo, disk)
    stored = hashlib.sha256()
    for extent in trip.repository.read(handle(stream)):
        stored.update(bytes(extent.length) if extent.data is None else extent.data)
    assert found == stored.hexdigest()
    path = f"/v1/secrets/{theirs['encryption_key_id']}/payload"
    assert opens(disk, b"".join(trip.there.rest("key-manager").download(path)))
    assert not opens(disk, bytes(32))
    keys = list(trip.there.rest("key-manager").list("/v1/secrets", "secrets"))
    [new] = (one for one in keys if one["secret_ref"].endswith(theirs["encryption_key_id"]))
    assert not new["name"] and not new["expiration"], "it would be taken for something temporary"
    assert not any(one["expiration"] for one in keys), "the temporary one was given back"
