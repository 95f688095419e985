"""How much a project may have, and how much it has: the quotas of each service, as a member may read them.

Decides how a service is asked. Of which quota a kind takes how much says the kind; what a shortage means, the
plan; what it means that something is counted and not listed, the capture.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError

Limits = dict[str, tuple[int, int | None]]
"""name of a quota -> (limit, used); a limit below zero means none; used is None where the service does not count."""


class Quotas:
    """The quotas of one project, each service asked once. For several threads."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._known: dict[str, Limits | CloudError] = {}
        self._lock = threading.Lock()

    def of(self, service: str) -> Limits:
        """{} of a service without quotas. Raises CloudError where they cannot be read."""
        with self._lock:
            if service not in self._known:
                self._known[service] = self._read(service)
            known = self._known[service]
        if isinstance(known, CloudError):
            raise known
        return known

    def used(self, service: str, quota: str) -> int | None:
        """How much of ``quota`` the service counts as used, None if it does not say."""
        try:
            limit_and_used = self.of(service).get(quota) if quota else None
        except CloudError:
            return None
        return limit_and_used[1] if limit_and_used else None

    def _read(self, service: str) -> Limits | CloudError:
        reader = READERS.get(service)
        try:
            return reader(self._cloud) if reader else {}
        except CloudError as error:
            return error


def _compute(cloud: Cloud) -> Limits:
    told = cloud.rest("compute").get("/limits")["limits"]["absolute"]
    pairs = {
        "instances": ("maxTotalInstances", "totalInstancesUsed"),
        "cores": ("maxTotalCores", "totalCoresUsed"),
        "MiB of memory": ("maxTotalRAMSize", "totalRAMUsed"),
        "server groups": ("maxServerGroups", "totalServerGroupsUsed"),
    }
    return _paired(told, pairs)


def _block_storage(cloud: Cloud) -> Limits:
    told = cloud.rest("block-storage").get("/limits")["limits"]["absolute"]
    pairs = {
        "volumes": ("maxTotalVolumes", "totalVolumesUsed"),
        "gigabytes": ("maxTotalVolumeGigabytes", "totalGigabytesUsed"),
        "snapshots": ("maxTotalSnapshots", "totalSnapshotsUsed"),
    }
    return _paired(told, pairs)


def _paired(told: Mapping[str, Any], pairs: Mapping[str, tuple[str, str]]) -> Limits:
    return {
        quota: (int(told[limit]), int(told[used]))
        for quota, (limit, used) in pairs.items()
        if limit in told and used in told
    }


def _network(cloud: Cloud) -> Limits:
    """By the name of the resource in the API: "floatingip", "security_group_rule"."""
    told = cloud.rest("network").get(f"/v2.0/quotas/{cloud.project_id}/details")["quota"]
    return {name: (int(one.get("limit", -1)), int(one.get("used", 0))) for name, one in told.items()}


def _image(cloud: Cloud) -> Limits:
    """Only where the operator has switched quotas on; otherwise ``usage`` is empty."""
    told = cloud.rest("image").get("/v2/info/usage")["usage"].get("image_count_total")
    return {"images": (int(told.get("limit", -1)), int(told.get("usage", 0)))} if told else {}


def _load_balancer(cloud: Cloud) -> Limits:
    """By the name of the resource in the API; some are told twice, by an older name, too."""
    return _uncounted(cloud.rest("load-balancer").get(f"/v2/lbaas/quotas/{cloud.project_id}")["quota"])


def _key_manager(cloud: Cloud) -> Limits:
    return _uncounted(cloud.rest("key-manager").get("/v1/quotas")["quotas"])


def _dns(cloud: Cloud) -> Limits:
    """Others than ``zones`` are of one zone or record set each."""
    return _uncounted(cloud.rest("dns").get(f"/v2/quotas/{cloud.project_id}"))


def _uncounted(told: Mapping[str, Any]) -> Limits:
    return {name: (limit, None) for name, limit in told.items() if isinstance(limit, int)}


READERS: Mapping[str, Callable[[Cloud], Limits]] = {
    "compute": _compute,
    "block-storage": _block_storage,
    "network": _network,
    "image": _image,
    "load-balancer": _load_balancer,
    "key-manager": _key_manager,
    "dns": _dns,
}
"""By service type."""
