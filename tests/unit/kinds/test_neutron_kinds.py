"""Network kinds on bodies of a real cloud: what is asked for, what is recognised, what comes later."""

from typing import Any

import pytest

from hoarfrost.errors import Conflict, Forbidden, PlanError, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.fate import Then
from hoarfrost.kinds.network import follows_mac

Bodies = dict[str, dict[str, dict[str, Any]]]


def same(kind: str, id: str) -> str | None:
    return id


def new(kind: str, id: str) -> str | None:
    return f"new-{id}"


def test_subnets_are_made_without_dhcp(bodies: Bodies) -> None:
    body = bodies["subnet"]["front4"]
    wanted = KINDS["subnet"].request(body, new)
    assert wanted["enable_dhcp"] is False
    assert wanted["network_id"] == "new-" + body["network_id"]
    assert KINDS["subnet"].late(body, new) == {"enable_dhcp": True}


def test_no_gateway_is_said(bodies: Bodies) -> None:
    assert KINDS["subnet"].request(bodies["subnet"]["back4"], new)["gateway_ip"] is None


def test_ipv6_modes_need_dhcp_from_the_start(bodies: Bodies) -> None:
    body = bodies["subnet"]["front6"]
    assert KINDS["subnet"].request(body, new)["enable_dhcp"] is True
    assert KINDS["subnet"].late(body, new) == {}


def test_a_port_keeps_mac_and_addresses_but_not_what_nova_says(bodies: Bodies) -> None:
    wanted = KINDS["port"].request(bodies["port"]["web-0"], same)
    assert wanted["mac_address"] == "fa:16:3e:11:22:33"
    assert wanted["fixed_ips"][0]["ip_address"] == "10.20.0.50"
    assert "ip_address" not in wanted["fixed_ips"][1], (
        "an address that follows the MAC is refused when it is said"
    )
    assert wanted["device_owner"].startswith("compute:"), "said only where a subnet is for servers alone"
    assert not {"dns_name", "device_id", "binding:host_id"} & set(wanted)


def test_a_free_port_keeps_its_dns_name_and_owner(bodies: Bodies) -> None:
    body = bodies["port"]["vip"] | {"dns_name": "vip", "device_owner": "keepalived"}
    wanted = KINDS["port"].request(body, same)
    assert (wanted["dns_name"], wanted["device_owner"]) == ("vip", "keepalived")


def test_a_port_without_groups_says_so(bodies: Bodies) -> None:
    body = bodies["port"]["vip"] | {"security_groups": [], "fixed_ips": []}
    wanted = KINDS["port"].request(body, same)
    assert (wanted["security_groups"], wanted["fixed_ips"]) == ([], [])


@pytest.mark.parametrize(
    ("address", "mac", "expected"),
    [
        ("fd00:20::f816:3eff:fe11:2233", "fa:16:3e:11:22:33", True),
        ("fd00:20::f816:3eff:fe11:2234", "fa:16:3e:11:22:33", False),
        ("10.20.0.50", "fa:16:3e:11:22:33", False),
        ("", "fa:16:3e:11:22:33", False),
    ],
)
def test_addresses_that_follow_the_mac(address: str, mac: str, expected: bool) -> None:
    assert follows_mac(address, mac) is expected


def test_ports_of_the_cloud_are_told_from_ports_of_servers(bodies: Bodies) -> None:
    made_by = {title: KINDS["port"].made_by(body) for title, body in bodies["port"].items()}
    assert made_by["web-0"] == made_by["vip"] == ""
    assert made_by["routerleg"] == "network:router_interface"


def test_groups_that_name_each_other_are_made_before_any_rule(bodies: Bodies) -> None:
    web, db = (bodies["security_group"][name]["id"] for name in ("web", "db"))
    assert all(
        one.kind == "project" for one in KINDS["security_group"].references(bodies["security_group"]["web"])
    )
    titles = [f"ingress IPv4 tcp 5432 from {one}" for one in (web, db)]
    for title, remote in zip(titles, (web, db), strict=True):
        wanted = KINDS["security_group_rule"].request(bodies["security_group_rule"][title], new)
        assert wanted["remote_group_id"] == f"new-{remote}"


def test_a_rule_is_not_made_without_its_remote_group(bodies: Bodies) -> None:
    """It would let everybody in."""
    web = bodies["security_group"]["web"]["id"]
    body = bodies["security_group_rule"][f"ingress IPv4 tcp 5432 from {web}"]
    with pytest.raises(PlanError):
        KINDS["security_group_rule"].request(body, lambda kind, id: None if id == web else id)


def test_rules_are_recognised_by_all_they_say(bodies: Bodies) -> None:
    kind = KINDS["security_group_rule"]
    ours = {kind.likeness(body, same) for body in bodies["security_group_rule"].values()}
    assert len(ours) == len(bodies["security_group_rule"])


def test_a_member_does_not_choose_the_address_of_a_gateway(bodies: Bodies) -> None:
    body = bodies["router"]["gate"]
    network = body["external_gateway_info"]["network_id"]
    assert KINDS["router"].request(body, same)["external_gateway_info"] == {"network_id": network}


def test_an_administrator_does(bodies: Bodies) -> None:
    wanted = KINDS["router"].request(bodies["router"]["gate"], new, lambda path: True)[
        "external_gateway_info"
    ]
    assert wanted["enable_snat"] is True
    assert {one["subnet_id"][:4] for one in wanted["external_fixed_ips"]} == {"new-"}


def test_routes_come_late(bodies: Bodies) -> None:
    body = bodies["router"]["gate"]
    assert "routes" not in KINDS["router"].request(body, same)
    assert KINDS["router"].late(body, same) == {"routes": body["routes"]}


def test_a_floating_address_is_given_to_its_port_later(bodies: Bodies) -> None:
    body = bodies["floating_ip"]["203.0.113.16"]
    wanted = KINDS["floating_ip"].request(body, new)
    assert wanted["floating_ip_address"] == "203.0.113.16"
    assert "port_id" not in wanted
    late = {"port_id": f"new-{body['port_id']}", "fixed_ip_address": "10.20.0.50"}
    assert KINDS["floating_ip"].late(body, new) == late
    assert KINDS["floating_ip"].late(body, lambda kind, id: None) == {}


class Refusing:
    """A network service that refuses a request with ``field`` in it."""

    def __init__(self, field: str, error: Exception) -> None:
        self.asked: list[dict[str, Any]] = []
        self.tags: list[str] = []
        self._field, self._error = field, error

    def extensions(self) -> frozenset[str]:
        return frozenset({"allowed-address-pairs", "port-security"})

    def rest(self, service: str, microversion: str) -> Any:
        return self

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        ((key, said),) = body.items()
        self.asked.append(said)
        if self._field in said:
            raise self._error
        return {key: {"id": "made", **said}}

    def get(self, path: str) -> dict[str, Any]:
        said = self.asked[-1].get("description")
        return {"floatingip": {"id": "made", "floating_ip_address": "203.0.113.99", "description": said}}

    def put(self, path: str, body: dict[str, Any]) -> None:
        self.tags = body.get("tags", self.tags)
        self.asked += body.values() if "tags" not in body else ()


@pytest.mark.parametrize("error", [Forbidden("no"), Conflict("taken"), Refused("400, not in the range")])
def test_another_floating_address_stands_for_the_one_that_cannot_be_had(
    bodies: Bodies, error: Exception
) -> None:
    kind, body = KINDS["floating_ip"], bodies["floating_ip"]["203.0.113.16"]
    cloud: Any = Refusing("floating_ip_address", error)
    kind.create(cloud, kind.request(body, same))
    assert "floating_ip_address" not in cloud.asked[-1]
    assert kind.likeness(cloud.get("")["floatingip"]) == kind.likeness(body, same)  # a run cut here finds it
    kind.made(cloud, "made", body, same)
    assert cloud.asked[-1] == {"description": body["description"]}
    assert cloud.tags == ["hoarfrost:was=203.0.113.16"]
    there = {"floating_ip_address": "203.0.113.99", "tags": cloud.tags}
    assert kind.likeness(body, same) == kind.likeness(there)


@pytest.mark.parametrize(
    "words", ["hoarfrost:was=203.0.113.7", "hoarfrost:was=203.0.113.7 or so", "hoarfrost:was="]
)
def test_a_description_of_its_owner_makes_no_floating_address_stand_for_another(
    bodies: Bodies, words: str
) -> None:
    kind, body = KINDS["floating_ip"], bodies["floating_ip"]["203.0.113.16"] | {"description": words}
    assert kind.likeness(body, same) == ("203.0.113.16",)
    assert kind.request(body, same)["floating_ip_address"] == "203.0.113.16"
    cloud: Any = Refusing("nothing", Forbidden(""))
    kind.create(cloud, kind.request(body, same))
    kind.made(cloud, "made", body, same)
    assert cloud.asked[-1]["description"] == words and len(cloud.asked) == 1
    cloud = Refusing("floating_ip_address", Forbidden("no"))
    kind.create(cloud, kind.request(body, same))
    kind.made(cloud, "made", body, same)
    assert cloud.asked[-1] == {"description": words}
    assert cloud.tags == ["hoarfrost:was=203.0.113.16"]


def test_on_a_shared_network_a_port_takes_what_it_gets(bodies: Bodies) -> None:
    cloud: Any = Refusing("mac_address", Forbidden("not your network"))
    kind = KINDS["port"]
    kind.create(cloud, kind.request(bodies["port"]["web-0"], same))
    assert {"network_id", "security_groups", "name"} <= set(cloud.asked[-1])
    assert "mac_address" not in cloud.asked[-1]
    assert [set(one) for one in cloud.asked[-1]["fixed_ips"]] == [{"subnet_id"}] * 2


def test_what_the_target_lacks_an_extension_for_is_not_sent(bodies: Bodies) -> None:
    cloud: Any = Refusing("nothing", Forbidden(""))
    kind = KINDS["port"]
    kind.create(cloud, kind.request(bodies["port"]["web-0"], same))
    assert "propagate_uplink_status" not in cloud.asked[0]
    assert "port_security_enabled" in cloud.asked[0]


@pytest.mark.parametrize(
    ("network", "role", "lost"),
    [
        ("another", "manager", {"floating_ip_address"}),
        ("same", "manager", set()),
        ("another", "member", set()),
    ],
)
def test_another_network_may_have_other_addresses(
    bodies: Bodies, network: str, role: str, lost: set[str]
) -> None:
    """Of a member, the role says it already."""
    body = bodies["floating_ip"]["203.0.113.16"]
    there = {"id": body["floating_network_id"] if network == "same" else "another"}
    found = KINDS["floating_ip"].withheld(body, lambda kind, id: there, Then((role,), (), "ours"))
    assert set(dict(found)) == lost


@pytest.mark.parametrize(
    ("owner", "roles", "lost"),
    [
        ("ours", ("member",), set()),
        ("theirs", ("member",), {"mac_address", "fixed_ips[].ip_address", "port_security_enabled"}),
        ("theirs", ("admin",), set()),
    ],
)
def test_mac_and_addresses_on_a_network_of_others(
    bodies: Bodies, owner: str, roles: tuple[str, ...], lost: set[str]
) -> None:
    body = bodies["port"]["web-0"] | {"port_security_enabled": False, "allowed_address_pairs": []}
    powers = Then(roles, (), "ours")
    network = {"id": body["network_id"], "project_id": owner}
    assert set(dict(KINDS["port"].withheld(body, lambda kind, id: network, powers))) == lost
    assert dict(KINDS["port"].withheld(body, lambda kind, id: None, powers)) == {}, (
        "it is made anew, and ours"
    )
