"""RBAC policies: what the project shares with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict
from hoarfrost.kinds.field import Drop, Note, Ref
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.pointer import pointed, unpointed
from hoarfrost.kinds.role import Powers
from hoarfrost.model import Body, Finding

SHARED = {
    "network": "network",
    "qos_policy": "qos_policy",
    "security_group": "security_group",
    "address_group": "address_group",
    "address_scope": "address_scope",
    "subnetpool": "subnet_pool",
}
"""object_type -> kind."""

EVERYBODY = "*"


class RbacPolicy(Neutron):
    """Something that is shared with one other project, or (only by an administrator) with all.

    On the same cloud the other project is the same one; on another cloud a mapping has to say which it is.
    """

    path, key, plural = "/v2.0/rbac-policies", "rbac_policy", "rbac_policies"
    sdk = "openstack.network.v2.rbac_policy.RBACPolicy"
    natural = ("object_type", "action", "+target", *(f"+{kind}" for kind in SHARED.values()))
    extension = "rbac-policies"

    kept = Note("object_type", "action", why="compared as what the policy is recognised by")
    network = Ref("+network", to="network")
    qos = Ref("+qos_policy", to="qos_policy")
    group = Ref("+security_group", to="security_group")
    addresses = Ref("+address_group", to="address_group")
    scope = Ref("+address_scope", to="address_scope")
    pool = Ref("+subnet_pool", to="subnet_pool")
    project_there = Ref("+target", to="project")
    noted = Note("object_id", "target_tenant", "target_project", why="one of the references above says it")
    sdk_only = Drop("name", why="such a policy has no name")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield from map(self._read, super().enumerate(cloud))

    def show(self, cloud: Cloud, id: str) -> Body:
        return self._read(super().show(cloud, id))

    def _read(self, body: Body) -> Body:
        whom = {} if body["target_tenant"] == EVERYBODY else {"+target": body["target_tenant"]}
        return pointed(body, SHARED.get(body["object_type"]), "object_id") | whom

    def title(self, body: Body) -> str:
        return f"{body['action']} {body['object_type']} for {body['target_tenant']}"

    def recall(self, body: Body, reference: Any) -> Body | None:
        """A member cannot look at another project; its id is all there is of it."""
        return {"id": reference.id} if reference.field == "+target" else None

    def findings(self, body: Body) -> Iterator[Finding]:
        if body["object_type"] not in SHARED:
            sentence = "{} shares something of a type that is not known here; it cannot come back."
            yield self.note(body, "warning", "not-kept", sentence)

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, cloud)
        if body["target_tenant"] == EVERYBODY and "admin" not in cloud.roles:
            yield "target_tenant", "only an administrator may share with everybody"

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        said = {key: body[key] for key in ("object_type", "action")}
        wanted = super().request(body, resolve, may) | said
        wanted["target_tenant"] = wanted.pop("+target", EVERYBODY)
        return unpointed(wanted, "object_id")

    def create(self, cloud: Cloud, request: Body) -> Body:
        """A network that is made shared or external has its policy from the start: then that one is taken."""
        try:
            return super().create(cloud, request)
        except Conflict:
            for body in super().enumerate(cloud):
                if all(body[key] == value for key, value in request.items()):
                    return body
            raise
