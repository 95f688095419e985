"""Who may do what in the project: roles of users and groups.

Decides that a restore grants nothing that its own user lacks. The roles of the user who makes the backup are not among
them: whoever restores has his own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, NotFound
from hoarfrost.kinds.field import Drop, Keep, Note, Ref
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.model import Body

INHERITED = "OS-INHERIT:inherited_to"


def assignments(cloud: Cloud, *, names: bool) -> list[Body]:
    """Those of the project itself, not what it inherits. Raises Forbidden for all but administrators."""
    query = {"scope.project.id": cloud.project_id} | ({"include_names": "true"} if names else {})
    return list(cloud.looking("identity").list("/role_assignments", "role_assignments", **query))


class RoleAssignment(Kind):
    """A role that a user or a group has in the project, or in the projects below it; roles go by their names.

    Which roles come with which (`member` with `admin`), is the cloud's. A role of a domain of its own is only recorded.
    """

    service, path, key, plural = "identity", "/role_assignments", "", "role_assignments"
    sdk = "openstack.identity.v3.role_assignment.RoleAssignment"
    natural = ("user.id", "group.id", "role.name", f"scope.{INHERITED}")
    administered = True
    reads = makes = ("admin",)

    role = Keep("role.name")
    inherited = Keep(f"scope.{INHERITED}", why="it holds in the projects below this one")
    user = Ref("user.id", to="user")
    group = Ref("group.id", to="user_group")
    sdk_only = Drop("id", "name", why="the API gives role assignments neither")
    noted = Note(
        "links",
        "role.id",
        "role.domain",
        "user.name",
        "user.domain",
        "group.name",
        "group.domain",
        "scope.project",
        "scope.domain",
        "scope.system",
    )

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        for one in assignments(cloud, names=True):
            if one.get("user", {}).get("id") != cloud.user_id:
                yield one

    def show(self, cloud: Cloud, id: str) -> Body:
        for one in assignments(cloud, names=True):
            if self.id(one) == id:
                return one
        raise NotFound(f"the project has no role assignment {id}")

    def id(self, body: Body) -> str:
        who = "users" if "user" in body else "groups"
        below = "below" if body.get("scope", {}).get(INHERITED) else "here"
        return f"{who}:{body[who[:-1]]['id']}:{body['role']['id']}:{below}"

    def title(self, body: Body) -> str:
        who = body.get("user") or body.get("group") or {}
        return f"{body['role']['name']} of {who.get('name') or who.get('id')}"

    def recognised_by(self) -> str:
        return "user or group, and role"

    def clash(self, body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
        name = body["role"]["name"]
        if "domain" in body["role"]:
            return f"the role {name} is of a domain of its own"
        if name not in {one["name"] for one in visible("role")}:
            return f"the user of the restore lacks the role {name}, and so does not grant it"
        return ""

    def create(self, cloud: Cloud, request: Body) -> Body:
        name = request["role"]["name"]
        if name not in cloud.roles:
            hint = "Apply the plan again as somebody who has it, or have it granted by hand."
            raise Forbidden(
                f"the user of the restore lacks the role {name}, and so does not grant it", hint=hint
            )
        found = list(self._rest(cloud).list("/roles", "roles", name=name))
        if not found:
            raise NotFound(f"this cloud has no role {name}")
        made = request | {"role": {"id": found[0]["id"], "name": name}}
        self._rest(cloud).put(self._grant(cloud, self.id(made)))
        return made

    def delete(self, cloud: Cloud, id: str) -> None:
        self._rest(cloud).delete(self._grant(cloud, id))

    def _grant(self, cloud: Cloud, id: str) -> str:
        who, whom, role, below = id.split(":")
        place = f"/projects/{cloud.project_id}/{who}/{whom}/roles/{role}"
        return f"/OS-INHERIT{place}/inherited_to_projects" if below == "below" else place
