"""Quotas as part of a project: how much it may have of the things of each service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Asked, Drop, Note
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
        body = super().show(cloud, id)
        return {name: limit for name, limit in body.items() if usual.get(name) != limit} | {"id": id}

    def title(self, body: Body) -> str:
        return self.service

    def standing(self, body: Body) -> bool:
        return True

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        may, there = self.may(cloud), super().show(cloud, id)
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
