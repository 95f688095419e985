"""A plan that a person may have edited, made whole again: the edits judged, the consequences drawn, the order
derived.

Decides whether the steps fit the backup and the target. Whether the target is still as it was when the plan
was made is looked at by the restore, just before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from hoarfrost.cloud import Cloud
from hoarfrost.errors import MappingError, PlanError
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Backup, Plan, Resource, Step
from hoarfrost.plan.mapping import pick
from hoarfrost.plan.needs import NEEDS, lost_bytes, missing
from hoarfrost.plan.order import in_order, ordered
from hoarfrost.plan.there import There


def fit(plan: Plan, backup: Backup, cloud: Cloud, kinds: Mapping[str, Kind]) -> Plan:
    """The same plan, its steps complete and in order. An unedited plan comes back as it was made.

    Raises PlanError for an edit that cannot be meant.
    """
    graph, there = backup.graph(), There(cloud, kinds)
    given = _by_address(plan, backup)
    steps: dict[str, Step] = {}
    for resource in in_order(graph, kinds):
        step = given.get(resource.address) or Step(
            address=resource.address, name=resource.name, action="skip", reason="taken out of the plan"
        )
        steps[step.address] = _fitted(step, resource, steps, kinds, there, backup)
    return replace(plan, steps=ordered(steps.values(), graph, kinds))


def _by_address(plan: Plan, backup: Backup) -> dict[str, Step]:
    known = backup.graph()
    given: dict[str, Step] = {}
    for step in plan.steps:
        if step.action == "update":
            continue
        if step.address not in known:
            raise PlanError(
                f"the plan has a step for {step.address}, which is not in the backup {plan.backup}"
            )
        if step.address in given:
            raise PlanError(f"the plan has two steps for {step.address}", hint="Take one of them out.")
        given[step.address] = step
    return given


def _fitted(
    step: Step,
    resource: Resource,
    before: Mapping[str, Step],
    kinds: Mapping[str, Kind],
    there: There,
    backup: Backup,
) -> Step:
    if step.action == "impossible" and step.reason.startswith(NEEDS):
        step = replace(step, action="create", reason="nothing there is recognised as it")
    if step.action in ("skip", "impossible"):
        return replace(step, target="")
    kind = kinds.get(step.kind)
    if kind is None:
        raise PlanError(f"this version does not know the kind of {step.address}", hint="Skip that step.")
    if step.action in ("map", "reuse"):
        return _with_target(step, kind, there)
    never = kind.mapped or kind.only_recorded(resource.body) or not resource.owned or resource.made_by
    if never and not kind.by_value(resource.body):
        raise PlanError(
            f"{step.address} ({step.name}) is never created",
            hint="Set its action to map and give a target, or skip it.",
        )
    if step.name != resource.name and kind.title(resource.body | {"name": step.name}) != step.name:
        raise PlanError(f"a {step.kind} cannot be given another name ({step.address})")
    if kind.mover and resource.address in lost_bytes(backup):
        raise PlanError(
            f"{step.address} ({step.name}) cannot be created: its bytes are not in the backup",
            hint="Set its action to map and give a target, or skip it.",
        )
    if reason := missing(resource, before, backup.graph()):
        return replace(step, action="impossible", reason=reason, target="")
    return replace(step, target="")


def _with_target(step: Step, kind: Kind, there: There) -> Step:
    if not step.target:
        raise PlanError(
            f"{step.address} has the action {step.action} but no target", hint="Give its id or name."
        )
    if any(kind.id(body) == step.target for body in there.visible(kind.name)):
        return step
    named = any(kind.title(body) == step.target for body in there.visible(kind.name))
    if (kind.credential or kind.beyond) and not named:
        return step  # a member sees no other project or user than his, and no list has all of them
    try:
        return replace(step, target=kind.id(pick(kind, step.target, there.visible(kind.name))))
    except MappingError as error:
        raise PlanError(f"{step.address}: {error.sentence}", hint=error.hint) from error
