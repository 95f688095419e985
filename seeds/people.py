"""Users and groups of a project, for a story that an administrator of it is told as: made one, looked at, removed.

People are their domain's: only those who are drawn are looked at. A restore into another project gives all who had
a role in the first one theirs; what a project had not at first is taken back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from openstack.connection import Connection

from seeds.api import APIS
from seeds.draw.people import MARK
from seeds.look.bodies import Thing
from seeds.rest import Rest

API = APIS["user"]


def logins(admin: str, projects: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Names of clouds.yaml by which the administrator is in the projects of ``projects``, which are such names too."""
    file = Path(os.environ["OS_CLIENT_CONFIG_FILE"])
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    named = []
    for one in projects:
        place = {"project_name": told["clouds"][one]["auth"]["project_name"]}
        entry = told["clouds"][admin]
        named.append(f"administrator-of-{one}")
        told["clouds"][named[-1]] = {**entry, "auth": {**entry["auth"], **place}}
    ours = folder / "clouds.yaml"
    ours.touch(mode=0o600)
    ours.write_text(yaml.safe_dump(told), encoding="utf-8")
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(ours)
    return tuple(named)


def entitle(admin: Connection, login: Connection) -> dict[str, str]:
    """Makes the administrator one in the project of ``login``, which he stays. The roles of the cloud: name -> id."""
    rest = Rest(admin)
    roles = {one["name"]: one["id"] for one in rest.ask(API, "GET", "/roles")["roles"]}
    name = {"name": login.config.auth["project_name"]}
    (project,) = rest.ask(API, "GET", "/projects", query=name)["projects"]
    rest.ask(API, "PUT", f"/projects/{project['id']}/users/{rest.user}/roles/{roles['admin']}")
    return roles


def seen(rest: Rest) -> Iterator[Thing]:
    """Who has a role in the project, directly or by a group, and which. People go by their names, which are unique."""
    users, groups = set(), set()
    for one in _assignments(rest):
        who = one.get("user") or one["group"]
        (users if "user" in one else groups).add(who["id"])
        if who["name"].startswith(MARK):
            inherited = "OS-INHERIT:inherited_to" in one["scope"]
            told = {"who": who["name"], "role": one["role"]["name"], "inherited": inherited}
            yield Thing("role_assignment", "/".join(map(str, told.values())), told)
    for id in sorted(groups):
        group = rest.ask(API, "GET", f"/groups/{id}")["group"]
        yield from _drawn("user_group", group)
        for member in rest.ask(API, "GET", f"/groups/{id}/users")["users"]:
            users.add(member["id"])
            told = {"user": member["name"], "group": group["name"]}
            yield Thing("user_group_member", f"{id}/{member['id']}", told)
    for id in sorted(users):
        yield from _drawn("user", rest.ask(API, "GET", f"/users/{id}")["user"])


def _drawn(kind: str, body: dict[str, Any]) -> Iterator[Thing]:
    if body["name"].startswith(MARK):
        yield Thing(kind, body["id"], body)


def _assignments(rest: Rest) -> list[dict[str, Any]]:
    query = {"scope.project.id": rest.project, "include_names": "true"}
    return list(rest.ask(API, "GET", "/role_assignments", query=query)["role_assignments"])


def paths(rest: Rest) -> set[str]:
    """Of the role assignments that the project has."""
    found = set()
    for one in _assignments(rest):
        who = f"users/{one['user']['id']}" if "user" in one else f"groups/{one['group']['id']}"
        path = f"/projects/{rest.project}/{who}/roles/{one['role']['id']}"
        if "OS-INHERIT:inherited_to" in one["scope"]:
            path = f"/OS-INHERIT{path}/inherited_to_projects"
        found.add(path)
    return found


def remove(rest: Rest, usual: set[str]) -> None:
    """Those who are drawn, and all role assignments but ``usual``."""
    for kind in ("user", "user_group"):
        api = APIS[kind]
        for one in rest.ask(api, "GET", api.path)[api.plural]:
            if one["name"].startswith(MARK):
                rest.delete(kind, one["id"])
    for path in sorted(paths(rest) - usual):
        rest.ask(API, "DELETE", path)
