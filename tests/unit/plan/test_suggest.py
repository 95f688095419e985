"""What takes the place of a flavor, an image, a network that has another name on the target."""

from __future__ import annotations

from typing import Any

import pytest
from toycloud import ToyCloud

from hoarfrost.kinds import KINDS
from hoarfrost.kinds.stand_in import Ask
from hoarfrost.model import Graph
from hoarfrost.plan.suggest import suggest
from hoarfrost.plan.there import There


def asked(kind: str, wanted: dict[str, Any], *offers: dict[str, Any], **more: Any) -> tuple[str, str] | None:
    cloud: Any = ToyCloud()
    one = KINDS[kind]
    there = There(cloud, KINDS)
    return suggest(
        Ask(
            one.resource({"id": "x", **wanted}, owned=False),
            one,
            list(offers),
            Graph(),
            there.visible,
            cloud,
            lambda kind, id: None,
        )
    )


def flavor(id: str, vcpus: int, ram: int, disk: int, name: str = "") -> dict[str, Any]:
    return {"id": id, "name": name or id, "vcpus": vcpus, "ram": ram, "disk": disk, "swap": ""}


WANTED = {"name": "small", "vcpus": 1, "ram": 512, "disk": 5, "swap": 0}


@pytest.mark.parametrize(
    ("offers", "target", "reason"),
    [
        ([flavor("a", 1, 512, 5), flavor("b", 4, 4096, 40, "small")], "b", "the same name"),
        ([flavor("a", 1, 512, 5), flavor("b", 1, 256, 5, "small")], "a", "equal in size"),
        (
            [flavor("a", 2, 2048, 20), flavor("b", 2, 1024, 10), flavor("c", 8, 512, 4)],
            "b",
            "a guess: the nearest",
        ),
    ],
)
def test_flavors_go_by_name_then_by_size(offers: list[dict[str, Any]], target: str, reason: str) -> None:
    found = asked("flavor", WANTED, *offers)
    assert found and found[0] == target and found[1].startswith(reason)


def test_no_flavor_is_large_enough() -> None:
    assert asked("flavor", WANTED, flavor("a", 1, 256, 5), flavor("b", 1, 512, 4)) is None


def image(id: str, name: str, hash: str) -> dict[str, Any]:
    return {"id": id, "name": name, "os_hash_value": hash, "status": "active"}


def test_images_go_by_their_bytes() -> None:
    wanted = {"name": "debian", "os_hash_value": "h", "status": "active"}
    other, same = image("a", "debian", "g"), image("b", "debian-12", "h")
    assert asked("image", wanted, other, same) == ("b", "the same bytes (os_hash_value)")
    found = asked("image", wanted, other)
    assert found and found == ("a", "a guess: the same name, but other bytes")
    assert asked("image", wanted, image("c", "else", "g")) is None


def test_external_networks_are_not_mixed_up_with_others() -> None:
    wanted = {"name": "public", "router:external": True}
    inner = {"id": "a", "name": "public", "router:external": False}
    outer = {"id": "b", "name": "internet", "router:external": True}
    assert asked("network", wanted, inner, outer) == ("b", "a guess: the only one there is")
    assert asked("network", wanted, inner) is None


def test_zones_go_by_name_only() -> None:
    assert asked("availability_zone", {"zoneName": "nova"}, {"zoneName": "zone-b"}) is None
