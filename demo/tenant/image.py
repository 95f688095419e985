"""The tenant's own images: a qcow2 and a raw one, made with qemu-img, with properties and tags."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from openstack.connection import Connection

MIB = 1 << 20
SEED = "seed"


def build(cloud: Connection) -> None:
    with TemporaryDirectory() as folder:
        raw = Path(folder, "disk.raw")
        raw.write_bytes(Random("an image of the tenant").randbytes(3 * MIB))  # noqa: S311
        with raw.open("r+b") as file:
            file.truncate(16 * MIB)
        qcow2 = Path(folder, "disk.qcow2")
        qemu_img = ["qemu-img", "convert", "-O", "qcow2", str(raw), str(qcow2)]
        subprocess.run(qemu_img, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        golden = {"disk_format": "qcow2", "min_disk": 1, "os_hidden": True, "os_distro": "orchard"}
        seed = {"disk_format": "raw", "min_ram": 64, "hw_disk_bus": "virtio", "note": "fürs Frühjahr"}
        _upload(cloud, {"name": "golden", "tags": ["blessed", "2026 autumn"], **golden}, qcow2, protect=True)
        _upload(cloud, {"name": SEED, **seed}, raw)


def _upload(cloud: Connection, fields: dict[str, Any], file: Path, *, protect: bool = False) -> None:
    answer = cloud.image.post("/images", json={"container_format": "bare", **fields})
    answer.raise_for_status()
    image = cloud.image.get_image(answer.json()["id"])
    headers = {"Content-Type": "application/octet-stream"}
    cloud.image.put(f"/images/{image.id}/file", data=file.read_bytes(), headers=headers).raise_for_status()
    if protect:
        cloud.image.update_image(image, is_protected=True)
