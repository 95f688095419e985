"""Fidelity: every field that says something has one of four words, and one number says how much comes back."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from toycloud import KINDS as TOYS
from toycloud import ToyCloud, backup_of, thing_and_all

from hoarfrost.kinds import KINDS
from hoarfrost.kinds.fate import Then
from hoarfrost.kinds.treatment import treatments
from hoarfrost.model import Backup, Fate, Resource, Stream, fidelity, percent
from hoarfrost.verify import compare, foreseen

ROUTER: dict[str, Any] = {
    "id": "r",
    "name": "edge",
    "description": "",
    "admin_state_up": True,
    "external_gateway_info": {"network_id": "n", "enable_snat": False},
    "routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}],
    "flavor_id": "f",
    "status": "ACTIVE",
    "distributed": False,
}


def words(roles: tuple[str, ...]) -> dict[str, str]:
    powers = Then(roles, ("ext-gw-mode", "l3-ndp-proxy"))
    return {one.path: one.word for one in treatments(KINDS["router"], ROUTER, powers)}


def test_every_field_that_says_something_has_one_word() -> None:
    """Empty texts and what the API assumes anyway say nothing."""
    told = words(("member",))
    assert told["name"] == told["routes"] == "kept"
    assert told["external_gateway_info.network_id"] == "mapped"
    assert told["id"] == told["status"] == "regenerated"
    assert told["external_gateway_info.enable_snat"] == told["flavor_id"] == "lost"
    assert not {"description", "distributed"} & told.keys()


def test_who_may_more_loses_less() -> None:
    assert words(("admin",))["external_gateway_info.enable_snat"] == "kept"


def of(*resources: Resource, streams: tuple[Stream, ...] = ()) -> Backup:
    return replace(backup_of(list(resources)), streams=streams)


def test_a_reference_to_what_was_not_captured_is_lost() -> None:
    fates = foreseen(of(KINDS["router"].resource(ROUTER)), KINDS)
    (lost,) = (one for one in fates if one.field == "external_gateway_info.network_id")
    assert (lost.word, lost.why) == ("lost", "what it names could not be read")


def test_without_its_bytes_a_thing_is_lost() -> None:
    things = thing_and_all()
    whole = foreseen(backup_of(things), TOYS)
    assert fidelity(whole) == 1.0
    failed = Stream(address="thing/t1", size=4, format="raw", outcome="failed")
    fates = foreseen(of(*things, streams=(failed,)), TOYS)
    lost = {(one.field, one.count) for one in fates if one.word == "lost"}
    assert lost == {("name", 1), ("slot_id", 1)}
    assert all(one.kind == "thing" for one in fates if one.word == "lost")


def test_what_the_cloud_made_or_others_own_does_not_count() -> None:
    dhcp = {"id": "p", "network_id": "n", "device_owner": "network:dhcp", "fixed_ips": [], "name": "x"}
    assert foreseen(of(KINDS["port"].resource(dhcp)), KINDS) == ()
    assert foreseen(of(KINDS["router"].resource(ROUTER, owned=False)), KINDS) == ()


@pytest.mark.parametrize(
    ("counts", "share", "shown"),
    [
        ({}, 1.0, "100 %"),
        ({"kept": 3, "mapped": 1}, 1.0, "100 %"),
        ({"kept": 1998, "mapped": 1, "lost": 1}, 0.9995, "99.9 %"),
        ({"regenerated": 50, "kept": 1, "lost": 1}, 0.5, "50 %"),
    ],
)
def test_the_number(counts: dict[Any, int], share: float, shown: str) -> None:
    fates = [Fate(kind="k", field=word, word=word, count=count) for word, count in counts.items()]
    assert fidelity(fates) == share
    assert percent(fidelity(fates)) == shown


def test_what_was_not_restored_is_lost_in_the_same_words() -> None:
    backup = backup_of(thing_and_all())
    cloud: Any = ToyCloud()
    made: Any = type("Plan", (), {"steps": ()})
    compared = compare(backup, made, {}, of().graph(), TOYS, cloud)
    assert compared.findings == []
    assert {one.word for one in compared.fates} == {"lost", "regenerated"}
    fields = {(one.kind, one.field) for one in compared.fates}
    assert fields == {(one.kind, one.field) for one in foreseen(backup, TOYS)}
