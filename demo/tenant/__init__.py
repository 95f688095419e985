"""A small tenant, built by a plain project member through openstacksdk: it is backed up, lost, brought back.

One file for each part of it. Knows nothing of Hoarfrost.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from openstack.connection import Connection

from demo.offer import Offer
from demo.tenant import access, image, network, objects, server, volume


def build(cloud: Connection, offer: Offer) -> None:
    """Expects an empty project. Ends with every guest having written its disks."""
    with ThreadPoolExecutor(2) as pool:
        stored = pool.submit(objects.build, cloud)
        disks = pool.submit(_disks, cloud, offer)
        access.build(cloud)
        network.build(cloud, offer)
        disks.result()
        stored.result()
    server.build(cloud, offer)


def _disks(cloud: Connection, offer: Offer) -> None:
    image.build(cloud)
    volume.build(cloud, offer)


def change(cloud: Connection) -> None:
    """What happens to a tenant in a day: files and disks, objects, a rule, tags, metadata."""
    with ThreadPoolExecutor(1) as pool:
        guests = pool.submit(server.second_edition, cloud)
        objects.change(cloud)
        access.add_rule(cloud)
        volume.change_metadata(cloud)
        guests.result()
    server.change_tags(cloud)
