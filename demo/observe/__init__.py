"""The independent look at a tenant: none of it is Hoarfrost's code.

Plain dicts by kind and name, from the `openstack` client's JSON, from raw HTTP for objects, and from the
guests' consoles. An observation is ``{kind: {name: {field: value}}}``, JSON through and through; ids of the
tenant's own things are replaced by labels. Leaves to `demo.compare` what has to be equal.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openstack.connection import Connection

from demo.observe.client import Client
from demo.observe.guests import guests
from demo.observe.labels import Labels
from demo.observe.objects import containers, objects
from demo.observe.resources import bodies, listing

Observation = dict[str, dict[str, Any]]


def observe(cloud: Connection) -> Observation:
    """Looks at everything the project of ``cloud`` owns. Waits for the guests to be ready."""
    client, labels = Client(cloud.config.name or ""), Labels()
    labels.add(cloud.current_project_id, "project", "own")
    labels.add(cloud.current_user_id, "user", "own")
    for network in cloud.network.networks(is_router_external=True):
        labels.add(network.id, "network", network.name)
    for image in cloud.image.images(visibility="public"):
        labels.add(image.id, "image", image.name)
    with ThreadPoolExecutor(2) as pool:
        stored = pool.submit(lambda: {"container": containers(cloud), "object": objects(cloud)})
        found: Observation = dict(bodies(client, listing(client, cloud.current_project_id), labels))
        found.update(stored.result())
    said = guests(cloud, client, labels)
    return {**{kind: labels.apply(ones) for kind, ones in found.items()}, "guest": said}
