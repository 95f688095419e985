"""Whether the quota of the target project is large enough for what the plan creates.

Decides how much of which quota each kind takes, and reads limits and usage with the rights of a member. A
shortage is a finding, since quotas can be raised between plan and restore.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError
from hoarfrost.model import Finding, Graph, Resource, Step
from hoarfrost.plan.there import There

Limits = dict[str, tuple[int, int]]
"""name of a quota -> (limit, used); a limit below zero means none."""

TEMPORARY_IMAGES = 4
"""Disks go up as temporary images, at most as many at once as the restore has workers."""

COUNTED = {
    "network": ("network", "networks"),
    "subnet": ("network", "subnets"),
    "port": ("network", "ports"),
    "router": ("network", "routers"),
    "router_interface": ("network", "ports"),
    "floating_ip": ("network", "floating addresses"),
    "security_group": ("network", "security groups"),
    "security_group_rule": ("network", "security group rules"),
    "image": ("image", "images"),
    "volume": ("block-storage", "volumes"),
    "server": ("compute", "instances"),
}
"""kind -> (service, quota) of which each resource takes one."""


def shortages(steps: Iterable[Step], graph: Graph, there: There, cloud: Cloud) -> Iterator[Finding]:
    """A finding for each quota that does not suffice, and for each service that does not tell its quotas."""
    needed: dict[str, dict[str, int]] = {}
    targets = {step.address: step.target for step in steps}
    for step in (one for one in steps if one.action == "create"):
        for (service, quota), amount in _taken(graph[step.address], targets, there):
            of = needed.setdefault(service, {})
            of[quota] = of.get(quota, 0) + amount
    if {"volume", "server"} & {step.kind for step in steps if step.action == "create"}:
        images = needed.setdefault("image", {})
        images["images"] = images.get("images", 0) + TEMPORARY_IMAGES
    for service, amounts in needed.items():
        yield from _compared(cloud, service, amounts)


def _taken(
    resource: Resource, targets: Mapping[str, str], there: There
) -> Iterator[tuple[tuple[str, str], int]]:
    if resource.kind in COUNTED:
        yield COUNTED[resource.kind], 1
    if resource.kind == "volume":
        yield ("block-storage", "gigabytes"), int(resource.body.get("size") or 0)
    if resource.kind == "server":
        flavors = {targets.get(one.address) for one in resource.references if one.kind == "flavor"}
        for flavor in there.visible("flavor"):
            if flavor.get("id") in flavors:
                yield ("compute", "cores"), int(flavor["vcpus"])
                yield ("compute", "MiB of memory"), int(flavor["ram"])


def _compared(cloud: Cloud, service: str, amounts: Mapping[str, int]) -> Iterator[Finding]:
    try:
        limits = READERS[service](cloud)
    except CloudError as error:
        yield Finding(
            address=service,
            severity="info",
            code="quota-unknown",
            sentence=f"the quotas of the {service} service cannot be read: {error.sentence}",
        )
        return
    for quota, amount in amounts.items():
        limit, used = limits.get(quota, (-1, 0))
        if 0 <= limit < used + amount:
            yield Finding(
                address=service,
                severity="error",
                code="quota",
                sentence=f"the quota does not suffice: {amount} {quota} needed,"
                f" {max(limit - used, 0)} of {limit} free",
                hint="Ask for a larger quota, or skip something in the plan.",
            )


def _compute(cloud: Cloud) -> Limits:
    told = cloud.rest("compute").get("/limits")["limits"]["absolute"]
    return {
        "instances": (told["maxTotalInstances"], told["totalInstancesUsed"]),
        "cores": (told["maxTotalCores"], told["totalCoresUsed"]),
        "MiB of memory": (told["maxTotalRAMSize"], told["totalRAMUsed"]),
    }


def _block_storage(cloud: Cloud) -> Limits:
    told = cloud.rest("block-storage").get("/limits")["limits"]["absolute"]
    return {
        "volumes": (told["maxTotalVolumes"], told["totalVolumesUsed"]),
        "gigabytes": (told["maxTotalVolumeGigabytes"], told["totalGigabytesUsed"]),
    }


def _network(cloud: Cloud) -> Limits:
    told: Mapping[str, Mapping[str, Any]]
    told = cloud.rest("network").get(f"/v2.0/quotas/{cloud.project_id}/details")["quota"]
    names = {
        "networks": "network",
        "subnets": "subnet",
        "ports": "port",
        "routers": "router",
        "floating addresses": "floatingip",
        "security groups": "security_group",
        "security group rules": "security_group_rule",
    }
    every = {quota: told.get(name, {}) for quota, name in names.items()}
    return {quota: (int(one.get("limit", -1)), int(one.get("used", 0))) for quota, one in every.items()}


def _image(cloud: Cloud) -> Limits:
    """Only where the operator has switched quotas on; otherwise ``usage`` is empty."""
    told = cloud.rest("image").get("/v2/info/usage")["usage"].get("image_count_total", {})
    return {"images": (int(told.get("limit", -1)), int(told.get("usage", 0)))}


READERS: Mapping[str, Callable[[Cloud], Limits]] = {
    "compute": _compute,
    "block-storage": _block_storage,
    "network": _network,
    "image": _image,
}
