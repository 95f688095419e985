"""What all kinds of Octavia have in common, and what the operator offers: providers, flavors, zones.

A load balancer takes one change at a time: while it is at work (PENDING_*), it and all below it refuse with
409. So every change is tried until it is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.errors import Conflict, WentWrong
from hoarfrost.kinds.field import Drop, Href, Note, Ref
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body

AT_WORK = 1800.0
"""Seconds that a load balancer may be at work with other changes; making an amphora takes minutes."""

EVERY = 1.0
"""Seconds: others are in the queue for the same load balancer, and who asks seldom is served last."""


def secret(*paths: str) -> Href:
    """A certificate, key or list by its address: a listener without it would be another one."""
    collections = {"containers": "secret_container", "secrets": "secret"}
    return Href(*paths, to=collections, service="key-manager", version="/v1")


class Octavia(Kind):
    """Base of what belongs to load balancers."""

    service = "load-balancer"
    query: ClassVar[dict[str, str]] = {"project_id": "{project_id}"}

    project = Ref("project_id", to="project", note=True)
    kept_by_octavia = Note(
        "id", "created_at", "updated_at", "provisioning_status", "operating_status", "tenant_id"
    )

    def create(self, cloud: Cloud, request: Body) -> Body:
        return dict(self._done(lambda: super(Octavia, self).create(cloud, request)))

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        self._done(lambda: super(Octavia, self).finish(cloud, id, update))

    def delete(self, cloud: Cloud, id: str) -> None:
        self._done(lambda: super(Octavia, self).delete(cloud, id))

    def _done(self, change: Callable[[], Any]) -> Any:
        """What ``change`` returns once the load balancer takes it."""

        def tried() -> tuple[Any] | None:
            try:
                return (change(),)
            except Conflict as error:
                if "immutable" in error.sentence or "PENDING_" in error.sentence:
                    return None
                raise

        what = f"a load balancer's taking a {self.name}"
        return wait_until(tried, what=what, limit=AT_WORK, slowest=EVERY)[0]

    def settled(self, body: Body) -> bool:
        status = body["provisioning_status"]
        if status == "ERROR":
            raise WentWrong(
                f"the {self.name.replace('_', ' ')} {self.title(body) or self.id(body)} is in error"
            )
        return bool(status == "ACTIVE")


class LoadBalancerProvider(Kind):
    """A provider of load balancers, by its name; a target that lacks it takes its default."""

    service, path, key, plural = "load-balancer", "/v2/lbaas/providers", "", "providers"
    sdk = "openstack.load_balancer.v2.provider.Provider"
    mapped, owned = True, False

    noted = Note("name", "description")
    sdk_only = Drop("id", why="a provider has its name only")

    def show(self, cloud: Cloud, id: str) -> Body:
        return {"name": id}

    def id(self, body: Body) -> str:
        return str(body["name"])


class LoadBalancerFlavor(Kind):
    """A flavor of load balancers, of the operator; mapped by its name."""

    service, path, key, plural = "load-balancer", "/v2/lbaas/flavors", "flavor", "flavors"
    sdk = "openstack.load_balancer.v2.flavor.Flavor"
    mapped, owned = True, False

    noted = Note("id", "name", "description", "enabled", "flavor_profile_id")


class LoadBalancerZone(Kind):
    """An availability zone of the load balancer service, by its name."""

    service, path, plural = "load-balancer", "/v2/lbaas/availabilityzones", "availability_zones"
    key = "availability_zone"
    sdk = "openstack.load_balancer.v2.availability_zone.AvailabilityZone"
    mapped, owned = True, False

    noted = Note("name", "description", "enabled", "availability_zone_profile_id")
    sdk_only = Drop("id", why="a zone has its name only")

    def show(self, cloud: Cloud, id: str) -> Body:
        return {"name": id}

    def id(self, body: Body) -> str:
        return str(body["name"])
