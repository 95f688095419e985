"""The plan of a restore: what is done about every resource of a backup on one target, and why.

Decides the action of each step. The order is `order`'s affair, what takes the place of foreign things
`suggest`'s and the user's (`mapping`), whether the target is large enough `quota`'s. Nothing is changed
anywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec.structs import replace

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Data
from hoarfrost.kinds.given import given
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.quota import Quotas
from hoarfrost.kinds.role import holds, only_reads
from hoarfrost.kinds.stand_in import Ask
from hoarfrost.model import Action, Backup, Body, Finding, Plan, Resource, Step
from hoarfrost.plan.mapping import Entry, Mappings, pick
from hoarfrost.plan.needs import losses, lost_bytes, missing
from hoarfrost.plan.order import brought, in_order, ordered
from hoarfrost.plan.quota import shortages
from hoarfrost.plan.recognise import other_data, recognised, still_there
from hoarfrost.plan.suggest import Suggestion, suggest
from hoarfrost.plan.there import There

Existing = Literal["reuse", "fail"]
Earlier = Mapping[str, Collection[str]]
"""Address in a backup -> ids on the target."""
Verdict = tuple[Action, str, str]
"""(action, reason, target)"""


def plan(
    backup: Backup,
    backup_id: str,
    cloud: Cloud,
    kinds: Mapping[str, Kind],
    mappings: Mappings | None = None,
    *,
    existing: str = "reuse",
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    earlier: Earlier | None = None,
) -> Plan:
    """What a restore of ``backup`` into the project of ``cloud`` would do.

    ``existing``: whether a thing that is there already and is recognised is taken ("reuse") or stands in the
    way ("fail"). ``only``/``exclude``: patterns of kind, ``kind/name`` or ``kind/id``; what the chosen need
    is chosen too. ``earlier``: what restores are remembered to have made here. Raises MappingError.
    """
    mappings = mappings or Mappings()
    mappings.check(backup.resources, kinds)
    planner = _Planner(backup, cloud, kinds, mappings, existing == "fail", earlier or {})
    planner.choose(tuple(only), tuple(exclude))
    for resource in in_order(backup.resources, kinds):
        planner.decide(resource)
    planner.let_go()
    planner.spare()
    planner.merge()
    planner.look_at_references()
    planner.look_at_all()
    steps = ordered(planner.steps.values(), planner.graph, kinds)
    findings = [
        *planner.findings,
        *planner.there.findings,
        *shortages(steps, planner.graph, planner.there, kinds, Quotas(cloud)),
    ]
    return Plan(
        id=secrets.token_hex(6),
        backup=backup_id,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        auth_url=cloud.auth_url,
        project_id=cloud.project_id,
        project_name=cloud.project_name,
        steps=steps,
        existing=planner.there.existing({step.kind for step in steps if step.action == "create"}),
        findings=tuple(findings),
    )


class _Planner:
    """Goes through the resources in an order in which what one refers to has been decided before."""

    def __init__(
        self,
        backup: Backup,
        cloud: Cloud,
        kinds: Mapping[str, Kind],
        mappings: Mappings,
        fail: bool,
        earlier: Earlier,
    ) -> None:
        self.graph = backup.graph()
        self.there = There(cloud, kinds)
        self.steps: dict[str, Step] = {}
        self.findings: list[Finding] = []
        self._cloud, self._kinds, self._mappings, self._fail = cloud, kinds, mappings, fail
        self._earlier, self._lost_bytes = earlier, lost_bytes(backup)
        self._along = brought(self.graph, kinds)
        self._given = given(kinds, backup, cloud)
        self._same_cloud = backup.cloud.is_same(cloud.auth_url, cloud.keystone)
        self._used: set[tuple[str, str]] = set()
        self._left_out: set[str] = set()

    def choose(self, only: tuple[str, ...], exclude: tuple[str, ...]) -> None:
        """Leave out what is not chosen; whatever a chosen one refers to is chosen with it."""
        if only:
            chosen, ahead = set[str](), [one for one in self.graph if one.matches(only)]
            while ahead:
                resource = ahead.pop()
                if resource.address not in chosen:
                    chosen.add(resource.address)
                    found = (self.graph.get(one.address) for one in resource.references)
                    ahead += [one for one in found if one is not None]
            self._left_out = {one.address for one in self.graph if one.address not in chosen}
        self._left_out |= {one.address for one in self.graph if one.matches(exclude)}

    def decide(self, resource: Resource) -> None:
        action, reason, target = self._verdict(resource)
        kind = self._kinds.get(resource.kind)
        if action == "map" and (name := self.there.name(resource.kind, target)) not in ("", resource.name):
            reason = f"{reason} ({name})"
        self.steps[resource.address] = Step(
            address=resource.address, name=resource.name, action=action, reason=reason, target=target
        )
        if target:
            self._used.add((resource.kind, target))
        if action == "create" and kind:
            self.findings += _told(resource, kind, kind.lost(resource.body, self._cloud))
            self.findings += _not_for(resource, kind, self._cloud.roles)
            self.findings += _needs_secret(resource, kind)

    def let_go(self) -> None:
        """Once all is decided: what is there and like ours, but held by something that stands for nothing of ours
        (a volume of another server), is not taken."""
        for address, step in list(self.steps.items()):
            if step.action != "reuse":
                continue
            kind, resource = self._kinds[step.kind], self.graph[address]
            bodies = [one for one in self.there.own(step.kind) if kind.id(one) == step.target]
            holders = [one for body in bodies for one in kind.held_by(body)]
            if others := [one for one in holders if one not in self._used]:
                told = f"the one that is like it belongs to {others[0][0]} {others[0][1]} there"
                action, reason, target = self._anew(resource, kind, told)
                self.steps[address] = replace(step, action=action, reason=reason, target=target)
                self._used.discard((step.kind, step.target))
                self.findings = [one for one in self.findings if one.address != address]

    def spare(self) -> None:
        """Once all is decided: what is made only for something that is there already need not be made."""
        for address, step in list(self.steps.items()):
            if step.action == "create":
                user = self.steps.get(self._kinds[step.kind].made_for(self.graph[address].body))
                if user and user.action in ("reuse", "map"):
                    reason = f"{user.kind} {user.name}, for which it would be made, is there already"
                    self.steps[address] = replace(step, action="skip", reason=reason)
                    self.findings = [one for one in self.findings if one.address != address]

    def merge(self) -> None:
        """Once all is decided: of those that the cloud would take for one, one is made, if none is there."""
        alike: dict[tuple[str, str], str] = {}
        steps = [one for one in self.steps.values() if self._twinless(one)]
        for step in sorted(steps, key=lambda one: one.action == "create"):
            like = str(self._kinds[step.kind].likeness(self.graph[step.address].body))
            first = alike.setdefault((step.kind, like), step.address)
            if first != step.address and step.action == "create":
                told = first.replace("/", " ").replace("_", " ")
                reason = f"the cloud takes it for the same as {told}, which says the same"
                self.steps[step.address] = replace(step, action="skip", reason=reason)
                self.findings = [one for one in self.findings if one.address != step.address]

    def _twinless(self, step: Step) -> bool:
        return step.action in ("create", "reuse", "map") and self._kinds[step.kind].twinless

    def look_at_references(self) -> None:
        """Once all is decided: late references lead to what is decided later."""
        beyond = {one.address for one in self.findings if one.code == "needs-role"}
        for step in self.steps.values():
            if step.action == "create":
                kind, resource = self._kinds[step.kind], self.graph[step.address]
                self.findings += losses(resource, kind, self.steps, self.graph, self._along, beyond)
                self.findings += _told(resource, kind, kind.withheld(resource.body, self.chosen, self._cloud))

    def look_at_all(self) -> None:
        """List every kind that a run may make, decided about or not: what the plan does not name as existing would
        be taken for a restore's own work."""
        made = {step.kind for step in self.steps.values() if step.action == "create"}
        for name in {one.kind for one in self.graph if one.owned and one.kind in self._kinds} | made:
            if not self._kinds[name].mapped or name in made:
                self.there.own(name)

    def resolve(self, kind: str, id: str) -> str | None:
        """The target of what has one already; what will be created has none yet."""
        step = self.steps.get(f"{kind}/{id}")
        return (step.target if step else "") or self._given.get(f"{kind}/{id}")

    def chosen(self, kind: str, id: str) -> Body | None:
        """What takes the place of a thing of the backup, as far as it is decided; what is made anew will be the
        project's."""
        step = self.steps.get(f"{kind}/{id}")
        if step is None or step.action != "create":
            return self.there.chosen(self.steps)(kind, id)
        return self.graph[step.address].body | {"project_id": self._cloud.project_id}

    def _verdict(self, resource: Resource) -> Verdict:
        kind = self._kinds.get(resource.kind)
        if kind is None:
            return "impossible", "this version does not know the kind", ""
        if resource.made_by:
            if along := self._along.get(resource.address):
                return "skip", f"comes with {self.graph[along].kind} {self.graph[along].name}".rstrip(), ""
            return "skip", f"made by {resource.made_by}, not by the user", ""
        if resource.address in self._left_out:
            return "skip", "left out by choice", ""
        if recorded := kind.only_recorded(resource.body):
            return "skip", recorded, ""
        if entry := self._mappings.find(resource):
            return self._as_told(kind, entry)
        if not self._cloud.has(kind.service):
            return "impossible", f"the target has no {kind.service} service", ""
        if kind.administered and (verdict := self._of_administrators(resource, kind)):
            return verdict
        if kind.mapped or not resource.owned:
            return self._mapped(resource, kind)
        if reason := missing(resource, self.steps, self.graph):
            return "impossible", reason, ""
        return self._made(resource, kind)

    def _as_told(self, kind: Kind, entry: Entry) -> Verdict:
        if not entry.target:
            return "skip", "left out by the mapping", ""
        offers = self.there.visible(kind.name)
        known = any(entry.target in (kind.id(one), kind.title(one)) for one in offers)
        if (kind.credential or kind.beyond) and not known:  # a member sees no other project or user than his
            return "map", "as the mapping says", entry.target
        return "map", "as the mapping says", kind.id(pick(kind, entry.target, offers))

    def _mapped(self, resource: Resource, kind: Kind) -> Verdict:
        if target := self._given.get(resource.address):
            return "map", "the one of the credentials", target
        offers = self.there.visible(kind.name)
        unseen = bool(kind.credential) and not kind.beyond
        if self._same_cloud and (unseen or resource.id in map(kind.id, offers)):
            return "map", "the same one: it is the same cloud", resource.id
        if found := self._stand_in(resource, kind):
            return "map", found.reason, found.target
        if kind.by_value(resource.body) and holds(self._cloud.roles, kind.makes):
            return "create", "nothing like it on the target: it is made as it was", ""
        if self._can_do_without(resource):
            return "skip", "nothing like it on the target: the cloud chooses", ""
        return "impossible", "nothing like it on the target: map it to something", ""

    def _of_administrators(self, resource: Resource, kind: Kind) -> Verdict | None:
        """What needs no making, or is not for these roles to make; None of what is left."""
        if kind.beyond:
            if target := self._given.get(resource.address):
                return "map", "the one of the credentials", target
            if self._same_cloud and still_there(kind, self._cloud, resource.id):
                return "map", "the same one: it is the same cloud", resource.id
            if body := kind.namesake(self._cloud, resource.body, self.resolve):
                return "map", f"there already: the same {kind.recognised_by()}", kind.id(body)
        if not holds(self._cloud.roles, kind.makes):
            return "skip", f"only {' or '.join(kind.makes)} may make one", ""
        whole = self.steps.get(f"{kind.under.to}/{resource.id.partition('/')[0]}") if kind.under else None
        if whole and whole.action == "map":
            return "skip", f"the {whole.kind.replace('_', ' ')} is there already and stays as it is", ""
        return None

    def _stand_in(self, resource: Resource, kind: Kind) -> Suggestion | None:
        offers = self.there.visible(kind.name)
        return suggest(Ask(resource, kind, offers, self.graph, self.there.visible, self._cloud, self.resolve))

    def _can_do_without(self, resource: Resource) -> bool:
        users = [ref for one in self.graph for ref in one.references if ref.address == resource.address]
        return all(one.optional or one.late for one in users)

    def _made(self, resource: Resource, kind: Kind) -> Verdict:
        earlier = self._earlier.get(resource.address, ())
        found = recognised(resource, kind, self._free(kind), self.resolve, self.graph, earlier)
        if found is not None:
            return self._found(resource, kind, *found)
        clash = kind.clash(resource.body, self.resolve, self.there.visible)
        if reason := clash or kind.barred(resource.body, self.chosen):
            return "impossible", reason, ""
        return self._anew(resource, kind, "nothing there is recognised as it")

    def _anew(self, resource: Resource, kind: Kind, reason: str) -> Verdict:
        if kind.mover and resource.address in self._lost_bytes:
            return "impossible", "its bytes are not in the backup", ""
        if not holds(self._cloud.roles, kind.makes) and (found := self._stand_in(resource, kind)):
            return "map", f"{found.reason}; only {' or '.join(kind.makes)} may make one", found.target
        return "create", reason, ""

    def _free(self, kind: Kind) -> Iterator[dict[str, Any]]:
        for body in self.there.own(kind.name):
            if (kind.name, kind.id(body)) not in self._used and not kind.made_by(body):
                yield body

    def _found(self, resource: Resource, kind: Kind, body: dict[str, Any], by: str) -> Verdict:
        if kind.mover and other_data(kind, resource.body, body):
            sentence = "{} is there already with other content; it is left as it is."
            hint = "To restore it beside, give it another name in the plan and let it be created."
            self.findings.append(kind.note(resource.body, "warning", "other-content", sentence, hint))
        elif kind.mover and not any(isinstance(one, Data) for one in kind.fields):
            sentence = (
                "{} is there already and is taken as it is: its content is not compared with the backup."
            )
            hint = "To restore it beside, give it another name in the plan and let it be created."
            self.findings.append(kind.note(resource.body, "warning", "content-unknown", sentence, hint))
        if kind.standing(body):
            return "reuse", "every project has one; it is brought to the state of this one", kind.id(body)
        if self._fail:
            return "impossible", f"is there already ({kind.id(body)}): {by}", ""
        return "reuse", f"is there already: {by}", kind.id(body)


def _told(resource: Resource, kind: Kind, lost: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """What will not come back on this cloud with these roles."""
    for path, why in lost:
        yield kind.note(
            resource.body, "info", "not-restored", f"{path} of {{}} may not come back as it was: {why}."
        )


def _not_for(resource: Resource, kind: Kind, roles: tuple[str, ...]) -> Iterator[Finding]:
    """It is tried all the same: the policies of this cloud may be kinder."""
    if only_reads(roles) or not holds(roles, kind.makes):
        needed = " or ".join(kind.makes) or "that of a member"
        sentence = f"{{}} needs the role {needed}, by OpenStack's policies as they come."
        yield kind.note(resource.body, "warning", "needs-role", sentence, "Restore with that role.")


def _needs_secret(resource: Resource, kind: Kind) -> Iterator[Finding]:
    """It is asked for when the plan is applied: a plan holds none."""
    if kind.given_by:
        hint = f"Apply the plan with {kind.given_by}."
        yield kind.note(resource.body, "warning", "needs-secret", "{} is made with a secret only.", hint)
