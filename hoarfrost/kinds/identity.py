"""Projects, users and roles: whose things these are. A member may read little of it, and makes none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden
from hoarfrost.kinds.field import Drop, Note, Ref
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.stand_in import Rule, own
from hoarfrost.model import Body


class Project(Kind):
    """The project that the backup is of. A restore goes into the project of its credentials."""

    service, path, key, plural = "identity", "/projects", "project", "projects"
    sdk = "openstack.identity.v3.project.Project"
    mapped, credential = True, "project_id"
    stand_ins: ClassVar[tuple[Rule, ...]] = ()  # another project than the backup's is never guessed

    noted = Note(
        "id", "name", "description", "domain_id", "enabled", "is_domain", "parent_id", "tags", "options"
    )
    links = Note("links")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        try:
            yield self.show(cloud, cloud.project_id)
        except Forbidden:
            yield {"id": cloud.project_id, "name": cloud.project_name}


class User(Kind):
    """The user who makes the backup, as far as the identity service lets users see themselves."""

    service, path, key, plural = "identity", "/users", "user", "users"
    sdk = "openstack.identity.v3.user.User"
    mapped, credential = True, "user_id"
    stand_ins: ClassVar[tuple[Rule, ...]] = (own,)

    noted = Note(
        "id", "name", "email", "description", "domain_id", "enabled", "options", "password_expires_at"
    )
    default_project = Ref("default_project_id", to="project", note=True)
    roles = Ref("+roles[]", to="role", note=True, why="the roles of the token that made the backup")
    federated = Note("federated")
    links = Note("links")
    never_given = Drop("password", why="the API never gives it")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        try:
            body = self.show(cloud, cloud.user_id)
        except Forbidden:
            body = {"id": cloud.user_id, "name": cloud.user_name}
        yield body | {"+roles": list(cloud.roles)}


class Role(Kind):
    """A role by its name: members may not list roles."""

    service, path, key, plural = "identity", "/roles", "role", "roles"
    sdk = "openstack.identity.v3.role.Role"
    mapped, owned = True, False

    noted = Note("id", "name", "description", "domain_id", "options", "links")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield from ({"name": name} for name in cloud.roles)

    def show(self, cloud: Cloud, id: str) -> Body:
        return {"name": id}

    def id(self, body: Body) -> str:
        return str(body["name"])
