"""Firewalls and tunnels on bodies of a real cloud: defaults that every project has, keys, ranges, transit."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import Unavailable, WentWrong
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.field import Secret

Bodies = dict[str, dict[str, dict[str, Any]]]


def new(kind: str, id: str) -> str | None:
    return f"new-{id}"


def test_a_default_rule_is_known_by_its_policy_and_not_by_its_name(bodies: Bodies) -> None:
    kind = KINDS["firewall_rule"]
    rule = next(one for one in bodies["firewall_rule"].values() if one["+default"])
    turned = rule | {"action": "allow"}
    assert kind.standing(rule)
    assert kind.likeness(turned) == kind.likeness(rule), "it is the same one, whatever was done to it"
    mine = rule | {"+default": False}
    assert not kind.standing(mine)
    assert kind.likeness(mine) != kind.likeness(mine | {"action": "other"})


def test_default_policies_and_groups_are_taken_as_they_are(bodies: Bodies) -> None:
    policies, groups = KINDS["firewall_policy"], KINDS["firewall_group"]
    assert policies.standing(bodies["firewall_policy"]["default ingress"])
    assert groups.standing(bodies["firewall_group"]["default"])
    assert not groups.standing(bodies["firewall_group"]["edge"])
    assert policies.likeness(bodies["firewall_policy"]["default egress"], lambda kind, id: None)


def test_a_policy_is_made_whole_and_in_order(bodies: Bodies) -> None:
    body = bodies["firewall_policy"]["ordered"]
    wanted = KINDS["firewall_policy"].request(body, new)
    assert wanted["firewall_rules"] == [f"new-{one}" for one in body["firewall_rules"]]
    assert wanted["audited"] is True
    assert KINDS["firewall_policy"].late(body, new) == {}


def test_a_group_gets_its_ports_later(bodies: Bodies) -> None:
    kind, body = KINDS["firewall_group"], bodies["firewall_group"]["edge"]
    assert "ports" not in kind.request(body, new)
    assert kind.late(body, new) == {"ports": [f"new-{one}" for one in body["ports"]]}
    with pytest.raises(WentWrong):
        kind.settled(body | {"status": "ERROR"})


class Walls:
    """A firewall that takes two looks to let go, and a rule to be changed."""

    def __init__(self, **body: Any) -> None:
        self.body, self.done = body, list[Any]()
        self.statuses = ["ACTIVE", "PENDING_UPDATE", "INACTIVE"]

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def extensions(self) -> frozenset[str]:
        return frozenset({"fwaas_v2"})

    def get(self, path: str) -> Any:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"firewall_group": self.body | {"status": status}, "firewall_rule": self.body}

    def put(self, path: str, body: Any) -> None:
        self.done.append(body)

    def delete(self, path: str) -> None:
        self.done.append(path)


@pytest.mark.parametrize("ports", [["p"], []])
def test_a_group_at_work_lets_go_before_it_is_removed(
    monkeypatch: pytest.MonkeyPatch, ports: list[str]
) -> None:
    """Also where its ports were removed under it: it says then that it is at work, on nothing."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    walls: Any = Walls(ports=ports)
    KINDS["firewall_group"].delete(walls, "g")
    free = {"ports": [], "ingress_firewall_policy_id": None, "egress_firewall_policy_id": None}
    assert walls.done == [{"firewall_group": free}, "/v2.0/fwaas/firewall_groups/g"]


def test_a_default_rule_is_brought_to_the_state_of_ours(bodies: Bodies) -> None:
    rule = next(one for one in bodies["firewall_rule"].values() if one["+default"])
    walls: Any = Walls(**rule)
    KINDS["firewall_rule"].adopt(walls, "r", rule, new)
    KINDS["firewall_rule"].adopt(walls, "r", rule | {"enabled": False}, new)
    assert walls.done == [{"firewall_rule": {"enabled": False}}]


def test_algorithms_are_always_said(bodies: Bodies) -> None:
    for name in ("ike_policy", "ipsec_policy"):
        for body in bodies[name].values():
            assert {"auth_algorithm", "encryption_algorithm"} <= set(KINDS[name].request(body, new))


def test_endpoints_are_subnets_or_ranges(bodies: Bodies) -> None:
    kind = KINDS["vpn_endpoint_group"]
    near, far = bodies["vpn_endpoint_group"]["near"], bodies["vpn_endpoint_group"]["far"]
    assert kind.request(near, new)["endpoints"] == [f"new-{one}" for one in near["endpoints"]]
    assert kind.request(far, new)["endpoints"] == far["endpoints"]
    assert {one.kind for one in kind.references(far)} == {"project"}


def test_a_service_comes_after_the_legs_of_its_router(bodies: Bodies) -> None:
    body = bodies["vpn_service"]["hüb"]
    assert len([one for one in KINDS["vpn_service"].references(body) if one.kind == "router_interface"]) == 2
    assert "+interfaces" not in KINDS["vpn_service"].request(body, new)


def test_the_shared_key_is_kept_and_never_shown(bodies: Bodies) -> None:
    kind, body = KINDS["ipsec_site_connection"], bodies["ipsec_site_connection"]["site"]
    assert kind.request(body, new)["psk"] == body["psk"]
    assert "psk" in {path for one in kind.fields if isinstance(one, Secret) for path in one.paths}


def test_a_reader_is_not_believed() -> None:
    tunnels = [kind for kind in KINDS.values() if kind.path.startswith("/v2.0/vpn/")]
    assert len(tunnels) == 5
    assert all(kind.reads == ("member",) and kind.quota for kind in tunnels)


def test_routes_of_a_vpn_are_its_own(bodies: Bodies) -> None:
    kind, body = KINDS["router"], bodies["router"]["gate"]
    vpn = {"destination": "10.200.0.0/24", "nexthop": "169.254.0.2"}
    assert kind.late(body | {"routes": [vpn]}, new) == {}
    both = body | {"routes": [vpn, *body["routes"]]}
    assert kind.late(both, new) == {"routes": body["routes"]}
    assert kind.comparable(both) == kind.comparable(body)


def test_the_leg_of_a_vpn_is_told_from_those_of_the_user(bodies: Bodies) -> None:
    leg = next(iter(bodies["router_interface"].values()))
    transit = leg | {"id": "t", "fixed_ips": [{"subnet_id": "between", "ip_address": "169.254.0.1"}]}

    class Neutron:
        project_id = "p"

        def rest(self, service: str, microversion: str = "") -> Any:
            return self

        def list(self, path: str, plural: str, **query: str) -> list[dict[str, Any]]:
            named = [{"id": "between", "name": "vpn-transit-subnet-r"}, {"id": "own", "name": "mine"}]
            own = transit | {"fixed_ips": [{"subnet_id": "own", "ip_address": "169.254.0.1"}]}
            return named if plural == "subnets" else [leg, transit, own]

    cloud: Any = Neutron()
    kind = KINDS["router_interface"]
    assert [kind.made_by(one) for one in kind.enumerate(cloud)] == ["", "neutron-vpnaas", ""]


class Tunnels:
    """A VPN service that lost its outdated algorithms in the database only, as that of 2026.2 did."""

    roles, project_id = ("member",), "p"

    def __init__(self, *aliases: str) -> None:
        self.aliases, self.asked = frozenset(aliases), list[Any]()

    def extensions(self) -> frozenset[str]:
        return self.aliases

    def rest(self, *_: str) -> Any:
        return self

    def post(self, path: str, body: Any) -> Any:
        self.asked.append(body["ikepolicy"])
        if self.aliases and {"sha1", "3des"} & set(body["ikepolicy"].values()):
            raise Unavailable("POST network /vpn/ikepolicies: 500, internal server error")
        return body


def test_algorithms_that_the_target_refuses_are_replaced_and_it_is_said_beforehand() -> None:
    kind = KINDS["ike_policy"]
    body = {"name": "old", "auth_algorithm": "sha1", "encryption_algorithm": "3des", "pfs": "group5"}
    before: Any = Tunnels()
    since: Any = Tunnels("vpn-aes-ctr")
    assert dict(kind.lost(body, before)) == {}
    told = dict(kind.lost(body, since))
    assert set(told) == {"auth_algorithm", "encryption_algorithm"}
    assert "sha256 takes its place, and the peers must be told" in told["auth_algorithm"]
    assert kind.create(before, body) == body
    assert kind.create(since, body) == body | {"auth_algorithm": "sha256", "encryption_algorithm": "aes-256"}
    assert since.asked[0] == body, "it may be taken after all"
    modern = {"auth_algorithm": "aes-cmac", "encryption_algorithm": "aes-256-ctr", "pfs": "group21"}
    assert dict(kind.lost(modern, since)) == {}
    assert set(dict(kind.lost(modern, before))) == set(modern)
