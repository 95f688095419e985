"""Restore on a real cloud: a small site of one project comes back in another, in spite of being cut off again and
again; what came back is compared with what was captured, then removed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud, leftovers, quote_path, wait_until
from hoarfrost.events import silent
from hoarfrost.flow import back_up, load
from hoarfrost.kinds import KINDS
from hoarfrost.model import Backup, Plan
from hoarfrost.plan import fit, plan, read, write
from hoarfrost.repository import Cost, Passphrase, Repository, open_store
from hoarfrost.restore import Outcome, apply, undo
from hoarfrost.stream import MOVERS
from hoarfrost.verify import compare

pytestmark = pytest.mark.cloud

BYTES = b"what was in it " * 7000


class Cut(BaseException):
    """The run ends here, as if its process had been killed."""


class Cutting:
    """A journal that lets a run go on for so many records, then cuts it."""

    run = "test"

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []
        self.end = -1

    def record(self, entry: Mapping[str, str]) -> None:
        if "state" in entry and len(self.entries) == self.end:
            raise Cut
        self.entries.append(dict(entry))

    def records(self, *, plan: str) -> list[dict[str, str]]:
        return list(self.entries)


class Site:
    """What is backed up; every address that was made."""

    def __init__(self, cloud: Cloud, later: Callable[[Callable[[], object]], None]) -> None:
        self.cloud, self.later = cloud, later
        self.mark = f"there-{uuid.uuid4().hex[:8]}"
        self.addresses: list[str] = []

    def make(self, kind: str, **said: Any) -> str:
        one = KINDS[kind]
        id = one.id(one.create(self.cloud, said))
        self.later(lambda: one.purge(self.cloud, id))
        self.addresses.append(f"{kind}/{id}")
        wait_until(lambda: one.settled(one.show(self.cloud, id)) or None, what=f"making {kind}", limit=300)
        return id

    def name(self, word: str) -> str:
        return f"{self.mark}-{word}"


@pytest.fixture(scope="module")
def other() -> Cloud:
    """A plain member of another project."""
    return Cloud.connect(os.environ.get("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other"))


@pytest.fixture(scope="module")
def site(cloud: Cloud) -> Iterator[Site]:
    steps: list[Callable[[], object]] = []
    made = Site(cloud, steps.append)
    try:
        ports = _network(made)
        _server(made, ports, _volume(made))
        _image(made)
        _container(made)
        yield made
    finally:
        for step in reversed(steps):
            step()


def _network(site: Site) -> list[str]:
    """Groups that name each other, a net with an address outside of its pool, a router with a route."""
    outside = next(one["id"] for one in KINDS["network"].visible(site.cloud) if one["router:external"])
    web = site.make("security_group", name=site.name("web"), description="outer")
    db = site.make("security_group", name=site.name("db"), stateful=True)
    tcp = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    site.make("security_group_rule", security_group_id=db, remote_group_id=web, **tcp)
    site.make("security_group_rule", security_group_id=web, remote_group_id=db, **tcp)
    net = site.make("network", name=site.name("net"))
    KINDS["network"].made(site.cloud, net, {"tags": ["kept", "naïve"]}, lambda kind, id: id)
    pools = [{"start": "10.78.0.50", "end": "10.78.0.60"}]
    subnet = site.make(
        "subnet",
        name=site.name("sub"),
        network_id=net,
        cidr="10.78.0.0/24",
        ip_version=4,
        allocation_pools=pools,
        dns_nameservers=["10.78.0.2", "10.78.0.3"],
    )
    router = site.make("router", name=site.name("gate"), external_gateway_info={"network_id": outside})
    leg = {"subnet_id": subnet, "ip_address": "10.78.0.1"}
    site.make("router_interface", device_id=router, network_id=net, fixed_ips=[leg])
    routes = [{"destination": "10.99.0.0/24", "nexthop": "10.78.0.9"}]
    KINDS["router"].finish(site.cloud, router, {"routes": routes})
    fixed = {"subnet_id": subnet, "ip_address": "10.78.0.7"}
    first = site.make(
        "port", name=site.name("a"), network_id=net, fixed_ips=[fixed], mac_address="fa:16:3e:78:00:01"
    )
    second = site.make("port", name=site.name("b"), network_id=net, security_groups=[web, db])
    site.make("floating_ip", floating_network_id=outside, port_id=second, description=site.mark)
    return [second, first]


def _volume(site: Site) -> str:
    return site.make("volume", name=site.name("data"), size=1, metadata={"purpose": "db"})


def _server(site: Site, ports: list[str], volume: str) -> None:
    flavor = min(
        KINDS["flavor"].enumerate(site.cloud),
        key=lambda one: (one["disk"] == 0, one["ram"], str(one["swap"])),
    )
    images = (one for one in KINDS["image"].visible(site.cloud) if one["visibility"] == "public")
    # A snapshot of a disk in use waits for the guest agent of such an image, and fails while the guest boots.
    image = next(
        one["id"] for one in images if "hw_qemu_guest_agent" not in one and one["status"] == "active"
    )
    disk = {"boot_index": -1, "uuid": volume, "source_type": "volume", "destination_type": "volume"}
    site.make(
        "server",
        name=site.name("web"),
        flavorRef=flavor["id"],
        imageRef=image,
        networks=[{"port": port} for port in ports],
        block_device_mapping_v2=[disk],
        metadata={"role": "web"},
        tags=["red"],
    )


def _image(site: Site) -> None:
    image = site.make("image", name=site.name("seed"), disk_format="raw", container_format="bare", tags=["t"])
    site.cloud.rest("image").upload(
        f"/v2/images/{image}/file", iter([BYTES]), headers={"Content-Type": "application/octet-stream"}
    )


def _container(site: Site) -> None:
    name = site.make("container", name=site.name("box"))
    rest = site.cloud.rest("object-store")
    rest.upload(quote_path(name, "a//b ü"), iter([BYTES]), headers={"X-Object-Meta-Colour": "blue"})
    rest.post(quote_path(name), headers={"X-Container-Meta-Why": "because"})


@pytest.fixture(scope="module")
def repository() -> Repository:
    return Repository.init(
        open_store("memory:"), Passphrase("test"), cost=Cost(time=1, memory_kib=64, lanes=1)
    )


@pytest.fixture(scope="module")
def backup(site: Site, repository: Repository) -> Backup:
    committed, _ = back_up(site.cloud, repository, silent)
    found = load(repository, committed.id)[1]
    assert [one for one in found.findings if one.severity == "error" and one.address in site.addresses] == []
    return found


class Restored:
    """A restore into the other project, step by step."""

    def __init__(self, site: Site, other: Cloud, backup: Backup, repository: Repository) -> None:
        self.site, self.other, self.backup, self.repository = site, other, backup, repository
        self.journal = Cutting()
        self.plan = self.planned()

    def planned(self) -> Plan:
        return plan(self.backup, "test", self.other, KINDS, only=self.site.addresses)

    def apply(self) -> Outcome:
        storage: Any = self.repository  # a restore only reads
        return apply(self.plan, self.backup, self.other, KINDS, MOVERS, storage, self.journal, silent)

    def apply_cut_every(self, records: int) -> tuple[Outcome, int]:
        cuts = 0
        while True:
            self.journal.end = len(self.journal.entries) + records
            try:
                return self.apply(), cuts
            except Cut:
                cuts += 1
                for one in leftovers(self.other):
                    KINDS[one.what].delete(self.other, one.id)


def test_a_site_comes_back_in_another_project(
    site: Site, other: Cloud, backup: Backup, repository: Repository, tmp_path: Path
) -> None:
    restored = Restored(site, other, backup, repository)
    made = restored.plan
    assert [step for step in made.steps if step.action == "impossible"] == []
    write(made, tmp_path / "plan.yaml")
    assert fit(read(tmp_path / "plan.yaml"), backup, other, KINDS) == made
    try:
        outcome, cuts = restored.apply_cut_every(20)
        assert outcome.status == "complete", outcome.findings
        assert cuts >= 2
        restored.journal.end = -1

        there, _ = capture(other, KINDS, silent)
        compared = compare(backup, made, outcome.ids, there, KINDS, other)
        assert [one for one in compared.findings if one.severity != "info"] == []
        names = [(one.kind, one.name) for one in there if one.owned and site.mark in one.name]
        assert sorted(names) == sorted(set(names))

        again = restored.apply()
        assert (again.count("created"), again.count("updated")) == (0, 0)
        anew = {step.action for step in restored.planned().steps if step.address in site.addresses}
        assert anew == {"reuse"}

        box = rest_of(other).download(quote_path(site.name("box"), "a//b ü"))
        assert b"".join(box) == BYTES
    finally:
        restored.journal.end = -1
        removed = undo(made, other, KINDS, restored.journal, silent)
    assert removed.status == "complete", removed.findings
    left, _ = capture(other, KINDS, silent)
    assert [one.address for one in left if one.owned and site.mark in one.name] == []
    assert leftovers(other) == []


def rest_of(cloud: Cloud) -> Any:
    return cloud.rest("object-store")
