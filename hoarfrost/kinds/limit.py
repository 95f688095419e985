"""Quotas as part of a project: how much it may have of the things of each service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import MissingService, NotFound
from hoarfrost.kinds.field import Asked, Drop, Note, Ref
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body


class Limit(Kind):
    """Base of the quotas of a service. Every project has them; only an administrator's restore sets them."""

    natural = ()
    quota = ""
    makes = ("admin",)
    usual: ClassVar[str] = "defaults"  # the last part of the path to the limits of every project

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield self.show(cloud, cloud.project_id)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        """A list of quotas is for administrators (403), and of those that were changed only."""
        yield from self.enumerate(cloud)

    def show(self, cloud: Cloud, id: str) -> Body:
        """Without the limits that are those of every project there: they are the operator's, not this one's."""
        usual = self.open(self._rest(cloud).get(f"{self.path}/{id}/{self.usual}"))
        body = self.read(cloud, id)
        return {name: limit for name, limit in body.items() if usual.get(name) != limit} | {"id": id}

    def read(self, cloud: Cloud, id: str) -> Body:
        """All limits, the usual ones too."""
        return super().show(cloud, id)

    def title(self, body: Body) -> str:
        return self.service

    def standing(self, body: Body) -> bool:
        return True

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        may, there = self.may(cloud), self.read(cloud, id)
        said = {name: body[name] for name in body if may(name) and there.get(name, body[name]) != body[name]}
        if said:
            self.finish(cloud, id, said)

    def delete(self, cloud: Cloud, id: str) -> None:
        """A project always has quotas."""


class NetworkQuota(Limit, Neutron):
    """The network quotas of the project. Everybody may read them; only an administrator's restore sets them."""

    path, key, plural = "/v2.0/quotas", "quota", ""
    sdk = "openstack.network.v2.quota.Quota"
    usual = "default"
    quota = ""

    limits = Asked(
        "floatingip",
        "network",
        "port",
        "rbac_policy",
        "router",
        "router_route",
        "security_group",
        "security_group_rule",
        "subnet",
        "subnetpool",
        "trunk",
    )
    of_vpn = Asked("endpoint_group", "ikepolicy", "ipsecpolicy", "ipsec_site_connection", "vpnservice")
    of_firewalls = Asked("firewall_group", "firewall_policy", "firewall_rule")
    of_balancers = Drop(
        "loadbalancer", "listener", "pool", "healthmonitor", "l7policy", why="the load balancer has its own"
    )
    asking_only = Drop("check_limit", "name", why="not in the API's answer")


class ComputeQuota(Limit):
    """The compute quotas of the project. Everybody may read them; only an administrator's restore sets them."""

    service, path, key, plural = "compute", "/os-quota-sets", "quota_set", ""
    microversion = "2.57"
    sdk = "openstack.compute.v2.quota_set.QuotaSet"

    limits = Asked(
        "cores", "instances", "key_pairs", "metadata_items", "ram", "server_group_members", "server_groups"
    )
    older = Drop(
        "fixed_ips",
        "floating_ips",
        "injected_file_content_bytes",
        "injected_file_path_bytes",
        "injected_files",
        "networks",
        "security_group_rules",
        "security_groups",
        why="of older APIs; the network service has its own",
    )
    noted = Note("id")
    asking_only = Drop("force", "name", "reservation", "usage", why="not in the API's answer")


class VolumeQuota(Limit):
    """The block storage quotas of the project. Those of single volume types are only recorded."""

    service, path, key, plural = "block-storage", "/os-quota-sets", "quota_set", ""
    microversion = "3.70"
    sdk = "openstack.block_storage.v3.quota_set.QuotaSet"

    limits = Asked(
        "backup_gigabytes", "backups", "gigabytes", "groups", "per_volume_gigabytes", "snapshots", "volumes"
    )
    of_types = Note("*", why="of a volume type, by the name that it has here")
    noted = Note("id")
    asking_only = Drop("name", "reservation", "usage", why="not in the API's answer")


class LoadBalancerQuota(Limit):
    """The load balancer quotas of the project. Only an administrator's restore sets them."""

    service, path, key, plural = "load-balancer", "/v2/lbaas/quotas", "quota", ""
    sdk = "openstack.load_balancer.v2.quota.Quota"
    usual = "default"

    limits = Asked("load_balancer", "listener", "pool", "member", "health_monitor", "l7policy", "l7rule")
    older = Drop("loadbalancer", "healthmonitor", why="older names of others")
    noted = Note("id", "project_id", "tenant_id")
    asking_only = Drop("name", why="not in the API's answer")


class KeyManagerQuota(Limit):
    """How many secrets and containers the project may have. Only an administrator's restore sets it.

    What the operator gives to every project is not told: where there is no limit, none is recorded.
    """

    service, path, key, plural = "key-manager", "/v1/project-quotas", "project_quotas", ""
    sdk = "openstack.key_manager.v1.project_quota.ProjectQuota"

    limits = Asked("secrets", "containers", "consumers", "orders", "cas", default=-1)
    noted = Note("id")
    asking_only = Drop("name", why="not in the API's answer")

    def read(self, cloud: Cloud, id: str) -> Body:
        """By a path of the project's own, as the other is the administrator's."""
        return dict(self._rest(cloud).get("/v1/quotas")["quotas"])

    def show(self, cloud: Cloud, id: str) -> Body:
        return {name: limit for name, limit in self.read(cloud, id).items() if limit >= 0} | {"id": id}


class DnsQuota(Limit):
    """How many zones the project may have, and how much may be in each. Only an administrator's restore sets it."""

    service, path, key, plural = "dns", "/v2/quotas", "", ""
    sdk = "openstack.dns.v2.quota.Quota"

    by_itself: ClassVar[Body] = {
        "zones": 10,
        "zone_recordsets": 500,
        "zone_records": 500,
        "recordset_records": 20,
        "api_export_size": 1000,
    }

    limits = Asked("zones", "zone_recordsets", "zone_records", "recordset_records", "api_export_size")
    noted = Note("id")
    asking_only = Drop("name", why="not in the API's answer")

    def show(self, cloud: Cloud, id: str) -> Body:
        """What the operator gives to every project is not told: what the service gives by itself is left out."""
        told = self.read(cloud, id)
        return {name: limit for name, limit in told.items() if self.by_itself.get(name) != limit} | {"id": id}

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        self._rest(cloud).patch(self.place(id), update)


class ProjectLimit(Kind):
    """A limit that the identity service holds for other services (images, say), where the operator uses such limits.

    It is recorded, as it names service and region of this cloud.
    """

    service, path, key, plural = "identity", "/limits", "limit", "limits"
    query: ClassVar[dict[str, str]] = {"project_id": "{project_id}"}
    sdk = "openstack.identity.v3.limit.Limit"
    natural: ClassVar[tuple[str, ...]] = ("resource_name", "service_id", "region_id")
    recorded = "it names service and region of its cloud: the operator of the target sets it"

    limit = Note("resource_name", "resource_limit", "description", "service_id", "region_id", "domain_id")
    project = Ref("project_id", to="project", note=True)
    noted = Note("id", "links")
    sdk_only = Drop("name", why="a limit has none")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Of this project; those of others are shown to administrators."""
        try:
            bodies = list(super().enumerate(cloud))
        except NotFound as error:
            raise MissingService("This identity service has no limits.") from error
        yield from (body for body in bodies if body.get("project_id") == cloud.project_id)

    def title(self, body: Body) -> str:
        return str(body["resource_name"])
