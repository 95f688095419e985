"""DNS zones and their record sets (Designate)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.errors import WentWrong
from hoarfrost.kinds.field import Keep, Note, Parent, Ref
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.model import Body

PAGE = "1000"
"""Designate gives 20 at a time unless it is asked for more."""


class _Dns(Kind):
    """What both have in common: they are worked on in the background, and go slowly."""

    service = "dns"
    key = ""
    query = {"limit": PAGE}  # noqa: RUF012 - read only

    kept = Keep("name")
    told = Keep("description", null=True, why="no description is not the same as an empty one")
    project = Ref("project_id", to="project", note=True)
    noted = Note("id", "status", "action", "version", "created_at", "updated_at", "links")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Not what is being deleted, which is listed until no name server knows it any more."""
        listed = self._rest(cloud).list(self.listing or self.path, self.plural, **self.query)
        yield from (body for body in listed if body["action"] != "DELETE")

    def settled(self, body: Body) -> bool:
        if body["status"] == "ERROR":
            raise WentWrong(f"the name servers did not take {self.title(body)}")
        return bool(body["status"] == "ACTIVE")


class Zone(_Dns):
    """A DNS zone. Its name is unique on a whole cloud: beside the original it cannot be restored there.

    The cloud makes the SOA record and the NS records at the top; whoever delegates the zone has to be told of them.
    """

    path, plural = "/v2/zones", "zones"
    sdk = "openstack.dns.v2.zone.Zone"
    quota = "zones"

    type = Keep("type", default="PRIMARY")
    contact = Keep("email", "ttl")
    primaries = Keep("masters", why="where a secondary zone is copied from")
    scheduling = Keep("attributes")
    pool = Note("pool_id", "serial", "transferred_at", "shared", why="the target cloud decides")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """A secondary zone takes contact and time to live from its primary."""
        wanted = super().request(body, resolve, may)
        if body.get("type") == "SECONDARY":
            wanted = {name: value for name, value in wanted.items() if name not in ("email", "ttl")}
        return wanted


class Recordset(_Dns):
    """The records of one name and type in a zone."""

    path, plural = "/v2/zones/{parent}/recordsets", "recordsets"
    listing = "/v2/recordsets"
    sdk = "openstack.dns.v2.recordset.Recordset"
    natural = ("+parent", "name", "type")

    zone = Parent(Zone)
    said = Keep("type", "records", "ttl")
    of_the_zone = Note("zone_id", "zone_name")
    sdk_only = Note("create_at")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """All zones in one listing."""
        yield from (body | {"+parent": body["zone_id"]} for body in super().enumerate(cloud))

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self.enumerate(cloud)

    def made_by(self, body: Body) -> str:
        """SOA and NS at the top of a zone, and all that a secondary zone copies."""
        return "designate" if body["type"] in ("SOA", "NS") and body["name"] == body["zone_name"] else ""
