"""What is on the target when a restore begins, and which of it stands for a resource of the backup.

Decides whether the plan still fits, and recognises what an earlier run made without being able to write down
its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, NotFound, PlanError
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.model import Backup, Body, Plan, Resource, Step


class Present:
    """The project as it was when the restore began: one listing for each kind that the plan creates."""

    def __init__(self, plan: Plan, cloud: Cloud, kinds: Mapping[str, Kind]) -> None:
        self._plan, self._cloud, self._kinds = plan, cloud, kinds
        self._bodies: dict[str, dict[str, Body]] = {}

    def check(self, backup: Backup) -> None:
        """Raises PlanError where the plan does not fit the backup, the project, or what is there."""
        if self._plan.project_id != self._cloud.project_id:
            raise PlanError(
                f"the plan was made for the project {self._plan.project_name or self._plan.project_id},"
                f" these credentials are for {self._cloud.project_name}",
                hint="Use the credentials with which the plan was made, or make a new plan.",
            )
        known = backup.graph()
        for step in self._plan.steps:
            if step.address not in known:
                raise PlanError(f"the plan has a step for {step.address}, which is not in the backup")
            if step.target and step.action in ("reuse", "map") and not self.has(step.kind, step.target):
                raise PlanError(
                    f"{step.kind} {step.target}, which the plan takes for {step.name!r},"
                    " is not there any more"
                )

    def has(self, kind: str, id: str) -> bool:
        one = self._kinds[kind]
        if one.credential and one.mapped:  # a member sees no other project or user than his
            return True
        if id in self._listed(kind):
            return True
        if one.mapped and not one.administered:
            return False
        try:
            one.show(self._cloud, id)
        except NotFound:
            return False
        except Forbidden:
            return one.administered
        return True

    def load(self, steps: Iterable[Step]) -> None:
        """Look now, before anything is made, at every kind that the steps create."""
        for kind in {step.kind: None for step in steps if step.action == "create"}:
            self._listed(kind)

    def find(self, resource: Resource, resolve: Resolve, used: Iterable[str]) -> str:
        """The id of what came after the plan was made and is like ``resource``, "" if nothing is."""
        kind = self._kinds[resource.kind]
        like = kind.likeness(resource.body, resolve)
        if like is None:
            return ""
        old = {*self._plan.existing.get(resource.kind, ()), *used}
        for id, body in self._listed(resource.kind).items():
            if id not in old and not kind.made_by(body) and kind.likeness(body) == like:
                return id
        namesake = kind.namesake(self._cloud, resource.body, resolve) if kind.beyond else None
        return kind.id(namesake) if namesake and kind.id(namesake) not in old else ""

    def _listed(self, kind: str) -> dict[str, Body]:
        if kind not in self._bodies:
            one = self._kinds[kind]
            self._bodies[kind] = {one.id(body): body for body in self._enumerated(one)}
        return self._bodies[kind]

    def _enumerated(self, kind: Kind) -> Iterable[Body]:
        if not self._cloud.has(kind.service):
            return []
        try:
            return list(kind.enumerate(self._cloud))
        except Forbidden:
            if kind.administered:
                return []
            raise
