"""The order of creation follows from the declarations, and is the one that the services need."""

from itertools import pairwise

import pytest

from hoarfrost.errors import HoarfrostError
from hoarfrost.kinds import KINDS, Kind, kind_order
from hoarfrost.kinds.field import Late, Ref

SERVICES = ("identity", "network", "image", "block-storage", "compute")
"""The order that the specification names; the object store may come anywhere after identity."""

OUT_OF_LINE = ("snapshot_image",)
"""What lies in one service and is made of what lies in a later one: Nova's images of volumes."""


def place(name: str) -> int:
    return kind_order(KINDS).index(name)


def test_every_kind_has_one_place() -> None:
    assert sorted(kind_order(KINDS)) == sorted(KINDS)


def test_services_come_in_the_order_of_the_specification() -> None:
    ranks = {
        service: [
            place(kind.name)
            for kind in KINDS.values()
            if kind.service == service and kind.name not in OUT_OF_LINE
        ]
        for service in SERVICES
    }
    for first, then in pairwise(SERVICES):
        assert max(ranks[first]) < min(ranks[then]), f"{first} before {then}"
    kept = [place(kind.name) for kind in KINDS.values() if kind.service == "key-manager"]
    assert max(kept) < min(ranks["network"])
    stored = [place(kind.name) for kind in KINDS.values() if kind.service == "object-store"]
    assert max(ranks["identity"]) < min(stored)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("network", "subnet"),
        ("subnet", "port"),
        ("security_group", "security_group_rule"),
        ("security_group", "port"),
        ("router", "router_interface"),
        ("port", "server"),
        ("image", "volume"),
        ("volume", "volume_snapshot"),
        ("volume_snapshot", "snapshot_image"),
        ("volume", "server"),
        ("keypair", "server"),
        ("volume_type", "volume"),
        ("storage_policy", "container"),
        ("secret", "secret_container"),
        ("secret_container", "listener"),
        ("pool", "listener"),
        ("port", "load_balancer"),
        ("router_interface", "vpn_service"),
        ("firewall_policy", "firewall_group"),
    ],
)
def test_what_is_referred_to_comes_first(first: str, then: str) -> None:
    assert place(first) < place(then)


def test_the_order_does_not_hang_on_the_registry() -> None:
    """What references decide stays decided when the kinds are entered the other way round."""
    turned = kind_order(dict(reversed(KINDS.items())))
    for kind in KINDS.values():
        for one in kind.fields:
            for to in set(one.kinds()) - {kind.name} if isinstance(one, Ref) and not one.late else ():
                assert turned.index(to) < turned.index(kind.name), f"{to} before {kind.name}"
    assert turned.index("port") < turned.index("server")


class Egg(Kind):
    """Needs a hen."""

    hen = Ref("hen_id", to="hen")


class Hen(Kind):
    """Needs an egg."""

    egg = Ref("egg_id", to="egg")


class Chick(Kind):
    """Comes after the update of the egg, which follows the nest: without naming either."""


class Nest(Kind):
    """Is updated after the twig, before the chick."""

    warm = Late("warm", after="twig", before="chick")


class Twig(Kind):
    """Needs nothing."""


def test_a_late_update_orders_what_is_around_it() -> None:
    kinds: dict[str, Kind] = {"chick": Chick(), "nest": Nest(), "twig": Twig()}
    assert kind_order(kinds) == ["nest", "twig", "chick"]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(HoarfrostError, match="circle"):
        kind_order({"egg": Egg(), "hen": Hen()})
