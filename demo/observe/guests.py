"""What the guests say is on their disks: read from the consoles, and from nowhere else.

A server that is off is started, asked and stopped again; a volume that hangs on no server is plugged into one
for a moment. Both leave the tenant as it was.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openstack.connection import Connection

from demo.console import SERIAL, facts, is_ready, last_boot, read, wait_until_ready
from demo.observe.client import Client
from demo.observe.labels import Labels

LIMIT = 180


def guests(cloud: Connection, client: Client, labels: Labels) -> dict[str, dict[str, Any]]:
    """By server: what its guest says. By ``volume NAME``: what a guest says of a volume that hung on none."""
    servers = sorted(cloud.compute.servers(), key=lambda one: str(one.name))
    loose = [one for one in cloud.block_storage.volumes() if one.status == "available"]
    running = [one for one in servers if one.status == "ACTIVE"]
    with ThreadPoolExecutor(2) as pool:
        asleep = [one for one in servers if one.status == "SHUTOFF"]
        woken = pool.map(lambda one: _woken(cloud, client, one), asleep)
        for server in running:
            wait_until_ready(cloud, server.id, limit=LIMIT)
        plugged = {f"volume {one.name}": _plugged(cloud, one, running[0]) for one in loose if running}
        found = {one.name: _said(client, one) for one in running}
        found.update(woken)
    return {name: _labelled(said, labels) for name, said in [*found.items(), *plugged.items()]}


def _woken(cloud: Connection, client: Client, server: Any) -> tuple[str, dict[str, Any]]:
    cloud.compute.start_server(server)
    cloud.compute.wait_for_server(server, interval=1, wait=LIMIT)
    wait_until_ready(cloud, server.id, limit=LIMIT)
    said = _said(client, server)
    cloud.compute.stop_server(server)
    cloud.compute.wait_for_server(server, status="SHUTOFF", interval=1, wait=LIMIT)
    return server.name, said


def _said(client: Client, server: Any) -> dict[str, Any]:
    """What a guest that is ready has said. A console that is empty, or lost its beginning, proves nothing."""
    said = last_boot(client.console(server.id))
    if not is_ready(said):
        raise RuntimeError(f"the console of {server.name} lost what its guest had said")
    return facts(said)


def _plugged(cloud: Connection, volume: Any, server: Any) -> dict[str, Any]:
    serial = volume.id[:SERIAL]
    cloud.compute.create_volume_attachment(server, volume.id)
    end = time.monotonic() + LIMIT
    while serial not in (disks := facts(read(cloud, server.id))["disks"]):
        if time.monotonic() > end:
            raise TimeoutError(f"{server.name} did not say what is on volume {volume.name}")
        time.sleep(1)
    cloud.block_storage.wait_for_status(volume, "in-use", failures=["error"], interval=1, wait=LIMIT)
    cloud.compute.delete_volume_attachment(server, volume)
    cloud.block_storage.wait_for_status(volume, "available", failures=["error"], interval=1, wait=LIMIT)
    said = {name: value for name, value in disks[serial].items() if name != "device"}
    return {"disks": {serial: said}}


def _labelled(said: dict[str, Any], labels: Labels) -> dict[str, Any]:
    """Disks by the name of their volume. What is written *on* a disk stays as it is, ids and all."""
    disks = {labels.of(serial): disk for serial, disk in said["disks"].items()}
    if "root" in said:
        said = {**said, "root": {**said["root"], "serial": labels.of(said["root"]["serial"])}}
    return {**said, "disks": disks}
