"""Everything that Neutron knows, on a real cloud: built by a plain member and a manager, wiped, restored where it was
and into another project, and looked at by raw calls that share no code with the capture."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud
from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.model import Backup, Bytes, CloudPrint, Plan, Window
from hoarfrost.plan import plan
from hoarfrost.restore import Outcome, apply, undo
from hoarfrost.verify import compare
from tests.cloud.network_site import build
from tests.cloud.network_tenant import Tenant, listed, picture, wipe

pytestmark = pytest.mark.cloud

OF_PACKETS = ("qos_packet_rate_limit_rule", "qos_minimum_packet_rate_rule")
"""Rules that a manager's call cannot make: Neutron 29 answers with 500."""


def connected(variable: str, name: str) -> Cloud:
    return Cloud.connect(os.environ.get(variable, name))


@pytest.fixture(scope="module")
def manager() -> Cloud:
    """A manager of the member's project."""
    return connected("HOARFROST_TEST_MANAGER_CLOUD", "devcloud-manager")


@pytest.fixture(scope="module")
def other() -> Cloud:
    """A plain member of another project."""
    return connected("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other")


@pytest.fixture(scope="module")
def admin() -> Cloud:
    return connected("HOARFROST_TEST_ADMIN_CLOUD", "devcloud-admin")


class Outside(NamedTuple):
    """An external network with IPv6 in an address scope, as NDP proxies need; for the projects of this test only."""

    network: str
    scope: str


@pytest.fixture(scope="module")
def outside(admin: Cloud, manager: Cloud, other: Cloud) -> Iterator[Outside]:
    rest, name = admin.rest("network"), f"outside-{uuid.uuid4().hex[:8]}"
    made: list[str] = []

    def make(path: str, key: str, **said: Any) -> str:
        body = rest.post(f"/v2.0/{path}", {key: said})[key]
        made.append(f"/v2.0/{path}/{body['id']}")
        return str(body["id"])

    try:
        scope = make("address-scopes", "address_scope", name=name, ip_version=6)
        six = {"prefixes": ["2001:db8:ffff::/48"], "default_prefixlen": 64, "address_scope_id": scope}
        pool = make("subnetpools", "subnetpool", name=name, **six)
        network = make("networks", "network", name=name)
        make("subnets", "subnet", network_id=network, ip_version=6, subnetpool_id=pool)
        make("subnets", "subnet", network_id=network, ip_version=4, cidr="198.51.100.0/24")
        for project in (manager.project_id, other.project_id):
            for type, id, action in (
                ("network", network, "access_as_external"),
                ("address_scope", scope, "access_as_shared"),
            ):
                said = {"object_type": type, "object_id": id, "action": action, "target_tenant": project}
                make("rbac-policies", "rbac_policy", **said)
        yield Outside(network, scope)
    finally:
        for path in reversed(made):
            rest.delete(path)


@pytest.fixture(scope="module")
def tenant(cloud: Cloud, manager: Cloud, admin: Cloud, outside: Outside) -> Iterator[Tenant]:
    tenant = Tenant(cloud, f"site-{uuid.uuid4().hex[:8]}")
    try:
        build(tenant, manager, admin, outside.network, outside.scope)
        yield tenant
    finally:
        wipe(manager, tenant.mark)


class Ledger:
    """In memory."""

    run = "test"

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []

    def record(self, entry: Any) -> None:
        self.entries.append(dict(entry))

    def records(self, *, plan: str) -> list[dict[str, str]]:
        return list(self.entries)


def taken(cloud: Cloud) -> Backup:
    graph, findings = capture(cloud, KINDS, silent)
    return Backup(
        project_id=cloud.project_id,
        project_name=cloud.project_name,
        user_id=cloud.user_id,
        user_name=cloud.user_name,
        roles=cloud.roles,
        cloud=CloudPrint(auth_url=cloud.auth_url),
        tool="test",
        started="",
        ended="",
        status="complete",
        window=Window(opened="", closed="", seconds=0),
        bytes=Bytes(),
        resources=tuple(graph),
        streams=(),
        findings=tuple(findings),
    )


def of_the_tenant(backup: Backup, tenant: Tenant) -> list[str]:
    """Addresses of what was built, and of what is part of it or is made along with it."""
    ids = set(tenant.ids.values())
    default = {one.id for one in backup.resources if one.kind == "security_group" and one.name == "default"}
    return [
        one.address
        for one in backup.resources
        if one.owned
        and (
            one.id in ids | default
            or one.id.partition("/")[0] in ids
            or one.body.get("security_group_id") in ids  # the rules that came with the group
        )
    ]


def restored(backup: Backup, cloud: Cloud, ledger: Ledger, **choice: Any) -> tuple[Plan, Outcome]:
    made = plan(backup, "test", cloud, KINDS, **choice)
    assert [one for one in made.steps if one.action == "impossible"] == []
    storage: Any = None  # nothing here has bytes
    return made, apply(made, backup, cloud, KINDS, {}, storage, ledger, silent)


def but_for(*fields: str) -> Callable[[str, str], bool]:
    return lambda path, field: field in fields or f"{path}.{field}" in fields


CHOSEN_BY_THE_CLOUD = ("routers.external_gateway_info", "routers.external_gateways", "qos/policies.rules")
"""The router's own addresses, which only an administrator may choose; and rules that a manager cannot make."""


class Before(NamedTuple):
    """The tenant as it was built: what a backup holds, and what raw calls say."""

    backup: Backup
    addresses: list[str]
    seen: dict[str, list[Any]]


@pytest.fixture(scope="module")
def before(tenant: Tenant, manager: Cloud) -> Before:
    backup = taken(manager)
    return Before(backup, of_the_tenant(backup, tenant), picture(manager, tenant.mark, but_for()))


def less(seen: dict[str, list[Any]], *fields: str) -> dict[str, list[Any]]:
    """Without ``fields``, and without the MACs that routers choose for the legs with a gateway's address."""
    ignored = but_for(*fields)
    legs = {"network:router_interface"} if "ports" in seen else set()
    return {
        path: sorted(
            (
                {
                    name: value
                    for name, value in one.items()
                    if not ignored(path, name) and not (name == "mac_address" and one["device_owner"] in legs)
                }
                for one in bodies
            ),
            key=str,
        )
        for path, bodies in seen.items()
    }


def test_everything_comes_back_where_it_was(tenant: Tenant, manager: Cloud, before: Before) -> None:
    wipe(manager, tenant.mark)
    made, outcome = restored(before.backup, manager, Ledger(), only=before.addresses, exclude=OF_PACKETS)
    assert outcome.status == "complete", outcome.findings
    seen = picture(manager, tenant.mark, but_for())
    assert less(seen, *CHOSEN_BY_THE_CLOUD) == less(before.seen, *CHOSEN_BY_THE_CLOUD)
    there, _ = capture(manager, KINDS, silent)
    found = compare(before.backup, made, outcome.ids, there, KINDS, manager)
    assert [one for one in found.findings if one.severity != "info"] == []


def test_a_member_brings_it_into_another_project_and_takes_it_away(
    tenant: Tenant, other: Cloud, before: Before
) -> None:
    """Without what only managers make; floating addresses are others there."""
    ledger = Ledger()
    choice = {"only": before.addresses, "exclude": ("network_log", "qos_*")}
    made, outcome = restored(before.backup, other, ledger, **choice)
    try:
        assert outcome.status == "complete", outcome.findings
        lost = (
            "qos_policy_id",
            "qos_network_policy_id",
            "floatingips.floating_ip_address",
            "floatingips.tags",
        )
        seen = picture(other, tenant.mark, but_for())
        ours = before.seen | {"qos/policies": [], "log/logs": []}
        assert less(seen, *lost, *CHOSEN_BY_THE_CLOUD) == less(ours, *lost, *CHOSEN_BY_THE_CLOUD)
    finally:
        removed = undo(made, other, KINDS, ledger, silent)
    assert removed.status == "complete", removed.findings
    left = picture(other, tenant.mark, but_for())
    left.pop("security-groups")  # the default group stays, with the description it was given
    assert not any(left.values()), left


def test_an_administrator_keeps_what_carries_a_network(admin: Cloud) -> None:
    """A network of two segments, one of them a VLAN of the operator's, and a subnet that is bound to that one."""
    rest, mark = admin.rest("network"), f"site-{uuid.uuid4().hex[:8]}"
    vlan = {"network_type": "vlan", "physical_network": "public", "segmentation_id": 173}
    said = {f"provider:{name}": value for name, value in vlan.items()}
    ledger = Ledger()
    try:
        network = rest.post("/v2.0/networks", {"network": {"name": mark, "mtu": 1300, **said}})["network"][
            "id"
        ]
        (first,) = listed(admin, "segments", network_id=network)
        rest.put(f"/v2.0/segments/{first['id']}", {"segment": {"name": "rack ☃"}})
        rest.post("/v2.0/segments", {"segment": {"network_id": network, "network_type": "geneve"}})
        bound = {"network_id": network, "ip_version": 4, "cidr": "10.86.0.0/24", "segment_id": first["id"]}
        rest.post("/v2.0/subnets", {"subnet": {"name": mark, **bound}})
        before, backup = _carried(admin, mark), taken(admin)
        _unmake(admin, mark)
        addresses = [one.address for one in backup.resources if one.body.get("network_id") == network]
        _, outcome = restored(backup, admin, ledger, only=addresses)
        assert outcome.status == "complete", outcome.findings
        assert _carried(admin, mark) == before
    finally:
        _unmake(admin, mark)


def _carried(admin: Cloud, mark: str) -> Any:
    (network,) = listed(admin, "networks", name=mark)
    segments = listed(admin, "segments", network_id=network["id"])
    (subnet,) = listed(admin, "subnets", network_id=network["id"])
    bound = next(one["name"] for one in segments if one["id"] == subnet["segment_id"])
    told = ("name", "network_type", "physical_network", "segmentation_id")
    return network["segments"], sorted(str([one[name] for name in told]) for one in segments), bound


def _unmake(admin: Cloud, mark: str) -> None:
    for network in listed(admin, "networks", name=mark):
        admin.rest("network").delete(f"/v2.0/networks/{network['id']}")
