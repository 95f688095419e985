"""Which volumes, snapshots and images a project holds: what a backup borrows would show here if it were left.

Asked of the cloud, not of Hoarfrost.
"""

from __future__ import annotations

from openstack.connection import Connection


def holdings(cloud: Connection) -> set[str]:
    """``kind name`` of everything of those kinds, temporary or not."""
    volumes = {f"volume {one.name}" for one in cloud.block_storage.volumes()}
    snapshots = {f"snapshot {one.name}" for one in cloud.block_storage.snapshots()}
    owner = cloud.current_project_id
    images = {
        f"image {one.name}"
        for hidden in (False, True)
        for one in cloud.image.images(owner=owner, is_hidden=hidden)
    }
    return volumes | snapshots | images
