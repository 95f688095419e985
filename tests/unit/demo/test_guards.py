"""What guards a project is let go of before it is removed, whatever was removed under it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from openstack.connection import Connection

from demo.tenant.guards import NO_POLICIES, loosen_firewalls


class Walls:
    """Firewall groups of one project, as the service keeps them: only a change of one looks at it again."""

    current_project_id = "mine"

    def __init__(self, *groups: SimpleNamespace) -> None:
        self.network, self.groups = self, groups
        self.asked = dict[str, dict[str, Any]]()

    def firewall_groups(self, project_id: str) -> list[SimpleNamespace]:
        return list(self.groups) if project_id == "mine" else []

    def update_firewall_group(self, group: SimpleNamespace, **body: Any) -> None:
        self.asked[group.name] = body
        vars(group).update(body, status="INACTIVE")


def group(name: str, status: str, *ports: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, status=status, ports=list(ports))


def test_a_firewall_group_at_work_on_nothing_loses_its_policies() -> None:
    walls = Walls(group("left", "ACTIVE"), group("edge", "ACTIVE", "leg"), group("idle", "INACTIVE"))
    loosen_firewalls(cast("Connection", walls))
    assert walls.asked == {name: {"ports": [], **NO_POLICIES} for name in ("left", "edge")}


def test_the_default_group_keeps_its_policies() -> None:
    walls = Walls(group("default", "ACTIVE", "guest"))
    loosen_firewalls(cast("Connection", walls))
    assert walls.asked == {"default": {"ports": []}}, "no member may change more of it"
    walls.groups[0].status = "ACTIVE"
    loosen_firewalls(cast("Connection", walls))
    assert walls.groups[0].status == "ACTIVE", "nobody waits for it"
