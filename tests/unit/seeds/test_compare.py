"""The comparison finds which thing stands for which without ids, and tells what differs, field by field."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from demo.offer import Offer as Names
from seeds.announced import Promises, judge
from seeds.compare import Comparison, compare
from seeds.look import Look
from seeds.look.bodies import Thing

NAMES = Names("public", ("small",), "standard", "nova", "Policy-0", "guest")


def id_of(number: int) -> str:
    return str(UUID(int=number))


def thing(kind: str, number: int, **body: Any) -> Thing:
    return Thing(kind, id_of(number), {"id": id_of(number), **body})


def compared(before: list[Thing], after: list[Thing]) -> Comparison:
    return compare(Look(tuple(before)), Look(tuple(after)), NAMES, NAMES)


def twins(first: int, order: tuple[int, int]) -> list[Thing]:
    """Two networks that say the same, with a port each; what is on the ports says which is which."""
    things = [thing("network", first + one, name="web") for one in (0, 1)]
    for network, mac in zip(order, ("aa", "bb"), strict=True):
        body = {"network_id": id_of(first + network), "name": "", "mac_address": mac}
        things.append(thing("port", first + 10 + network, **body))
        things.append(thing("subnet", first + 20 + network, network_id=id_of(first + network), cidr=mac))
    return things


def test_twins_are_told_apart_by_what_mentions_them() -> None:
    found = compared(twins(100, (0, 1)), twins(200, (1, 0)))
    assert found.differences == ()
    assert (found.resources, found.fields) == (6, found.equal)


def test_a_port_on_the_wrong_twin_is_found() -> None:
    after = twins(200, (0, 1))
    wrong = [
        Thing(one.kind, one.id, {**one.body, "network_id": id_of(201)})
        if one.kind == "port" and one.body["mac_address"] == "aa"
        else one
        for one in after
    ]
    found = compared(twins(100, (0, 1)), wrong)
    assert [(one.kind, one.field) for one in found.differences] == [("port", "network_id")]


def test_groups_that_name_each_other_in_a_circle_are_paired() -> None:
    def circle(first: int) -> list[Thing]:
        groups = [thing("security_group", first + one, name="") for one in range(3)]
        rules = [
            thing(
                "security_group_rule",
                first + 10 + one,
                security_group_id=id_of(first + one),
                remote_group_id=id_of(first + (one + 1) % 3),
                port_range_min=one,
            )
            for one in range(3)
        ]
        return groups + rules

    assert compared(circle(100), list(reversed(circle(300)))).differences == ()


def test_a_changed_field_is_one_difference_and_not_that_of_its_neighbours() -> None:
    before = [thing("network", 1, name="web", mtu=1400), thing("subnet", 2, network_id=id_of(1), cidr="c")]
    after = [thing("network", 7, name="web", mtu=1442), thing("subnet", 8, network_id=id_of(7), cidr="c")]
    (found,) = compared(before, after).differences
    assert (found.kind, found.field, found.before, found.after) == ("network", "mtu", 1400, 1442)


def test_the_order_of_some_lists_means_something() -> None:
    before = [thing("subnet", 1, name="a", dns_nameservers=["1", "2"], host_routes=["x", "y"])]
    after = [thing("subnet", 2, name="a", dns_nameservers=["2", "1"], host_routes=["y", "x"])]
    assert [one.field for one in compared(before, after).differences] == ["dns_nameservers"]


def test_what_is_lost_is_a_failure_unless_the_plan_said_so() -> None:
    differences = compared([thing("network", 1, name="web")], []).differences
    silent = Promises({"steps": []}, [])
    step = {"step": f"network/{id_of(1)}", "action": "impossible", "reason": "why"}
    assert [one.kind for one in judge(differences, silent).failures] == ["network"]
    assert judge(differences, Promises({"steps": [step]}, [])).failures == ()


def test_what_came_from_nowhere_is_always_a_failure() -> None:
    differences = compared([], [thing("volume", 1, name="left over")]).differences
    assert len(judge(differences, Promises({"steps": []}, [])).failures) == 1


def test_a_field_has_to_be_named_by_a_finding_about_that_very_thing() -> None:
    before = [thing("floating_ip", 1, floating_ip_address="203.0.113.5", description="d")]
    after = [thing("floating_ip", 2, floating_ip_address="203.0.113.9", description="d")]
    differences = compared(before, after).differences
    said = {"address": f"floating_ip/{id_of(1)}", "sentence": "floating_ip_address may not come back"}
    of_another = {**said, "address": f"floating_ip/{id_of(3)}"}
    assert judge(differences, Promises({"steps": []}, [said])).failures == ()
    assert len(judge(differences, Promises({"steps": []}, [of_another])).failures) == 1


def test_a_part_is_found_by_the_end_of_its_address_and_a_role_that_is_needed_is_a_promise() -> None:
    differences = compared([thing("qos_dscp_marking_rule", 1, dscp_mark=8)], []).differences
    said = {"address": f"qos_dscp_marking_rule/{id_of(7)}/{id_of(1)}", "sentence": "needs the role manager"}
    assert judge(differences, Promises({"steps": []}, [{**said, "code": "needs-role"}])).failures == ()
    assert len(judge(differences, Promises({"steps": []}, [{**said, "code": "other"}])).failures) == 1


def test_old_versions_in_another_order_are_a_difference_and_their_times_are_none() -> None:
    def container(number: int, *hashes: str) -> Thing:
        put = {"x-timestamp": str(number), "etag": "e"}
        versions = [{"name": "n", "hash": one, "headers": put} for one in hashes]
        return thing("container", number, **{"name": "c", "+versions": versions})

    assert compared([container(1, "a", "b")], [container(2, "a", "b")]).differences == ()
    assert [
        one.field for one in compared([container(1, "a", "b")], [container(2, "b", "a")]).differences
    ] == ["+versions"]
