"""Capture on a real cloud: a few things of each kind are made through the kinds, as a plain member, and
found again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud, quote_path, wait_until
from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.server_disk import root_volume
from hoarfrost.model import Body, Finding, Graph, Resource

pytestmark = pytest.mark.cloud

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g web@example.org"


NAMELESS = ("security_group_rule", "router_interface", "floating_ip")


class Site:
    """What the test made: the body of each, by kind and a word for it."""

    def __init__(self, cloud: Cloud, undo: Callable[[Callable[[], object]], None]) -> None:
        self.cloud, self.undo = cloud, undo
        self.mark = f"site-{uuid.uuid4().hex[:8]}"
        self.made: dict[tuple[str, str], Body] = {}

    def make(self, kind: str, word: str, **said: Any) -> Body:
        one = KINDS[kind]
        named = {} if kind in NAMELESS else {"name": f"{self.mark}-{word}"}
        body = one.create(self.cloud, named | said)
        id = one.id(body)
        self.undo(lambda: one.delete(self.cloud, id))
        wait_until(lambda: one.settled(one.show(self.cloud, id)) or None, what=f"making {kind}", limit=300)
        self.made[kind, word] = body
        return body

    def id(self, kind: str, word: str) -> str:
        return KINDS[kind].id(self.made[kind, word])


@pytest.fixture(scope="module")
def site(cloud: Cloud) -> Iterator[Site]:
    steps: list[Callable[[], object]] = []
    try:
        yield _built(Site(cloud, steps.append))
    finally:
        errors = []
        for step in reversed(steps):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the other steps must be done too; raised below
                errors.append(error)
        assert errors == []


def _built(site: Site) -> Site:
    _networks(site)
    _disks(site)
    _server(site)
    headers = {"x-container-meta-colour": "blue", "x-container-read": ".r:*"}
    site.make("container", "photos")
    site.cloud.rest("object-store").post(quote_path(f"{site.mark}-photos"), headers=headers)
    site.make("image", "borrowed", name=f"hoarfrost-tmp-{site.mark}", visibility="private")
    return site


def _networks(site: Site) -> None:
    outside = next(one for one in KINDS["network"].visible(site.cloud) if one["router:external"])
    front = site.make("network", "front", mtu=1400)["id"]
    range = {"cidr": "10.77.0.0/24", "ip_version": 4, "enable_dhcp": False}
    subnet = site.make("subnet", "front", network_id=front, **range)["id"]
    router = site.make("router", "gate", external_gateway_info={"network_id": outside["id"]})["id"]
    leg = {"subnet_id": subnet, "ip_address": "10.77.0.1"}
    site.make("router_interface", "gate", device_id=router, network_id=front, fixed_ips=[leg])
    leg = {"subnet_id": subnet, "ip_address": "10.77.0.99"}
    site.make("port", "first", network_id=front, mac_address="fa:16:3e:77:00:01", fixed_ips=[leg])
    site.make("port", "second", network_id=front, mac_address="fa:16:3e:77:00:02")
    group = site.make("security_group", "web")["id"]
    rule = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    site.make("security_group_rule", "web", security_group_id=group, remote_group_id=group, **rule)
    site.make("floating_ip", "public", floating_network_id=outside["id"])


def _disks(site: Site) -> None:
    site.make("volume", "data", size=1, metadata={"purpose": "db"})
    site.make(
        "image", "own", disk_format="raw", container_format="bare", visibility="private", os_distro="none"
    )
    site.make(
        "image", "hidden", disk_format="raw", container_format="bare", visibility="private", os_hidden=True
    )
    site.make("keypair", "ada", public_key=KEY, type="ssh")


def _server(site: Site) -> None:
    """With two ports, the second first; the data volume attached; booted from a public image."""
    flavor = min(KINDS["flavor"].enumerate(site.cloud), key=lambda one: (one["ram"], str(one["swap"])))
    images = KINDS["image"].visible(site.cloud)
    image = next(one for one in images if one["visibility"] == "public" and one["status"] == "active")
    disk = {
        "boot_index": -1,
        "uuid": site.id("volume", "data"),
        "source_type": "volume",
        "destination_type": "volume",
        "tag": "db",
    }
    site.make(
        "server",
        "web",
        flavorRef=flavor["id"],
        imageRef=image["id"],
        key_name=f"{site.mark}-ada",
        networks=[{"port": site.id("port", "second"), "tag": "lan"}, {"port": site.id("port", "first")}],
        block_device_mapping_v2=[disk],
        description="The web",
        tags=["red"],
    )


@pytest.fixture(scope="module")
def captured(site: Site) -> tuple[Graph, list[Finding]]:
    return capture(site.cloud, KINDS, silent)


@pytest.fixture(scope="module")
def graph(captured: tuple[Graph, list[Finding]]) -> Graph:
    return captured[0]


def find(graph: Graph, site: Site, kind: str, word: str) -> Resource:
    return graph[f"{kind}/{site.id(kind, word)}"]


def test_everything_that_was_made_is_found(graph: Graph, site: Site) -> None:
    missing = [key for key in site.made if f"{key[0]}/{site.id(*key)}" not in graph and key[1] != "borrowed"]
    assert missing == []
    own = [find(graph, site, *key) for key in site.made if key[1] != "borrowed"]
    assert all(one.owned and not one.made_by for one in own)


def test_what_a_run_borrows_is_not_captured(graph: Graph, site: Site) -> None:
    assert f"image/{site.id('image', 'borrowed')}" not in graph


def test_references_lead_into_the_graph(graph: Graph, site: Site) -> None:
    dangling = [
        (one.address, reference.field)
        for one in graph
        if one.name.startswith(site.mark)
        for reference in one.references
        if reference.address not in graph
    ]
    assert dangling == []


def test_what_others_own_is_adopted(graph: Graph, site: Site) -> None:
    server = find(graph, site, "server", "web")
    foreign = {one.kind for one in server.references if not graph[one.address].owned}
    assert foreign == {"flavor", "image"}
    router = find(graph, site, "router", "gate")
    outside = graph[f"network/{router.body['external_gateway_info']['network_id']}"]
    assert outside.body["router:external"] and not outside.owned
    assert any(not one.owned and one.body["network_id"] == outside.id for one in graph.of_kind("subnet"))


def test_a_server_is_whole(graph: Graph, site: Site) -> None:
    body = find(graph, site, "server", "web").body
    assert body["+ports"] == [
        {"port": site.id("port", "second"), "tag": "lan"},
        {"port": site.id("port", "first")},
    ]
    (attached,) = body["+volumes"]
    assert (attached["volumeId"], attached["tag"]) == (site.id("volume", "data"), "db")
    assert root_volume(body) is None
    assert (body["description"], body["tags"]) == ("The web", ["red"])


def test_ports_of_the_router_are_told_from_those_of_the_user(graph: Graph, site: Site) -> None:
    interface = find(graph, site, "router_interface", "gate")
    assert graph[f"port/{interface.id}"].made_by.startswith("network:router_interface")


def test_headers_of_a_container(graph: Graph, site: Site) -> None:
    headers = find(graph, site, "container", "photos").body["+headers"]
    assert headers["x-container-meta-colour"] == "blue"
    assert headers["x-container-read"] == ".r:*"


def test_findings(captured: tuple[Graph, list[Finding]], site: Site) -> None:
    ours = {(one.address, one.code) for one in captured[1]}
    assert (f"server/{site.id('server', 'web')}", "unreadable") in ours
    assert (f"image/{site.id('image', 'own')}", "no-bytes") in ours
    assert not any(one.severity == "error" for one in captured[1])


def test_every_field_of_this_cloud_is_sorted(graph: Graph) -> None:
    for resource in graph:
        kind = KINDS[resource.kind]
        paths = {path for one in kind.fields for path in one.paths}
        tops = {name for one in kind.fields for name in one.tops()}
        unknown = {name for name in resource.body if name not in tops}
        assert "*" in paths or unknown == set(), resource.address


def test_a_thing_is_recognised_as_itself(graph: Graph, site: Site) -> None:
    """Captured twice, everything has the same natural key, and nothing else of its kind has it."""
    for kind, word in site.made:
        if word == "borrowed":
            continue
        one = find(graph, site, kind, word)
        like = KINDS[kind].likeness(one.body, lambda kind, id: id)
        same = [other.id for other in graph.of_kind(kind) if KINDS[kind].likeness(other.body) == like]
        assert like is not None
        assert same == [one.id]
