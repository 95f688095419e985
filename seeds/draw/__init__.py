"""A tenant out of a number: which services it uses, how much of each, and with what values.

Most are cheap (no server, no load balancer), some are rich. The same number gives the same tenant for ever, as the
order of the parts and of the draws within them is fixed.
"""

from __future__ import annotations

from random import Random

from seeds.blueprint import Blueprint
from seeds.draw import (
    access,
    aliases,
    balancer,
    disks,
    firewall,
    names,
    network,
    objects,
    people,
    ports,
    secrets,
    security,
    server,
    vpn,
)

SIZES = (*[(30, 40)] * 5, *[(40, 60)] * 3, (60, 120), (120, 300))
"""Ranges of the number of resources aimed at, each as likely as another."""
PARTS = (
    (access.draw, 0.8),
    (secrets.draw, 0.4),
    (network.qualities, 0.3),
    (security.draw, 1.0),
    (network.draw, 1.0),
    (ports.draw, 0.9),
    (ports.reach, 0.6),
    (firewall.draw, 0.35),
    (vpn.draw, 0.2),
    (balancer.draw, 0.3),
    (disks.draw, 0.5),
    (server.draw, 0.12),
    (objects.draw, 0.5),
)
"""Each part of a tenant with how likely it is to be there; a later one may refer to the earlier."""
LATER = (
    (1000, aliases.draw, 0.5),
    (1000, names.draw, 0.6),
    (1000, objects.history, 0.6),
    (2000, aliases.proxies, 0.5),
    (2000, security.logs, 0.4),
    (2000, ports.chosen, 0.3),
    (2000, disks.groups, 0.4),
)
"""Parts of the seeds from a number on only, so that the others stay the tenants they have always been."""


def tenant(seed: int, only: str = "", administrator: bool = False) -> Blueprint:
    """``only``: names of parts (``network``, ``firewall.draw``) with commas; empty for what the seed says.
    ``administrator``: with people, who come after all else, so that the rest is the same tenant."""
    random = Random(seed)
    blueprint = Blueprint(seed, random.randint(*random.choice(SIZES)), random)
    for part, likely in (*PARTS, *((part, likely) for since, part, likely in LATER if seed >= since or only)):
        told = f"{part.__module__.rpartition('.')[2]}.{part.__name__}"
        drawn = random.random() < likely
        if only:
            drawn = any(told.startswith(name) for name in only.split(","))
        if drawn:
            part(blueprint)
    if administrator:
        people.draw(blueprint)
    return blueprint
