"""The comparison finds what differs, and nothing that the restore had to change."""

from __future__ import annotations

from typing import Any

import pytest
from toycloud import KINDS as TOYS
from toycloud import Memory, ToyCloud, ToyMover, backup_of, thing_and_all

from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.fate import Then
from hoarfrost.model import Finding, Graph
from hoarfrost.plan import plan
from hoarfrost.restore import apply
from hoarfrost.verify import compare
from hoarfrost.verify.compare import _differences, same

BACKUP = backup_of(thing_and_all())


class Restored:
    """The toy tenant, restored, and how it is looked at afterwards."""

    def __init__(self) -> None:
        self.cloud: Any = ToyCloud(delay=0)
        self.cloud.add("size", name="small")
        self.plan = plan(BACKUP, "b", self.cloud, TOYS)
        movers: Any = {"thing": ToyMover()}
        storage: Any = None
        self.ids = apply(self.plan, BACKUP, self.cloud, TOYS, movers, storage, Memory(), silent).ids

    def body(self, address: str) -> dict[str, Any]:
        kind = TOYS[address.partition("/")[0]]
        found: dict[str, Any] = self.cloud.bodies[kind.path][self.ids[address]]
        return found

    def findings(self) -> list[Finding]:
        graph = Graph(kind.resource(body) for kind in TOYS.values() for body in kind.enumerate(self.cloud))
        return compare(BACKUP, self.plan, self.ids, graph, TOYS, self.cloud).findings


def test_what_was_restored_is_the_same() -> None:
    assert Restored().findings() == []


@pytest.mark.parametrize(
    ("address", "change", "told"),
    [
        ("box/b1", {"tags": ["kept", "new"]}, 'tags is not as it was: ["kept"] became ["kept", "new"]'),
        ("slot/s1", {"lit": False}, "lit is not as it was: true became false"),
        ("slot/s2", {"box_id": "another"}, "box_id is not as it was"),
        ("machine/m1", {"things": []}, "things is not as it was"),
        ("machine/m2", {"peer_id": None}, "peer_id is not as it was"),
        ("thing/t1", {"name": "thong"}, "name is not as it was"),
    ],
)
def test_every_kind_of_field_is_compared(address: str, change: dict[str, Any], told: str) -> None:
    restored = Restored()
    restored.body(address).update(change)
    (finding,) = restored.findings()
    assert (finding.address, finding.code) == (address, "differs")
    assert told in finding.sentence


def test_what_is_gone_is_missing() -> None:
    restored = Restored()
    del restored.cloud.bodies["/machines"][restored.ids["machine/m1"]]
    (finding,) = restored.findings()
    assert (finding.address, finding.severity, finding.code) == ("machine/m1", "error", "missing")


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (None, [], True),
        ("", None, True),
        (False, None, False),
        (0, None, False),
        ([1, 2], [2, 1], True),
        ([1, 1], [1], False),
        ([{"a": 1, "b": None}], [{"a": 1}], True),
        ({"a": [1]}, {"a": [2]}, False),
    ],
)
def test_same(a: Any, b: Any, equal: bool) -> None:
    assert same(a, b) is equal


@pytest.mark.parametrize(
    ("kind", "field", "body"),
    [
        ("zone", "description", {"name": "example.org.", "type": "PRIMARY"}),
        ("secret", "name", {"secret_ref": "http://here/v1/secrets/s"}),
        ("user", "nickname", {"name": "ada"}),
    ],
)
def test_none_is_not_empty_where_a_kind_keeps_both(kind: str, field: str, body: dict[str, Any]) -> None:
    """The user's is one of the free fields, which no declaration names."""
    body |= {"id": "s"}
    for ours, theirs, told in ((None, "", 'null became ""'), ("", None, '"" became null'), ("", "", "")):
        said = one(kind, body | {field: ours}, body | {field: theirs}, {})
        assert [sentence.rpartition(": ")[2] for sentence in said] == ([told] if told else [])
    assert one(kind, body | {field: None}, body, {}) == []


def test_none_is_empty_elsewhere() -> None:
    body = {"id": "i", "name": "edge"}
    assert one("router", body | {"description": None}, body | {"description": ""}, {}) == []


def one(kind: str, ours: dict[str, Any], theirs: dict[str, Any], ids: dict[str, str]) -> list[str]:
    """What is said about one real resource that became another."""
    declared = KINDS[kind]
    there = declared.resource(theirs)
    backup = backup_of([declared.resource(ours)])
    made = plan(backup_of([]), "b", ToyCloud(), TOYS)  # type: ignore[arg-type]
    known = {**ids, f"{kind}/{ours['id']}": theirs["id"]}
    found = compare(backup, made, known, Graph([there]), KINDS, ToyCloud())
    return [finding.sentence for finding in found.findings]


def test_ids_inside_of_a_list_stand_for_others() -> None:
    port = {
        "mac_address": "fa:16:3e:00:00:01",
        "network_id": "n",
        "fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.9"}],
    }
    ids = {"network/n": "N", "subnet/s": "S"}
    ours, theirs = {"id": "p", **port}, {"id": "P", **port, "network_id": "N"}
    theirs["fixed_ips"] = [{"subnet_id": "S", "ip_address": "10.0.0.9"}]
    assert one("port", ours, theirs, ids) == []
    theirs["fixed_ips"] = [{"subnet_id": "S", "ip_address": "10.0.0.8"}]
    assert len(one("port", ours, theirs, ids)) == 1


def test_free_properties_and_checksums_of_an_image() -> None:
    ours = {"id": "i", "name": "golden", "os_hash_value": "a", "made_with": "care", "status": "active"}
    assert one("image", ours, {**ours, "id": "I"}, {}) == []
    said = one("image", ours, {**ours, "id": "I", "os_hash_value": "b", "made_with": "haste"}, {})
    assert len(said) == 2 and "made_with" in said[1]
    assert said[0].endswith('os_hash_value is not as it was: "a" became "b"')  # one value is no list


def test_a_secret_is_not_shown() -> None:
    server = {"name": "web", "+ports": [], "+volumes": [], "OS-EXT-SRV-ATTR:user_data": "cGFzc3dvcmQ="}
    (said,) = one(
        "server", {"id": "s", **server}, {"id": "S", **server, "OS-EXT-SRV-ATTR:user_data": "eA=="}, {}
    )
    assert "user_data" in said and "cGFz" not in said


def test_a_secret_header_is_not_shown() -> None:
    """It lies inside of a field that is otherwise shown."""
    said = {"name": "c", "+headers": {"x-container-meta-temp-url-key": "hush", "x-container-read": ".r:*"}}
    other = {"name": "c", "+headers": {"x-container-meta-temp-url-key": "quiet", "x-container-read": ".r:*"}}
    backup = backup_of([KINDS["container"].resource(said)])
    there = Graph([KINDS["container"].resource(other)])
    made = plan(backup_of([]), "b", ToyCloud(), TOYS)  # type: ignore[arg-type]
    (finding,) = compare(backup, made, {"container/c": "c"}, there, KINDS, ToyCloud()).findings
    assert finding.sentence == "container c: +headers is not as it was"


def test_plan_and_verification_tell_the_loss_of_an_address_once_and_in_the_same_words() -> None:
    def gateway(*addresses: str) -> dict[str, Any]:
        first, *_ = every = [
            {"network_id": "n", "external_fixed_ips": [{"ip_address": one}]} for one in addresses
        ]
        return {"id": "r", "name": "edge", "external_gateway_info": first, "external_gateways": every}

    kind, cloud = KINDS["router"], Restored().cloud
    for ours, theirs, paths in (
        (("203.0.113.1",), ("203.0.113.9",), {"external_gateway_info.external_fixed_ips"}),
        (
            ("203.0.113.1", "203.0.113.2"),
            ("203.0.113.9", "203.0.113.8"),
            {"external_gateway_info.external_fixed_ips", "external_gateways[].external_fixed_ips"},
        ),
    ):
        told = dict(kind.lost(gateway(*ours), cloud))
        assert told.keys() == paths
        said = one("router", gateway(*ours), gateway(*theirs) | {"id": "R"}, {"network/n": "n"})
        assert len(said) == len(paths)
        for sentence in said:
            assert any(path in sentence and sentence.endswith(f"; {why}") for path, why in told.items())
    assert len(kind.references(gateway("203.0.113.1"))) == 1


def test_the_host_name_at_a_port_is_its_servers_affair() -> None:
    port = {"id": "p", "network_id": "n", "mac_address": "fa:16:3e:00:00:01", "name": "leg"}
    for owner, said in (("compute:nova", 0), ("", 1)):
        ours = port | {"device_owner": owner, "device_id": ""}
        theirs = ours | {"id": "P", "dns_name": "strasse"}
        assert len(one("port", ours, theirs, {"network/n": "n"})) == said


@pytest.mark.parametrize(("name", "told"), [("db", ["dns_name"]), ("web1", []), ("", [])])
def test_a_name_of_its_own_at_a_servers_port_is_announced_and_told(name: str, told: list[str]) -> None:
    port = {"id": "p", "network_id": "n", "mac_address": "fa:16:3e:00:00:01", "name": "leg", "dns_name": name}
    port |= {"device_owner": "compute:nova", "device_id": "s", "project_id": "here"}
    server = {"id": "s", "name": "web", "OS-EXT-SRV-ATTR:hostname": "web1"}
    chosen = {"server": server, "network": {"project_id": "here"}}
    powers = Then(("member",), ("dns-integration",), "here")
    withheld = dict(KINDS["port"].withheld(port, lambda kind, id: chosen[kind], powers))
    assert list(withheld) == told
    theirs = port | {"dns_name": "web1"}
    found = _differences(KINDS["port"], port, theirs, lambda kind, id: id, powers, withheld)
    assert [(one.path, one.ours, one.theirs) for one in found] == [(path, "db", "web1") for path in told]
