"""Empties a project: everything that the credentials' project owns goes, whoever made it.

For projects that exist for the demo and the tests. Leaves the project itself, its user and its default group.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from openstack.connection import Connection

from demo.swift import Swift
from demo.tenant import clearing

LIMIT = 120


def counts(cloud: Connection) -> dict[str, int]:
    """How many things of the larger kinds the project has; all zero means empty."""
    mine = cloud.current_project_id
    return {
        "servers": len(list(cloud.compute.servers(details=False))),
        "volumes": len(list(cloud.block_storage.volumes(details=False))),
        "images": len(_own_images(cloud)),
        "networks": len(list(cloud.network.networks(project_id=mine))),
        "containers": len(list(cloud.object_store.containers())),
    }


def empty(cloud: Connection) -> None:
    _gone(cloud.compute.servers, cloud.compute.delete_server)
    clearing.empty(cloud)
    _each(cloud.compute.keypairs(), cloud.compute.delete_keypair)
    _gone(cloud.block_storage.group_snapshots, cloud.block_storage.delete_group_snapshot)
    _gone(cloud.block_storage.snapshots, cloud.block_storage.delete_snapshot)
    _gone(cloud.block_storage.groups, lambda one: cloud.block_storage.delete_group(one, delete_volumes=True))
    _gone(cloud.block_storage.volumes, cloud.block_storage.delete_volume)
    for image in _own_images(cloud):
        if image.is_protected:
            cloud.image.update_image(image, is_protected=False)
        cloud.image.delete_image(image)
    _containers(cloud)
    _each(_credentials(cloud), cloud.identity.delete_credential)


def _each(found: Iterable[Any], delete: Callable[[Any], Any]) -> None:
    for one in list(found):
        delete(one)


def _gone(listing: Callable[[], Iterable[Any]], delete: Callable[[Any], Any]) -> None:
    """Deletes and waits, for kinds that take their time."""
    _each(listing(), delete)
    end = time.monotonic() + LIMIT
    while list(listing()):
        if time.monotonic() > end:
            raise TimeoutError(f"still there after {LIMIT} s: {[one.name for one in listing()]}")
        time.sleep(1)


def _credentials(cloud: Connection) -> list[Any]:
    """The user's own, of this project."""
    own = cloud.identity.credentials(user_id=cloud.current_user_id)
    return [one for one in own if one.project_id == cloud.current_project_id]


def _own_images(cloud: Connection) -> list[Any]:
    owner = cloud.current_project_id
    return [one for hidden in (False, True) for one in cloud.image.images(owner=owner, is_hidden=hidden)]


def _containers(cloud: Connection) -> None:
    """With old versions, and without filling the archives of those that keep them elsewhere."""
    swift = Swift(cloud)
    containers = [one.name for one in cloud.object_store.containers()]
    for container in containers:
        no_archive = {"X-Remove-Versions-Location": "x", "X-Remove-History-Location": "x"}
        swift.ask("POST", container, headers=no_archive)
    for container in containers:
        listed = swift.ask("GET", container, limit="10000", format="json", versions="true")
        for one in json.loads(listed.body):
            version = {"version-id": one["version_id"]} if "version_id" in one else {}
            swift.ask("DELETE", container, one["name"], **version)
        swift.ask("DELETE", container)
