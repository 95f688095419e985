"""The tenant's servers: one with two NICs and two volumes, one booted from a volume, a stopped one.

The bytes on their disks are written by the guests themselves: the script below runs inside at every boot, in
the root disk's top folder, and knows what to do by what it finds.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from openstack.connection import Connection

from demo.console import boot_number, read, wait_until_ready
from demo.offer import Offer
from demo.tenant.access import KEY

SCRIPT = """#!/bin/sh
# First boot: the first edition. Second boot: the second edition, also on the disks that bear a stamp.
mkdir -p data/story/deep/er
if [ ! -e data/story/first ]; then
  echo "first edition of $(cat /proc/sys/kernel/random/boot_id)" > data/story/first
  dd if=/dev/urandom of=data/story/noise.bin bs=64k count=32 2>/dev/null
  echo "a name with spaces" > "data/story/deep/er/odd name.txt"
elif [ ! -e data/story/second ]; then
  echo "second edition of $(cat /proc/sys/kernel/random/boot_id)" > data/story/second
  dd if=/dev/urandom of=data/story/noise.bin bs=64k seek=8 count=2 conv=notrunc 2>/dev/null
  for disk in /dev/vd[b-f]; do
    [ -b $disk ] || continue
    dd if=$disk bs=512 count=1 2>/dev/null | grep -q DISK || continue
    dd if=/dev/urandom of=$disk bs=64k seek=32 count=2 conv=notrunc 2>/dev/null
    echo "changed $disk"
  done
fi
sync
"""
RUNNING = ("db", "web")
STOPPED = "archive"
LIMIT = 180


def build(cloud: Connection, offer: Offer) -> None:
    """Everything the servers need has to be there. Ends with all guests written and ``archive`` stopped."""
    image = cloud.image.find_image(offer.guest_image).id
    small, larger = offer.flavors[0], offer.flavors[min(1, len(offer.flavors) - 1)]
    made = [
        _create(cloud, "web", larger, **_web(cloud, image)),
        _create(cloud, "db", small, **_db(cloud)),
        _create(cloud, STOPPED, small, **_archive(cloud, image)),
    ]
    for server in made:
        cloud.compute.wait_for_server(server, interval=1, wait=LIMIT)
    for server in made:
        wait_until_ready(cloud, server.id)
    cloud.compute.stop_server(made[-1])
    cloud.compute.wait_for_server(made[-1], status="SHUTOFF", interval=1, wait=LIMIT)


def _create(cloud: Connection, name: str, flavor: str, **fields: Any) -> Any:
    return cloud.compute.create_server(
        name=name,
        flavor_id=cloud.compute.find_flavor(flavor).id,
        config_drive=True,
        user_data=b64encode(SCRIPT.encode()).decode(),
        **fields,
    )


def _web(cloud: Connection, image: str) -> dict[str, Any]:
    volumes = [cloud.block_storage.find_volume(name).id for name in ("web-data", "web-logs")]
    root = {"uuid": image, "source_type": "image", "destination_type": "local", "boot_index": 0}
    disks = [{"uuid": one, "source_type": "volume", "destination_type": "volume"} for one in volumes]
    return {
        "image_id": image,
        "networks": [{"port": cloud.network.find_port(name).id} for name in ("web-front", "web-back")],
        "key_name": KEY,
        "description": "Sells apples & pears, naïvely",
        "metadata": {"role": "web", "owner": "Jürgen"},
        "tags": ["blue", "shop"],
        "block_device_mapping": [{**root, "delete_on_termination": True}, *disks],
    }


def _db(cloud: Connection) -> dict[str, Any]:
    """Boots from a volume; its port is made by the cloud."""
    root = cloud.block_storage.find_volume("db-root")
    disk = {"uuid": root.id, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
    return {
        "networks": [{"uuid": cloud.network.find_network("inside").id}],
        "security_groups": [{"name": "db"}],
        "metadata": {"role": "db"},
        "block_device_mapping": [{**disk, "delete_on_termination": False}],
    }


def _archive(cloud: Connection, image: str) -> dict[str, Any]:
    return {
        "image_id": image,
        "networks": [{"uuid": cloud.network.find_network("back").id, "fixed_ip": "10.30.0.77"}],
        "key_name": KEY,
        "description": "Is off",
    }


def second_edition(cloud: Connection) -> None:
    """Boots the running guests again, whereupon they write; returns when they have."""
    servers = [cloud.compute.find_server(name) for name in RUNNING]
    boots = {one.id: boot_number(read(cloud, one.id)) for one in servers}
    for server in servers:
        cloud.compute.reboot_server(server, "SOFT")
    for server in servers:
        wait_until_ready(cloud, server.id, after_boot=boots[server.id])
        cloud.compute.wait_for_server(cloud.compute.get_server(server.id), interval=1, wait=LIMIT)


def change_tags(cloud: Connection) -> None:
    server = cloud.compute.find_server("web")
    cloud.compute.remove_tag_from_server(server, "blue")
    cloud.compute.add_tag_to_server(server, "green")
