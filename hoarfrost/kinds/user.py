"""The people of the project: users who have a role in it, groups that have one, and who is in those.

They are not the project's: they stand in a domain, and other projects know them too. Decides that one who is there
already, by domain and name, is taken as he is, and that nobody new can log in unless his new password is handed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, NotFound
from hoarfrost.kinds.assignment import assignments
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Drop, Keep, Note, Parent, Ref
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.role import Powers
from hoarfrost.kinds.stand_in import Rule
from hoarfrost.model import Body, Reference


class _OfDomain(Kind):
    """Base of what has a name of its own in a domain."""

    service = "identity"
    natural = ("domain_id", "name")
    administered = beyond = True
    makes = ("admin",)
    further = 1
    stand_ins: ClassVar[tuple[Rule, ...]] = ()  # one person is not taken for another

    domain = Ref("domain_id", to="domain")

    def namesake(self, cloud: Cloud, body: Body, resolve: Resolve) -> Body | None:
        domain = resolve("domain", body.get("domain_id", ""))
        if domain is None:
            return None
        try:
            found = list(
                self._looking(cloud).list(self.path, self.plural, name=body["name"], domain_id=domain)
            )
        except Forbidden:
            return None
        return found[0] if found else None

    def _shown(self, cloud: Cloud, ids: Iterable[str]) -> Iterator[Body]:
        """Without those that are gone, or of a domain that may not be looked at; who refers to one is told by a finding
        of its own."""

        def body(id: str) -> Body | None:
            try:
                return self.show(cloud, id)
            except (NotFound, Forbidden):
                return None

        return (one for one in each(body, dict.fromkeys(ids)) if one is not None)


class UserGroup(_OfDomain):
    """A group that has a role in the project. One of the same domain and name on the target is taken as it is."""

    path, key, plural = "/groups", "group", "groups"
    sdk = "openstack.identity.v3.group.Group"
    reads = ("admin",)

    kept = Keep("name", "description", "*")
    noted = Note("id", "links")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield from self._shown(
            cloud, (one["group"]["id"] for one in assignments(cloud, names=False) if "group" in one)
        )


class User(_OfDomain):
    """A user who has a role in the project, directly or by a group; for a member only the one of the credentials.

    The user who makes the backup becomes the one who restores. One of the same domain and name on the target is taken
    as he is. An administrator's restore makes the others: disabled, as no password can be read; or enabled with a
    random one, where `restore apply --hand-over` says for whom to write it down. Users whom an identity provider or a
    directory (LDAP) brings are never made.
    """

    path, key, plural = "/users", "user", "users"
    sdk = "openstack.identity.v3.user.User"
    credential, locks = "user_id", "password"

    kept = Keep("name", "options")
    said = Keep("email", "description", "*", null=True, why="an empty text is not the same as none")
    enabled = Keep("enabled", why="one that is made is disabled, unless a new password is handed over")
    default_project = Ref("default_project_id", to="project", optional=True)
    roles = Ref("+roles[]", to="role", note=True, why="the roles of the token that made the backup")
    federated = Note("federated", why="such users come from their identity provider")
    noted = Note("id", "links", "password_expires_at")
    never_given = Drop("password", why="the API never gives it")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        try:
            own = self.show(cloud, cloud.user_id)
        except Forbidden:
            own = {"id": cloud.user_id, "name": cloud.user_name}
        yield own | {"+roles": list(cloud.roles)}
        try:
            listed = assignments(cloud, names=False)
        except Forbidden:  # a member sees itself only; who may see the others, `UserGroup.reads` says
            return
        ids = [one["user"]["id"] for one in listed if "user" in one]
        groups = dict.fromkeys(one["group"]["id"] for one in listed if "group" in one)
        for members in each(lambda group: _members(cloud, group), groups):
            ids += [one["id"] for one in members]
        yield from self._shown(cloud, (id for id in ids if id != cloud.user_id))

    def show(self, cloud: Cloud, id: str) -> Body:
        """Itself, a user may always see."""
        return (
            self.open(self._rest(cloud).get(self.place(id)))
            if id == cloud.user_id
            else super().show(cloud, id)
        )

    def references(self, body: Body) -> tuple[Reference, ...]:
        """The credentials say who takes the place of the own one: it needs nothing."""
        every = super().references(body)
        return tuple(one for one in every if one.late) if "+roles" in body else every

    def clash(self, body: Body, *_: object) -> str:
        brought = "an identity provider brings it: it is there once it has logged in"
        return brought if body.get("federated") else ""

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, cloud)
        yield "password", "the API never gives it; without --hand-over the user is disabled"

    def request(self, body: Body, resolve: Resolve, may: object = None) -> Body:
        return super().request(body, resolve) | {"enabled": False}

    def unlocked(self, body: Body, request: Body, secret: str) -> Body:
        return request | {"password": secret, "enabled": bool(body.get("enabled", True))}

    def create(self, cloud: Cloud, request: Body) -> Body:
        try:
            return super().create(cloud, request)
        except Forbidden as error:
            hint = "In a domain that a directory (LDAP) serves, users are made there: do so, and apply the plan again."
            raise Forbidden(error.sentence, hint=hint, request_id=error.request_id) from error


class UserGroupMember(Kind):
    """Who is in a group that has a role in the project. Only a group that the restore makes is given members."""

    service, path, key, plural = "identity", "/groups/{parent}/users", "", "users"
    sdk = "openstack.identity.v3.user.User"
    natural = ("+parent", "id")
    administered = True
    reads = makes = ("admin",)
    further = 1

    group = Parent(UserGroup)
    user = Ref("id", to="user")
    noted = Note("*", why="of the user, who comes back by itself")

    def show(self, cloud: Cloud, id: str) -> Body:
        self._looking(cloud).head(self.place(id))
        group, _, user = id.partition("/")
        return {"+parent": group, "id": user}

    def create(self, cloud: Cloud, request: Body) -> Body:
        self._rest(cloud).put(self.place(self.id(request)))
        return request


def _members(cloud: Cloud, group: str) -> list[Body]:
    try:
        return list(cloud.looking("identity").list(f"/groups/{group}/users", "users"))
    except (NotFound, Forbidden):
        return []
