"""Domains, projects and roles: where the project is and what may be done in it.

Decides what of the project itself comes back (`ProjectDetail`). Its people are in `user`, what they may in
`assignment`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden
from hoarfrost.kinds.field import Asked, Note, is_empty
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.stand_in import Rule
from hoarfrost.model import Body


class Domain(Kind):
    """The domain of a user or of a group, by its name. None is made."""

    service, path, key, plural = "identity", "/domains", "domain", "domains"
    sdk = "openstack.identity.v3.domain.Domain"
    mapped, owned, administered = True, False, True
    reads = makes = ("admin",)

    noted = Note("id", "name", "description", "enabled", "tags", "options", "links")


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


IMMUTABLE = "immutable"


class ProjectDetail(Kind):
    """What the project says of itself: description, tags, options. Only an administrator's restore sets them.

    What is empty in the backup is left as it is on the target; so is its name. That the project may be neither changed
    nor removed (`immutable`) is set last. Where the target is so already, its operator has to allow the change.
    """

    service, path, key, plural = "identity", "/projects", "project", "projects"
    sdk = "openstack.identity.v3.project.Project"
    natural = ()
    makes = ("admin",)

    said = Asked("description", "tags", "options")
    noted = Note("id", "name", "domain_id", "is_domain", "parent_id", "links")
    enabled = Note("enabled", why="nobody gets a token for a project that is not")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        try:
            yield self.show(cloud, cloud.project_id)
        except Forbidden:
            return  # a cloud that hides even that: the project itself is recorded from the token

    def standing(self, body: Body) -> bool:
        return True

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        may = self.may(cloud)
        told = {name: body[name] for name in self.said.paths if may(name) and not is_empty(body.get(name))}
        there = self.show(cloud, id) if told else {}
        said = {name: value for name, value in told.items() if not _is(there.get(name), value)}
        options = dict(said.pop("options", None) or {})
        last = {IMMUTABLE: options.pop(IMMUTABLE)} if IMMUTABLE in options else {}
        for update in (said | ({"options": options} if options else {}), {"options": last} if last else {}):
            if update:
                self._rest(cloud).patch(self.place(id), self.wrap(update))

    def delete(self, cloud: Cloud, id: str) -> None:
        """The project is the operator's to remove."""


def _is(there: Any, wanted: Any) -> bool:
    """Whether it is so already; tags have no order."""
    if isinstance(wanted, list):
        return sorted(there or ()) == sorted(wanted)
    if isinstance(wanted, dict):
        return all((there or {}).get(name) == value for name, value in wanted.items())
    return bool(there == wanted)


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
