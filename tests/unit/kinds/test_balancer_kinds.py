"""Load balancers on bodies of a real cloud: whose ports, which parents, what order, when they take a change."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import Conflict, WentWrong
from hoarfrost.kinds import KINDS

Bodies = dict[str, dict[str, dict[str, Any]]]


def new(kind: str, id: str) -> str | None:
    return f"new-{id}"


def test_a_port_of_the_user_is_said_and_one_of_octavia_is_not(bodies: Bodies) -> None:
    kind, (ours, theirs) = KINDS["load_balancer"], (bodies["load_balancer"][name] for name in ("web é", ""))
    wanted = kind.request(ours, new)
    assert wanted["vip_port_id"] == f"new-{ours['vip_port_id']}"
    assert not {"vip_network_id", "+own_ports", "listeners", "pools"} & set(wanted)
    more = {"subnet_id": f"new-{ours['additional_vips'][0]['subnet_id']}", "ip_address": "10.77.2.60"}
    assert wanted["additional_vips"] == [more], "amphorae have all addresses on one port"
    wanted = kind.request(theirs, new)
    assert "vip_port_id" not in wanted
    assert (wanted["vip_address"], wanted["vip_network_id"]) == (
        "10.77.1.2",
        f"new-{theirs['vip_network_id']}",
    )
    assert kind.brings(theirs) == (f"port/{theirs['vip_port_id']}",)


def test_a_second_port_of_the_user_is_said_too(bodies: Bodies) -> None:
    body = bodies["load_balancer"]["web é"]
    vips = [{"subnet_id": "s", "ip_address": "10.77.2.60", "port_id": "mine"}]
    body = body | {"additional_vips": vips, "+own_ports": ["mine"]}
    wanted = KINDS["load_balancer"].request(body, new)
    assert wanted["additional_vips"] == [
        {"subnet_id": "new-s", "ip_address": "10.77.2.60", "port_id": "new-mine"}
    ]
    assert "vip_port_id" not in wanted


def test_an_address_that_somebody_has_is_said_beforehand(bodies: Bodies) -> None:
    kind, ours = KINDS["load_balancer"], bodies["load_balancer"][""]
    port = {
        "id": "x",
        "name": "theirs",
        "network_id": "net",
        "fixed_ips": [{"ip_address": ours["vip_address"]}],
    }
    assert "theirs" in kind.clash(ours, lambda kind, id: "net", lambda kind: [port])
    assert kind.clash(ours, lambda kind, id: None, lambda kind: [port]) == ""


def test_a_target_without_the_provider_chooses_its_own(bodies: Bodies) -> None:
    body = bodies["load_balancer"][""]
    wanted = KINDS["load_balancer"].request(body, lambda kind, id: None if "provider" in kind else id)
    assert "provider" not in wanted


def test_parents_are_said_as_the_create_call_wants_them(bodies: Bodies) -> None:
    listener = KINDS["listener"].request(bodies["listener"]["plain"], new)
    old = bodies["listener"]["plain"]
    assert listener["loadbalancer_id"] == f"new-{old['loadbalancers'][0]['id']}"
    assert listener["default_pool_id"] == f"new-{old['default_pool_id']}"
    assert not {"loadbalancers", "l7policies", "client_authentication", "hsts_preload"} & set(listener)
    monitor = KINDS["health_monitor"].request(bodies["health_monitor"]["mön"], new)
    assert monitor["pool_id"] == f"new-{bodies['health_monitor']['mön']['pools'][0]['id']}"
    pool = KINDS["pool"].request(bodies["pool"]["web"], new)
    assert pool["session_persistence"] == {"type": "APP_COOKIE", "cookie_name": "sid"}


def test_a_listener_names_its_certificates(bodies: Bodies) -> None:
    body = bodies["listener"]["TERMINATED_HTTPS 443"]
    secrets = {one.field: one.kind for one in KINDS["listener"].references(body) if "container" in one.kind}
    assert secrets == {
        "default_tls_container_ref": "secret_container",
        "sni_container_refs[]": "secret_container",
    }
    assert not any(
        one.optional for one in KINDS["listener"].references(body) if one.kind == "secret_container"
    )


def test_members_and_rules_are_known_with_what_they_are_part_of(bodies: Bodies) -> None:
    member = bodies["member"]["10.77.1.20:80"]
    assert KINDS["member"].id(member) == f"{member['+parent']}/{member['id']}"
    assert (member["weight"], KINDS["member"].request(member, new)["weight"]) == (0, 0)
    assert {one.kind for one in KINDS["l7_rule"].references(bodies["l7_rule"][""])} == {
        "l7_policy",
        "project",
    }


def test_policies_follow_one_another(bodies: Bodies) -> None:
    """Made at once, they would come in any order: a place beyond the last one is the last one."""
    kind = KINDS["l7_policy"]

    class Octavia:
        project_id = "p"

        def rest(self, service: str, microversion: str = "") -> Any:
            return self

        def list(self, path: str, plural: str, **query: str) -> list[dict[str, Any]]:
            return [
                {"id": id, "listener_id": id[0], "position": int(id[1])} for id in ("a2", "b1", "a1", "a3")
            ]

    cloud: Any = Octavia()
    assert {one["id"]: one["+before"] for one in kind.enumerate(cloud)} == {
        "a1": "",
        "a2": "a1",
        "a3": "a2",
        "b1": "",
    }
    (second,) = (one for one in bodies["l7_policy"].values() if one["position"] == 2)
    assert "l7_policy" in {one.kind for one in kind.references(second)}
    assert "+before" not in kind.request(second, new)


class Busy:
    """Refuses the first two changes."""

    def __init__(self, said: str) -> None:
        self.said, self.asked = said, 0

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def post(self, path: str, body: Any) -> Any:
        self.asked += 1
        if self.asked < 3:
            raise Conflict(self.said)
        return {"member": {"id": "m"}}


def test_a_change_waits_until_the_load_balancer_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    busy: Any = Busy("409, Load Balancer x is immutable and cannot be updated.")
    made = KINDS["member"].create(busy, {"+parent": "p", "address": "192.0.2.1"})
    assert (busy.asked, made) == (3, {"id": "m", "+parent": "p"})
    taken: Any = Busy("409, another member on this pool is already using ip 192.0.2.1 on protocol_port 80")
    with pytest.raises(Conflict, match="already using"):
        KINDS["member"].create(taken, {"+parent": "p", "address": "192.0.2.1"})
    assert taken.asked == 1


@pytest.mark.parametrize(
    ("status", "ready"), [("ACTIVE", True), ("PENDING_CREATE", False), ("PENDING_UPDATE", False)]
)
def test_at_work_is_not_ready(status: str, ready: bool) -> None:
    assert KINDS["pool"].settled({"id": "p", "name": "", "provisioning_status": status}) is ready


def test_in_error_is_told() -> None:
    with pytest.raises(WentWrong, match="pool web"):
        KINDS["pool"].settled({"id": "p", "name": "web", "provisioning_status": "ERROR"})
