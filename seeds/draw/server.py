"""One or two servers with small guests: ports of the tenant's or the cloud's, a key, groups, a volume."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Call, Id
from seeds.values import some


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    network = blueprint.add("network", {"name": "for servers"})
    body = {"network_id": Id(network), "ip_version": 4, "cidr": "10.18.0.0/24"}
    subnet = blueprint.add("subnet", body)
    for number in range(random.choice((1, 1, 2))):
        _server(blueprint, network, subnet, number)


def _server(blueprint: Blueprint, network: str, subnet: str, number: int) -> None:
    random = blueprint.random
    ready = {"network_id": Id(network), "name": f"nic {number}"}
    port = blueprint.add("port", ready, after=(subnet,))
    nics: list[dict[str, Any]] = [{"port": Id(port)}]
    if random.random() < 0.4:
        nics = [{"uuid": Id(network)}]
    body = {
        "name": random.choice(("web", "web (old) #2", "w" * 255)),
        "flavorRef": Id("offer", "flavor"),
        "imageRef": Id("offer", "guest_image"),
        "networks": nics,
        "config_drive": True,
        **some("server", random),
    }
    if keys := blueprint.of("keypair"):
        body["key_name"] = random.choice(keys).body["name"]
    then = []
    if random.random() < 0.3:
        then.append(Call("POST", "/servers/{id}/action", {"lock": {"locked_reason": "do not touch"}}))
    after = (subnet, *(one.label for one in blueprint.of("keypair")))
    label = blueprint.add("server", body, *then, after=after)
    if random.random() < 0.5:
        blank = blueprint.add("volume", {"size": 1, "name": f"data of {number}"})
        attach = {"volumeAttachment": {"volumeId": Id(blank), "delete_on_termination": random.random() < 0.5}}
        path = Id(label, "id", "/servers/{}/os-volume_attachments")
        blueprint.add("extra", {"service": "compute 2.100"}, Call("POST", path, attach))
