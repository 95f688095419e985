"""Blueprints: the same for the same seed, and to be made in the order in which they come."""

from __future__ import annotations

import pytest

from seeds.api import APIS
from seeds.draw import tenant
from seeds.values import EDGES

SPECIAL = {"router_interface", "stored", "extra", "granted"}


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_seed_is_a_tenant_for_ever(seed: int) -> None:
    assert tenant(seed).things == tenant(seed).things
    assert tenant(seed, administrator=True).things[: len(tenant(seed).things)] == tenant(seed).things


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_a_thing_needs_comes_before_it(seed: int) -> None:
    made: set[str] = set()
    for thing in tenant(seed, administrator=True).things:
        assert thing.needs() <= made
        assert thing.kind in APIS or thing.kind in SPECIAL
        made.add(thing.label)


def test_the_seeds_use_every_type() -> None:
    drawn = {thing.kind for seed in range(1, 40) for thing in tenant(seed).things}
    drawn |= {
        thing.kind for seed in (*range(1000, 1010), *range(2000, 2010)) for thing in tenant(seed).things
    }
    drawn |= {thing.kind for thing in tenant(1, administrator=True).things}
    unused = APIS.keys() - drawn
    assert unused <= {"qos_minimum_bandwidth_rule", "volume_snapshot"}


def test_every_type_with_edge_values_is_a_type() -> None:
    assert EDGES.keys() <= APIS.keys()


def test_some_later_seeds_put_a_name_again_and_delete_one() -> None:
    stored = [one.body for seed in range(1000, 1010) for one in tenant(seed).of("stored")]
    history = [one for one in stored if one["path"][0] == "history" and one["path"][1:]]
    assert len({tuple(one["path"]) for one in history}) < len(history)
    assert "DELETE" in {one["method"] for one in history}


@pytest.mark.parametrize("seed", (3, 1007))
def test_a_local_address_waits_for_a_subnet_of_its_network(seed: int) -> None:
    """The building of 1007 failed where the address came first."""
    blueprint = tenant(seed)
    networks = {one.label: one.body["network_id"].label for one in blueprint.of("subnet")}
    for one in blueprint.of("local_ip"):
        assert one.body["network_id"].label in {networks.get(label) for label in one.after}
