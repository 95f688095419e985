"""What was restored against what was captured, field by field, through the declarations.

Decides what counts as different. What a field is, and that an id stands for another, is taken from the kinds and from
the restore; bytes are not compared here beyond what the API says of them (checksums, sizes).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

from hoarfrost.kinds.fate import restorable, tallied, without_lost
from hoarfrost.kinds.field import (
    GONE,
    Asked,
    Data,
    Drop,
    Keep,
    Note,
    Ref,
    Secret,
    change,
    is_empty,
    top,
    values,
    without,
)
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.role import Powers
from hoarfrost.kinds.treatment import Treatment, treatments
from hoarfrost.model import Backup, Body, Fate, Finding, Graph, Plan, Resource

SHOWN = 160
"""How much of a value is shown, in characters."""


GIVEN = "handed in, or a new one that is handed over"
"""What became of a secret that the API never gives."""


class Compared(NamedTuple):
    """A finding for each difference (none: everything restored is as it was captured), and what became of all."""

    findings: list[Finding]
    fates: tuple[Fate, ...]


class _Difference(NamedTuple):
    path: str
    severity: Literal["info", "warning"]
    ours: Any
    theirs: Any
    why: str = ""
    """What the plan says of it."""


def compare(
    backup: Backup,
    plan: Plan,
    ids: Mapping[str, str],
    there: Graph,
    kinds: Mapping[str, Kind],
    powers: Powers,
    unlocked: Container[str] = (),
) -> Compared:
    """``ids``: address in the backup -> id on the target (`Outcome.ids`); ``there``: the target, captured anew;
    ``powers``: those of the restore; ``unlocked``: what was given a secret.
    What the plan leaves out is not looked at."""
    given = {step.address: step.target for step in plan.steps if step.target} | dict(ids)
    steps = {step.address: step for step in plan.steps}

    def resolve(kind: str, id: str) -> str | None:
        return given.get(f"{kind}/{id}")

    def chosen(kind: str, id: str) -> Body | None:
        known = there.get(f"{kind}/{resolve(kind, id)}")
        return known.body if known else None

    findings: list[Finding] = []
    treated: list[tuple[Resource, Treatment]] = []
    for resource, kind in restorable(backup, kinds):
        step = steps.get(resource.address)
        if step is not None and (step.action == "skip" or (kind.beyond and step.action == "map")):
            continue
        theirs = there.get(f"{resource.kind}/{ids.get(resource.address)}")
        lost, whole = dict[str, str](), ""
        if theirs is None:
            whole = "it was not restored"
            if resource.address in ids:
                findings.append(_finding(resource, "error", "missing", "is not there"))
        else:
            renamed = {"name": step.name} if step and step.name != resource.name else {}
            withheld = dict(kind.withheld(resource.body, chosen, powers))
            said = dict(kind.lost(resource.body, powers)) | withheld
            found = [
                one._replace(why=said.get(one.path, ""))
                for one in _differences(kind, resource.body | renamed, theirs.body, resolve, powers, withheld)
            ]
            findings += [_told(resource, kind, one) for one in found]
            lost = {one.path: one.why or "it is not as it was" for one in found}
        words = list(treatments(kind, resource.body, powers))
        if resource.address in unlocked:
            words = [
                one._replace(word="regenerated", why=GIVEN) if one.path == kind.locks else one
                for one in words
            ]
        lost |= {one.path: lost[top(one.path)] for one in words if top(one.path) in lost}
        treated += [(resource, one) for one in without_lost(words, lost, whole)]
    return Compared(findings, tallied(treated))


def _differences(
    kind: Kind, ours: Body, theirs: Body, resolve: Resolve, powers: Powers, withheld: Iterable[str]
) -> Iterator[_Difference]:
    """What could be foreseen (a role that may not set a field, a choice left to the cloud) is only an info."""
    foreseen = {path for path, _ in kind.lost(ours, powers)} | set(_left_to_the_cloud(kind, ours, resolve))
    said = {path: (list(values(ours, path)), list(values(theirs, path))) for path in withheld}
    ours = _translated(kind, kind.comparable(ours, resolve), resolve)
    theirs = _plain(kind, kind.comparable(theirs))
    asked = [one for one in kind.fields if isinstance(one, Asked | Data)]
    for one in asked:
        for path in one.paths:
            a, b = list(values(ours, path)), list(values(theirs, path))
            if not same(a, b) and ((a and b) or isinstance(one, Asked)):
                yield _Difference(
                    path, "info" if isinstance(one, Asked) else "warning", _plural(a), _plural(b)
                )
    for path in sorted(said.keys() - {path for one in asked for path in one.paths}):
        a, b = said[path]
        if not same(a, b):
            yield _Difference(path, "info", _plural(a), _plural(b))
        without(ours, path)
        without(theirs, path)
    _prune(kind, ours)
    _prune(kind, theirs)
    for name, exactly in _compared(kind, ours, theirs):
        was, now = ours.get(name), theirs.get(name)
        if not same(was, now) or (exactly and (was is None) != (now is None)):
            severity: Literal["info", "warning"] = "info" if name in foreseen else "warning"
            yield _Difference(name, severity, was, now)


def _left_to_the_cloud(kind: Kind, body: Body, resolve: Resolve) -> Iterator[str]:
    """The paths of references that it can do without and that have no counterpart."""
    for ref, path in kind.refs():
        named = [one for one in map(ref.named, values(body, path)) if one]
        if ref.optional and named and not any(resolve(*one) for one in named):
            yield path


def _translated(kind: Kind, body: Body, resolve: Resolve) -> Body:
    """With the ids of the target instead of those of the source."""
    body = copy.deepcopy(body)
    for one in kind.fields:
        if isinstance(one, Ref) and not one.note:
            for path in one.paths:
                change(body, path, partial(_new, resolve, one))
    return body


def _new(resolve: Resolve, ref: Ref, value: Any) -> Any:
    named = ref.named(value)
    found = resolve(*named) if named else None
    if found is None:
        return GONE if named else value
    return ref.plain(ref.renamed(value, found))


def _plain(kind: Kind, body: Body) -> Body:
    """What is on the target, in the terms of `_translated`."""
    body = copy.deepcopy(body)
    for one in kind.fields:
        if isinstance(one, Ref) and not one.note:
            for path in one.paths:
                change(body, path, one.plain)
    return body


def _prune(kind: Kind, body: Body) -> None:
    """Take out what lies inside of a kept field and is not compared with it."""
    for one in kind.fields:
        if isinstance(one, Note | Data | Drop | Asked):
            for path in one.paths:
                if "." in path:
                    without(body, path)


def _compared(kind: Kind, ours: Body, theirs: Body) -> Iterator[tuple[str, bool]]:
    """The names at the top of the body that must be equal, each once; and whether nothing and empty are two there."""
    seen: set[str] = set()
    named = {name for one in kind.fields for name in one.tops()}
    for one in kind.fields:
        if isinstance(one, Note | Data | Drop | Asked) or (isinstance(one, Ref) and one.note):
            continue
        exactly = isinstance(one, Keep) and one.null
        free = sorted(name for name in {*ours, *theirs} - named if not name.startswith("+"))
        for path in one.paths:
            for name in free if path == "*" else [top(path)]:
                if name not in seen:
                    seen.add(name)
                    yield name, exactly


def same(a: Any, b: Any) -> bool:
    """Empty is empty, whether the API says null, "" or []; the order within a list means nothing.

    What a kind keeps with ``null`` tells none from empty: see `_compared`.
    """
    if is_empty(a) and is_empty(b):
        return True
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(a.get(key), b.get(key)) for key in {*a, *b})
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(
            same(x, y) for x, y in zip(sorted(a, key=_key), sorted(b, key=_key), strict=True)
        )
    return bool(a == b)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _told(resource: Resource, kind: Kind, one: _Difference) -> Finding:
    secret = {top(path) for field in kind.fields if isinstance(field, Secret) for path in field.paths}
    told = "" if top(one.path) in secret else f": {_shown(one.ours)} became {_shown(one.theirs)}"
    why = f"; {one.why}" if one.why else ""
    return _finding(resource, one.severity, "differs", f"{one.path} is not as it was{told}{why}")


def _plural(found: list[Any]) -> Any:
    """What lies at a path: the value itself where there is one, as there is at any path without a list on its way."""
    return found[0] if len(found) == 1 else found


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _finding(resource: Resource, severity: Any, code: str, what: str) -> Finding:
    return Finding(
        address=resource.address,
        severity=severity,
        code=code,
        sentence=f"{resource.kind} {resource.name or resource.id}: {what}",
    )
