"""The disks of a server: which volume it boots from, in which order it has them, how one call freezes them all.

Nova says little of this: the order of boot and the buses are only in the answer to createImage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hoarfrost.cloud import Borrow, Borrowed, Cloud
from hoarfrost.cloud.borrow import BY_PRODUCT
from hoarfrost.kinds.freezing import Together
from hoarfrost.model import Body, Frozen

ROOT_DEVICE = re.compile(r"^(/dev/)?(v|s|h|xv)da$")

USUAL = {"disk_bus": "virtio", "device_type": "disk"}
"""What Nova chooses by itself: said, it would bind the restored server to one kind of hypervisor."""


def frozen_volumes(cloud: Cloud, borrow: Borrow, image: Borrowed, server: Body) -> Together:
    """What createImage made of a volume-booted server: a mapping of devices, with a snapshot for each volume."""
    said = cloud.rest("image").get(f"/v2/images/{image.id}").get("block_device_mapping") or "[]"
    found = {str(one["snapshot_id"]): one for one in json.loads(said) if one.get("snapshot_id")}
    for snapshot in found:
        borrow.adopt("volume_snapshot", snapshot, BY_PRODUCT + image.name)
    rest, moments, devices = cloud.rest("block-storage"), [], []
    quiesce = server["status"] == "ACTIVE" and _has_agent_on_volume(rest, root_volume(server))
    for snapshot, device in found.items():
        volume = str(rest.get(f"/snapshots/{snapshot}")["snapshot"]["volume_id"])
        moments.append(
            Frozen(
                address=f"volume/{volume}",
                source="volume_snapshot",
                id=snapshot,
                requested="",
                consistency="quiesce requested" if quiesce else "crash-consistent",
            )
        )
        devices.append({"volumeId": volume} | {key: device.get(key) for key in ("boot_index", *USUAL)})
    return Together(tuple(moments), {"+devices": devices})


def has_agent(body: Body) -> bool:
    """Whether Nova tries to freeze the guest's file systems. That they were frozen, nothing says."""
    properties = (body.get("image") or {}).get("properties") or {}
    return str(properties.get("hw_qemu_guest_agent", "")).lower() in ("yes", "true", "1")


def _has_agent_on_volume(rest: Any, root: str | None) -> bool:
    """As `has_agent`, for a server whose image properties are those of the volume it boots from."""
    marks = rest.get(f"/volumes/{root}")["volume"].get("volume_image_metadata") or {}
    return has_agent({"image": {"properties": marks}})


def root_volume(body: Body) -> str | None:
    """The volume a server boots from, None if its root disk is not a volume.

    Nova does not say boot_index, and ``image`` is set for a server booted from an image that names volume
    snapshots: the volume at the first device is the root.
    """
    volumes = body["+volumes"]
    for one in volumes:
        if ROOT_DEVICE.match(one.get("device") or ""):
            return str(one["volumeId"])
    return str(volumes[0]["volumeId"]) if volumes and not body.get("image") else None


def by_device(attachment: Body) -> tuple[int, str]:
    """The order of devices: vdz comes before vdaa. A volume that is only being attached has none yet."""
    device = str(attachment.get("device") or "")
    return len(device), device


def pairs(body: Body, wanted: Body) -> Iterator[tuple[Body, Body]]:
    """(attachment as captured, the same with the new volume): none may be missing."""
    return zip(body["+volumes"], wanted.get("+volumes", ()), strict=True)


def disk(old: Body, new: Body, root: str | None, said: Body) -> Body:
    """The order of the list is the order in the guest; a device name would be ignored by libvirt.

    ``said``: what is known of the device beyond its attachment.
    """
    boot_index = said.get("boot_index", 0 if old["volumeId"] == root else -1)
    return {
        "boot_index": -1 if boot_index is None else boot_index,
        "uuid": new["volumeId"],
        "source_type": "volume",
        "destination_type": "volume",
        "delete_on_termination": False,  # set when all is done, so that a failed boot leaves the volume
        **({"tag": old["tag"]} if old.get("tag") else {}),
        **{key: said[key] for key, usual in USUAL.items() if said.get(key) not in (None, usual)},
    }
