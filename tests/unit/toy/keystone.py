"""An identity service in memory, as far as users, groups and their roles in one project go."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hoarfrost.errors import Conflict, Forbidden, NotFound
from hoarfrost.kinds import KINDS, Kind
from hoarfrost.model import Body

PEOPLE: dict[str, Kind] = {
    name: KINDS[name]
    for name in ("domain", "project", "role", "user", "user_group", "user_group_member", "role_assignment")
}
INHERITED = {"OS-INHERIT:inherited_to": "projects"}


class Keystone:
    """As `Cloud` and as `Rest`. A member is forbidden everything but itself."""

    region, project_name, keystone = "", "shop", ""

    def __init__(self, name: str, roles: tuple[str, ...] = ("admin", "member", "reader")) -> None:
        self.auth_url, self.project_id, self.roles = f"http://{name}", f"project-{name}", roles
        self.user_id, self.user_name = f"me-{name}", "me"
        self._name, self._ids = name, itertools.count(1)
        self.users: dict[str, Body] = {self.user_id: {"id": self.user_id, "name": "me", "domain_id": name}}
        self.groups: dict[str, Body] = {}
        self.members: set[tuple[str, str]] = set()
        self.grants: set[tuple[str, str, str, bool]] = set()
        self.secrets: dict[str, str] = {}
        self.refuse: dict[str, Exception] = {}

    requests = 0

    def metered(self) -> Keystone:
        return self

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def looking(self, service: str) -> Any:
        return self

    looks = False

    def has(self, service: str) -> bool:
        return True

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def add(self, collection: str, name: str, **more: Any) -> str:
        id = f"{name}-{self._name}{next(self._ids)}"
        getattr(self, collection)[id] = {"id": id, "name": name, "domain_id": self._name, **more}
        return id

    def list(self, path: str, plural: str, **query: str) -> Iterator[Body]:
        self._guard(path)
        if path == "/role_assignments":
            for who, id, role, below in sorted(self.grants):
                name = getattr(self, who)[id]["name"]
                yield {
                    who[:-1]: {"id": id, "name": name},
                    "role": {"id": f"{role}-id", "name": role},
                    "scope": {"project": {"id": self.project_id}} | (INHERITED if below else {}),
                }
        elif path == "/roles":
            yield {"id": f"{query['name']}-id", "name": query["name"]}
        elif path == "/domains":
            yield {"id": self._name, "name": "Default"}
        elif path.endswith("/users") and path != "/users":
            yield from (self.users[user] for group, user in sorted(self.members) if group in path)
        else:
            for body in list(getattr(self, path[1:]).values()):
                if all(body.get(key) == value for key, value in query.items()):
                    yield body

    def get(self, path: str) -> Body:
        self._guard(path)
        _, collection, id = path.split("/")
        if collection == "domains":
            return {"domain": {"id": id, "name": "Default"}}
        if collection == "projects":
            return {"project": {"id": id, "name": "shop"}}
        if id not in getattr(self, collection):
            raise NotFound(f"404, {path}")
        return {collection[:-1]: dict(getattr(self, collection)[id])}

    def head(self, path: str) -> None:
        _, _, group, _, user = path.split("/")
        if (group, user) not in self.members:
            raise NotFound(f"404, {path}")

    def post(self, path: str, body: Body) -> Body:
        self._guard(path)
        ((key, said),) = body.items()
        if error := self.refuse.get(said["name"]):
            raise type(error)(error.args[0].format(said.get("password")))
        if any(one["name"] == said["name"] for one in getattr(self, path[1:]).values()):
            raise Conflict("409")
        said = dict(said)
        secret = said.pop("password", "")
        id = self.add(path[1:], **{key: value for key, value in said.items() if key != "domain_id"})
        self.secrets[id] = secret
        return {key: getattr(self, path[1:])[id]}

    def put(self, path: str, body: Any = None) -> None:
        parts = path.removeprefix("/OS-INHERIT").split("/")
        if parts[1] == "groups":
            self.members.add((parts[2], parts[4]))
        else:
            self.grants.add((parts[3], parts[4], parts[6].removesuffix("-id"), "inherited_to" in path))

    def _guard(self, path: str) -> None:
        if "admin" not in self.roles and path not in (
            f"/users/{self.user_id}",
            f"/projects/{self.project_id}",
        ):
            raise Forbidden(f"403, {path}")
