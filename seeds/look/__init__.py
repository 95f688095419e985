"""What a project holds, seen by raw REST: every body of every type, with the checksum of every stored byte.

Independent of the product, and of what was built: whatever is there is seen. What the cloud makes for itself is left
out (`made_by_the_cloud`). Ids are still in it; `seeds.pairing` puts labels in their place.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from seeds import people
from seeds.api import APIS
from seeds.ground import Offer
from seeds.look import bodies, stored
from seeds.look.bodies import Thing

AT_ONCE = 4


@dataclass(frozen=True)
class Look:
    """``labels``: what ids of things that are not the project's own stand for."""

    things: tuple[Thing, ...]
    labels: dict[str, str] = field(default_factory=dict)

    def own(self) -> list[Thing]:
        """Without what every project has by itself: an empty project has none."""
        return [one for one in self.things if not one.standing]

    def json(self) -> list[Any]:
        return [vars(one) for one in self.things]


def look(rest: Any, offer: Offer) -> Look:
    top = [kind for kind, api in APIS.items() if not (api.parent or api.people)]
    nested = [kind for kind, api in APIS.items() if api.parent]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        objects = pool.submit(stored.stored, rest.cloud)
        found = dict(zip(top, pool.map(lambda kind: bodies.of(rest, kind), top), strict=True))
        under = [(kind, one.id) for kind in nested for one in found.get(APIS[kind].parent, [])]
        further = list(pool.map(lambda asked: bodies.of(rest, asked[0], asked[1]), under))
        things = [one for ones in [*found.values(), *further] for one in ones]
        things += objects.result()
    if offer.roles:
        things += people.seen(rest)
    return Look(tuple(bodies.without_the_clouds_own(things)), _labels(rest, offer))


def _labels(rest: Any, offer: Offer) -> dict[str, str]:
    labels = {
        rest.project: "<own project>",
        rest.user: "<own user>",
        offer.external_network: "<external network>",
        offer.foreign_network: "<foreign network>",
        offer.neighbour_project: "<neighbour>",
        offer.scoped_pool: "<scoped pool>",
        offer.guest_image: "<guest image>",
        offer.volume_type: "<volume type>",
        offer.group_type: "<group type>",
    }
    for subnet in rest.cloud.network.subnets(network_id=offer.foreign_network):
        labels[subnet.id] = "<foreign subnet>"
    return labels
