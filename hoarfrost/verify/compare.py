"""What was restored against what was captured, field by field, through the declarations.

Decides what counts as different. What a field is, and that an id stands for another, is taken from the kinds and from
the restore; bytes are not compared here beyond what the API says of them (checksums, sizes).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from hoarfrost.kinds.field import (
    GONE,
    Asked,
    Data,
    Drop,
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
from hoarfrost.model import Backup, Body, Finding, Graph, Plan, Resource

SHOWN = 160
"""How much of a value is shown, in characters."""


def compare(
    backup: Backup, plan: Plan, ids: Mapping[str, str], there: Graph, kinds: Mapping[str, Kind]
) -> list[Finding]:
    """A finding for each difference; [] says that everything restored is as it was captured.

    ``ids``: address in the backup -> id on the target (`Outcome.ids`); ``there``: the target, captured anew.
    """
    given = {step.address: step.target for step in plan.steps if step.target} | dict(ids)
    names = {step.address: step.name for step in plan.steps}

    def resolve(kind: str, id: str) -> str | None:
        return given.get(f"{kind}/{id}")

    findings: list[Finding] = []
    for resource in backup.resources:
        kind = kinds.get(resource.kind)
        if kind is None or kind.mapped or not resource.owned or resource.made_by:
            continue
        if resource.address not in ids:
            continue
        theirs = there.get(f"{resource.kind}/{ids[resource.address]}")
        if theirs is None:
            findings.append(_finding(resource, "error", "missing", "is not there"))
            continue
        ours = resource.body
        if names.get(resource.address, resource.name) != resource.name:
            ours = ours | {"name": names[resource.address]}
        findings += _differences(resource, kind, ours, theirs.body, resolve)
    return findings


def _differences(
    resource: Resource, kind: Kind, ours: Body, theirs: Body, resolve: Resolve
) -> Iterator[Finding]:
    ours = _translated(kind, kind.comparable(ours, resolve), resolve)
    theirs = _plain(kind, kind.comparable(theirs))
    for one in kind.fields:
        if isinstance(one, Asked | Data):
            severity = "info" if isinstance(one, Asked) else "warning"
            for path in one.paths:
                a, b = list(values(ours, path)), list(values(theirs, path))
                if not same(a, b) and ((a and b) or isinstance(one, Asked)):
                    yield _different(resource, severity, path, a, b)
    _prune(kind, ours)
    _prune(kind, theirs)
    secret = {name for one in kind.fields if isinstance(one, Secret) for name in one.tops()}
    for name in _compared(kind, ours, theirs):
        if not same(ours.get(name), theirs.get(name)):
            shown = (None, None) if name in secret else (ours.get(name), theirs.get(name))
            yield _different(resource, "warning", name, *shown)


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


def _compared(kind: Kind, ours: Body, theirs: Body) -> Iterator[str]:
    """The names at the top of the body that must be equal, each once."""
    seen: set[str] = set()
    named = {name for one in kind.fields for name in one.tops()}
    for one in kind.fields:
        if isinstance(one, Note | Data | Drop | Asked) or (isinstance(one, Ref) and one.note):
            continue
        free = sorted(name for name in {*ours, *theirs} - named if not name.startswith("+"))
        for path in one.paths:
            for name in free if path == "*" else [top(path)]:
                if name not in seen:
                    seen.add(name)
                    yield name


def same(a: Any, b: Any) -> bool:
    """Empty is empty, whether the API says null, "" or []; the order within a list means nothing."""
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


def _different(resource: Resource, severity: Any, path: str, a: Any, b: Any) -> Finding:
    told = f": {_shown(a)} became {_shown(b)}" if (a, b) != (None, None) else ""
    return _finding(resource, severity, "differs", f"{path} is not as it was{told}")


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
