"""Users and groups with roles in the project: for seeds that an administrator builds and brings back.

Names have the seed's number in them, as people are their domain's and not the project's (`MARK`).
"""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint, Id
from seeds.values import TEXTS

MARK = "seed-"
"""How the names of all who are drawn begin."""
ROLES = ("member", "reader")
EDGES: tuple[dict[str, Any], ...] = (
    {},
    {"email": "ada@orchard.example", "desk": {"floor": 3}},
    {"enabled": False},
    {"options": {"ignore_password_expiry": True}},
    {"options": {"lock_password": True, "ignore_lockout_failure_attempts": True}},
)


def draw(blueprint: Blueprint) -> None:
    """Each user has a role, or is in a group that has one, or both."""
    random = blueprint.random
    groups = [_named(blueprint, "user_group", f"group {number}") for number in range(random.randint(1, 2))]
    for group in groups:
        _granted(blueprint, "groups", group)
    for number in range(random.randint(2, 5)):
        told = random.choice(EDGES) | {"password": random.randbytes(9).hex()}
        user = _named(blueprint, "user", random.choice(("Łukasz", "ada", "o'neil")) + f" {number}", **told)
        joined = random.sample(groups, random.randint(0, len(groups)))
        for group in joined:
            blueprint.add("granted", {"path": ["groups", Id(group), "users", Id(user)]})
        if not joined or random.random() < 0.5:
            _granted(blueprint, "users", user)


def _named(blueprint: Blueprint, kind: str, name: str, **told: Any) -> str:
    about = {"name": f"{MARK}{blueprint.seed} {name}", "description": blueprint.random.choice(TEXTS)}
    return blueprint.add(kind, {**about, "domain_id": "default", **told})


def _granted(blueprint: Blueprint, collection: str, who: str) -> None:
    """Here, or in the projects below."""
    random = blueprint.random
    role = Id("offer", f"roles.{random.choice(ROLES)}")
    path = ["projects", Id("offer", "project"), collection, Id(who), "roles", role]
    if random.random() < 0.3:
        path = ["OS-INHERIT", *path, "inherited_to_projects"]
    blueprint.add("granted", {"path": path})
