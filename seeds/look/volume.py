"""The bytes of a volume, by way of an image: made of it, downloaded, unpacked, hashed, removed."""

from __future__ import annotations

import os
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seeds.api import APIS
from seeds.rest import Refused, Rest

LIMIT = 240
BLOCK = 1 << 16
GONE = "gone"


def content(rest: Rest, volume: dict[str, Any]) -> dict[str, Any]:
    """Size and the hash of every block that is not all zero, with its place. A volume with snapshots may refuse to
    be made an image of (the answer is an image that vanishes): then a copy of it is looked at."""
    try:
        return _by_image(rest, volume["id"])
    except Refused as refused:
        if refused.status != 404:
            raise
    api = APIS["volume"]
    asked = {"volume": {"size": volume["size"], "source_volid": volume["id"], "name": "seeds-look"}}
    copy = rest.ask(api, "POST", "/volumes", asked)["volume"]["id"]
    try:
        _wait(rest, "volume", copy, "available")
        return _by_image(rest, copy)
    finally:
        rest.delete("volume", copy)
        _wait(rest, "volume", copy, GONE)


def _by_image(rest: Rest, volume: str) -> dict[str, Any]:
    asked = {"os-volume_upload_image": {"image_name": "seeds-look", "disk_format": "qcow2"}}
    answer = rest.ask(APIS["volume"], "POST", f"/volumes/{volume}/action", asked, patient=True)
    image = answer["os-volume_upload_image"]["image_id"]
    try:
        _wait(rest, "image", image, "active")
        data = rest.cloud.image.get(f"/images/{image}/file").content
    finally:
        rest.delete("image", image)
    _wait(rest, "volume", volume, "available")
    return _hashed(data)


def _wait(rest: Rest, kind: str, id: str, wanted: str) -> None:
    """Raises Refused (404) if it is gone, unless that is wanted."""
    end = time.monotonic() + LIMIT
    while (state := _state(rest, kind, id)) != wanted:
        if state == GONE:
            raise Refused("GET", f"{kind} {id}", 404, "it is gone")
        if time.monotonic() > end:
            raise TimeoutError(f"{kind} {id} is {state} and not {wanted} after {LIMIT} s")
        time.sleep(1)


def _state(rest: Rest, kind: str, id: str) -> str:
    try:
        return str(rest.show(kind, id)["status"])
    except Refused as refused:
        if refused.status == 404:
            return GONE
        raise


def _hashed(qcow2: bytes) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        packed, raw = Path(folder, "packed"), Path(folder, "raw")
        packed.write_bytes(qcow2)
        command = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(packed), str(raw)]
        subprocess.run(command, check=True)
        return {"size": raw.stat().st_size, "sha256": _digest(raw)}


def _digest(raw: Path) -> str:
    """Holes are not read, and zeros in between count as holes."""
    digest, zeros = sha256(), bytes(BLOCK)
    with raw.open("rb") as file:
        size, place = raw.stat().st_size, 0
        while place < size:
            try:
                place = os.lseek(file.fileno(), place, os.SEEK_DATA) // BLOCK * BLOCK
            except OSError:
                break
            file.seek(place)
            block = file.read(BLOCK)
            if block != zeros[: len(block)]:
                digest.update(f"{place} ".encode() + sha256(block).digest())
            place += BLOCK
    return digest.hexdigest()
