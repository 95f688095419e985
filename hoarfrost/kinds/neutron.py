"""What all kinds of Neutron have in common: the fields it keeps itself, and listing by project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Drop, Note, Ref
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body


class Neutron(Kind):
    """Base of the kinds of the network service."""

    service = "network"
    query: ClassVar[dict[str, str]] = {"project_id": "{project_id}"}

    project = Ref("project_id", to="project", note=True)
    kept_by_neutron = Note(
        "id", "tenant_id", "created_at", "updated_at", "revision_number", "standard_attr_id"
    )

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self._rest(cloud).list(self.path, self.plural)


class QosPolicy(Neutron):
    """A QoS policy that something refers to. Only managers can make one, so policies are only mapped."""

    path, key, plural = "/v2.0/qos/policies", "policy", "policies"
    sdk = "openstack.network.v2.qos_policy.QoSPolicy"
    mapped, owned, query = True, False, {}

    said = Note("name", "description", "shared", "is_default", "rules", "tags")
    sdk_only = Drop("revision", why="not in the API's answer")
