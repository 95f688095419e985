"""Whether the target is large enough, and whether addresses are free: what a plan says beforehand."""

from __future__ import annotations

from typing import Any

import pytest
from toycloud import ToyCloud

from hoarfrost.errors import Forbidden
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.quota import Quotas
from hoarfrost.model import Graph, Resource, Step
from hoarfrost.plan.order import ordered
from hoarfrost.plan.quota import shortages
from hoarfrost.plan.there import There


class Limited(ToyCloud):
    """Answers what the services say of their quotas, and lists flavors and ports."""

    answers: dict[str, Any] = {  # noqa: RUF012 - never changed
        "/limits": {
            "limits": {
                "absolute": {
                    **{
                        "maxTotalInstances": 10,
                        "totalInstancesUsed": 1,
                        "maxTotalCores": 4,
                        "totalCoresUsed": 1,
                    },
                    **{
                        "maxTotalRAMSize": -1,
                        "totalRAMUsed": 512,
                        "maxTotalVolumes": 2,
                        "totalVolumesUsed": 2,
                    },
                    **{"maxTotalVolumeGigabytes": 100, "totalGigabytesUsed": 0},
                }
            }
        },
        "/v2.0/quotas/project-here/details": {"quota": {"port": {"limit": 3, "used": 3, "reserved": 0}}},
        "/v2/info/usage": {"usage": {}},
    }
    ports: tuple[dict[str, Any], ...] = ()

    def get(self, path: str, **query: str) -> Any:
        return self.answers[path]

    def list(self, path: str, plural: str, **query: str) -> Any:
        flavor = {"id": "F", "name": "f", "vcpus": 2, "ram": 512, "disk": 1}
        return iter({"flavors": [flavor], "ports": list(self.ports)}[plural])


def made(*resources: Resource) -> tuple[list[Step], Graph]:
    flavor = Step(address="flavor/f", name="f", action="map", reason="", target="F")
    steps = [Step(address=one.address, name=one.name, action="create", reason="") for one in resources]
    return [flavor, *steps], Graph(resources)


def server(id: str) -> Resource:
    return KINDS["server"].resource({"id": id, "name": id, "+flavor_id": "f", "+ports": [], "+volumes": []})


def told(cloud: Any, *resources: Resource) -> list[str]:
    steps, graph = made(*resources)
    return [one.sentence for one in shortages(steps, graph, There(cloud, KINDS), KINDS, Quotas(cloud))]


def test_what_suffices_is_not_mentioned() -> None:
    assert told(Limited(), server("a")) == []


def test_cores_are_those_of_the_flavor_on_the_target() -> None:
    assert told(Limited(), server("a"), server("b")) == [
        "the quota of cores does not suffice: 4 needed, 3 of 4 free"
    ]


def test_volumes_and_ports() -> None:
    volume = KINDS["volume"].resource({"id": "v", "name": "v", "size": 90})
    port = KINDS["port"].resource({"id": "p", "name": "p", "fixed_ips": [], "network_id": "n"})
    assert told(Limited(), volume, port) == [
        "the quota of volumes does not suffice: 1 needed, 0 of 2 free",
        "the quota of port does not suffice: 1 needed, 0 of 3 free",
    ]


def test_what_a_service_does_not_count_is_counted_by_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(path: str, **query: str) -> Any:
        return {"quotas": {"secrets": 2}}

    cloud = Limited()
    monkeypatch.setattr(cloud, "get", answer)
    held = [{"secret_ref": "http://x/v1/secrets/s"}]
    monkeypatch.setattr(type(KINDS["secret"]), "enumerate", lambda self, cloud: iter(held))
    secrets = [KINDS["secret"].resource({"secret_ref": f"http://y/v1/secrets/{n}", "name": n}) for n in "ab"]
    assert told(cloud, secrets[0]) == []
    assert told(cloud, *secrets) == ["the quota of secrets does not suffice: 2 needed, 1 of 2 free"]


def test_quotas_that_cannot_be_read_are_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise Forbidden("no")

    cloud = Limited()
    monkeypatch.setattr(cloud, "get", refuse)
    assert told(cloud, server("a"))[0] == "the quotas of the compute service cannot be read: no"


PORT = {
    "id": "p",
    "network_id": "n",
    "mac_address": "fa:16:3e:00:00:01",
    "fixed_ips": [{"ip_address": "10.0.0.5"}],
}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"fixed_ips": [{"ip_address": "10.0.0.5"}]}, "10.0.0.5 belongs to the port x (network:dhcp) there"),
        (
            {"mac_address": PORT["mac_address"]},
            "the MAC fa:16:3e:00:00:01 belongs to the port x (network:dhcp) there",
        ),
        ({"fixed_ips": [{"ip_address": "10.0.0.6"}]}, ""),
        ({"network_id": "M", "mac_address": PORT["mac_address"]}, ""),
    ],
)
def test_addresses_that_somebody_has(other: dict[str, Any], reason: str) -> None:
    cloud: Any = Limited()
    cloud.ports = ({"id": "x", "network_id": "N", "device_owner": "network:dhcp", "project_id": "", **other},)
    kind, there = KINDS["port"], There(cloud, KINDS)
    assert kind.clash(PORT, lambda kind, id: "N", there.visible) == reason
    assert kind.clash(PORT, lambda kind, id: None, there.visible) == ""


def test_a_local_address_waits_for_a_subnet_of_its_network() -> None:
    """It names the network only, and is refused where that has no subnet yet (found by seed 2021)."""
    network = KINDS["network"].resource({"id": "n", "name": "n"})
    subnet = KINDS["subnet"].resource({"id": "s", "name": "s", "network_id": "n", "cidr": "10.0.0.0/24"})
    address = {
        "id": "a",
        "name": "a",
        "network_id": "n",
        "local_ip_address": "10.0.0.9",
        "local_port_id": "p",
    }
    steps, graph = made(network, KINDS["local_ip"].resource(address), subnet)
    needs = {step.node: step.needs for step in ordered(steps[1:], graph, KINDS)}
    assert needs["local_ip/a"] == ("network/n", "subnet/s")
