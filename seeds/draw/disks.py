"""Images of every shape a member may make, and volumes: blank, from images, with metadata, with snapshots."""

from __future__ import annotations

import struct
from typing import Any

from seeds.blueprint import Blueprint, Call, Id
from seeds.values import some, tags

MIB = 1 << 20
FORMATS = ("raw", "raw", "iso", "ami", "aki")


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    for _ in range(random.randint(1, 4)):
        _image(blueprint)
    for _ in range(random.choice((0, 1, 1, 2))):
        _volume(blueprint)


def groups(blueprint: Blueprint) -> None:
    """Volume groups, empty and with a volume."""
    random = blueprint.random
    types = {"group_type": Id("offer", "group_type"), "volume_types": [Id("offer", "volume_type")]}
    for number in range(random.randint(1, 2)):
        then = []
        if random.random() < 0.7:
            volume = Id(blueprint.add("volume", {"size": 1, "name": f"grouped {number}"}))
            then.append(Call("PUT", "/groups/{id}", {"group": {"add_volumes": volume}}))
        blueprint.add("volume_group", {**types, **some("volume_group", random)}, *then)


def _image(blueprint: Blueprint) -> None:
    random = blueprint.random
    body = {"disk_format": "raw", "container_format": "bare", **some("image", random)}
    body["tags"] = sorted(set(tags(random)))
    data = random.choice((_noise(blueprint, MIB), _noise(blueprint, 511), _empty_qcow2(4 * MIB)))
    if data.startswith(b"QFI\xfb"):
        body["disk_format"] = "qcow2"
    then = [Call("PUT", "/images/{id}/file", raw=data)]
    if random.random() < 0.1:
        then = []
    change = {"op": "replace", "path": "/protected", "value": True}
    if random.random() < 0.3:
        then.append(Call("PATCH", "/images/{id}", [change]))
    if body.get("visibility", "shared") == "shared" and random.random() < 0.4:
        then.append(Call("POST", "/images/{id}/members", {"member": Id("offer", "neighbour_project")}))
    blueprint.add("image", body, *then)


def _noise(blueprint: Blueprint, size: int) -> bytes:
    return blueprint.random.randbytes(size)


def _empty_qcow2(size: int) -> bytes:
    """A qcow2 of version 2 that holds nothing: header, a first table, a count of references to it."""
    cluster = 1 << 16
    header = struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, size, 0, 1, 3 * cluster, cluster, 1, 0, 0
    )
    counts = struct.pack(">Q", 2 * cluster)
    used = struct.pack(">4H", 1, 1, 1, 1)
    return b"".join(part.ljust(cluster, b"\0") for part in (header, counts, used, b""))


def _volume(blueprint: Blueprint) -> None:
    random = blueprint.random
    body: dict[str, Any] = {"size": 1, **some("volume", random)}
    raw = [
        one
        for one in blueprint.of("image")
        if one.body["disk_format"] == "raw" and any(call.raw and len(call.raw) >= MIB for call in one.then)
    ]
    then = []
    if raw and random.random() < 0.7:
        body["imageRef"] = Id(random.choice(raw).label)
    if random.random() < 0.3:
        bootable = {"os-set_bootable": {"bootable": random.random() < 0.5}}
        then.append(Call("POST", "/volumes/{id}/action", bootable))
    if random.random() < 0.2:
        then.append(Call("POST", "/volumes/{id}/action", {"os-update_readonly_flag": {"readonly": True}}))
    label = blueprint.add("volume", body, *then)
    if random.random() < 0.15:
        snapshot = {"volume_id": Id(label), **some("volume_snapshot", random)}
        blueprint.add("volume_snapshot", snapshot)
