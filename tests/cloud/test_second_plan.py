"""What is hard to recognise once it is restored: a port on a network of others, which gets another MAC, and things
without a name. A second, fresh plan takes them for what they are, and nobody else's things."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.cloud import Cloud
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud


def made(cloud: Cloud, undo: Undo, path: str, key: str, **said: Any) -> str:
    rest = cloud.rest("network")
    id = str(rest.post(f"/v2.0/{path}", {key: said})[key]["id"])
    undo(lambda: rest.delete(f"/v2.0/{path}/{id}"))
    return id


def test_a_port_on_a_network_that_another_project_shares(cloud: Cloud, admin: Cloud, undo: Undo) -> None:
    trip, rest = RoundTrip(cloud, cloud, undo), cloud.rest("network")
    network = made(admin, undo, "networks", "network", name=trip.name("of others"))
    subnet = made(admin, undo, "subnets", "subnet", network_id=network, ip_version=4, cidr="10.99.0.0/24")
    shared = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    made(admin, undo, "rbac-policies", "rbac_policy", target_tenant=cloud.project_id, **shared)
    port = made(cloud, undo, "ports", "port", name=trip.name("guest"), network_id=network)
    before = rest.get(f"/v2.0/ports/{port}")["port"]

    backup = trip.back_up()
    lost = {one.field for one in backup.fates if one.kind == "port" and one.word == "lost"}
    assert {"mac_address", "fixed_ips[].ip_address"} <= lost
    rest.delete(f"/v2.0/ports/{port}")
    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    told = [one for one in trip.plan.findings if one.address == f"port/{port}" and one.code == "not-restored"]
    assert [one.sentence.split()[0] for one in told] == ["mac_address", "fixed_ips[].ip_address"]
    assert all("another project's" in one.sentence for one in told)
    assert trip.differences == []
    after = rest.get(f"/v2.0/ports/{outcome.ids[f'port/{port}']}")["port"]
    assert after["mac_address"] != before["mac_address"]
    assert [one["subnet_id"] for one in after["fixed_ips"]] == [subnet]

    again = trip.restore()
    assert (again.count("created"), trip.action(f"port/{port}")) == (0, "reuse")
    assert again.ids[f"port/{port}"] == after["id"]


def test_what_has_no_name_is_not_made_twice(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    trip = RoundTrip(cloud, other, undo)
    network = made(cloud, undo, "networks", "network", name="")
    policy = made(cloud, undo, "fwaas/firewall_policies", "firewall_policy", name="")
    theirs = made(other, undo, "networks", "network", name="")
    trip.back_up()
    trip.also = [f"network/{network}", f"firewall_policy/{policy}"]
    first = trip.restore()
    assert (first.status, first.count("created")) == ("complete", 2), first.findings
    again = trip.restore()
    assert again.count("created") == 0
    assert [again.ids[one] for one in trip.also] == [first.ids[one] for one in trip.also]
    assert theirs not in again.ids.values()


def test_algorithms_that_the_target_refuses(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    """The backup is of a cloud that still had them; its record is made from what this one answers."""
    trip = RoundTrip(cloud, other, undo)
    said = {"auth_algorithm": "sha512", "encryption_algorithm": "aes-192"}
    policy = made(cloud, undo, "vpn/ikepolicies", "ikepolicy", name=trip.name("old"), **said)
    backup = trip.back_up()
    body = next(one.body for one in backup.resources if one.id == policy)
    body |= {"auth_algorithm": "sha1", "encryption_algorithm": "3des"}
    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    told = [one.sentence.split()[0] for one in trip.plan.findings if one.address == f"ike_policy/{policy}"]
    assert told == ["auth_algorithm", "encryption_algorithm"]
    assert trip.differences == []
    (restored,) = other.rest("network").list("/v2.0/vpn/ikepolicies", "ikepolicies", name=trip.name("old"))
    assert (restored["auth_algorithm"], restored["encryption_algorithm"]) == ("sha256", "aes-256")
