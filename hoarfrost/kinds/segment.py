"""Segments: the pieces of a network that the operator's switches know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Asked, Keep, Ref
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body


class Segment(Neutron):
    """A segment of a network. Every network has one from the start; it stands for the first.

    Only an administrator sees them. The number of a VLAN or a tunnel is kept where it is free.
    """

    path, key, plural = "/v2.0/segments", "segment", "segments"
    sdk = "openstack.network.v2.segment.Segment"
    natural = ("network_id", "network_type", "physical_network", "segmentation_id")
    query: ClassVar[dict[str, str]] = {}
    extension, quota = "segment", ""
    reads = makes = ("admin",)

    network = Ref("network_id", to="network")
    kept = Keep("name", "description")
    of_the_operator = Asked("network_type", "physical_network", "segmentation_id")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """A segment does not say whose it is; its network does."""
        bodies = list(super().enumerate(cloud))
        query = {"project_id": cloud.project_id, "fields": "id"}
        networks = self._rest(cloud).list("/v2.0/networks", "networks", **query) if bodies else ()
        own = {one["id"] for one in networks}
        yield from (body for body in bodies if body["network_id"] in own)

    def title(self, body: Body) -> str:
        return super().title(body) or f"{body['network_type']} of {body['network_id']}"

    def create(self, cloud: Cloud, request: Body) -> Body:
        """The one that the network has from the start, if it is of that type and on that physical network."""
        there = super().enumerate(cloud)
        for body in (one for one in there if one["network_id"] == request["network_id"]):
            same = all(body.get(name) == request.get(name) for name in ("network_type", "physical_network"))
            if same and body.get("segmentation_id") == request.get(
                "segmentation_id", body["segmentation_id"]
            ):
                said: Body = {name: request[name] for name in self.kept.paths if name in request}
                self.finish(cloud, body["id"], said)
                return body
        return super().create(cloud, request)
