"""From a captured body to the body of a call, by the declarations: what the create call says, what the later
update says.

Decides what of a body is worth sending. Kinds add to it what a declaration cannot say.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from hoarfrost.errors import PlanError
from hoarfrost.kinds.field import (
    GONE,
    Asked,
    Data,
    Drop,
    Field,
    Late,
    Note,
    Ref,
    Tags,
    change,
    is_empty,
    top,
    values,
    without,
)
from hoarfrost.model import Body

if TYPE_CHECKING:
    from hoarfrost.kinds.kind import Kind, Resolve


def create_body(kind: Kind, body: Body, resolve: Resolve, may: Callable[[str], bool]) -> Body:
    """Raises PlanError if something that it cannot be made without has no counterpart."""
    wanted: Body = {}
    for one in kind.fields:
        for name in _sent(kind, one, body, may):
            if isinstance(one, Late):
                if one.at_first is not None:
                    wanted[name] = one.at_first
            elif one.says(body[name]):
                wanted.setdefault(name, copy.deepcopy(body[name]))
    _prune(kind, wanted, may)
    _rewrite(kind, wanted, resolve, strict=True)
    return wanted


def late_body(kind: Kind, body: Body, resolve: Resolve) -> Body:
    """{} if there is nothing to update."""
    wanted = {
        name: copy.deepcopy(body[name])
        for one in kind.fields
        if isinstance(one, Late) or (isinstance(one, Ref) and one.late and not one.note)
        for name in one.tops()
        if not is_empty(body.get(name)) and not (isinstance(one, Late) and body[name] == one.at_first)
    }
    _rewrite(kind, wanted, resolve)
    return wanted


def unnamed(kind: Kind, body: Body) -> list[str]:
    """The fields that no declaration names; what the kind itself added is not among them."""
    named = {name for one in kind.fields for name in one.tops()}
    return [name for name in body if name not in named and not name.startswith("+")]


def _sent(kind: Kind, one: Field, body: Body, may: Callable[[str], bool]) -> Iterator[str]:
    """The names at the top of ``body`` that the create call takes because of the declaration ``one``."""
    if isinstance(one, Note | Data | Drop | Tags) or (isinstance(one, Ref) and (one.note or one.late)):
        return
    for path in one.paths:
        if isinstance(one, Asked) and ("." in path or not may(path)):
            continue
        yield from unnamed(kind, body) if path == "*" else [name for name in [top(path)] if name in body]


def _prune(kind: Kind, wanted: Body, may: Callable[[str], bool]) -> None:
    """Take out what lies inside of a kept field and is not to be sent."""
    for one in kind.fields:
        if isinstance(one, Note | Data | Drop | Asked):
            for path in one.paths:
                if "." in path and not (isinstance(one, Asked) and may(path)):
                    without(wanted, path)


def _rewrite(kind: Kind, wanted: Body, resolve: Resolve, *, strict: bool = False) -> None:
    for ref, path in kind.refs():
        needed = strict and not (ref.optional or ref.note or ref.late)
        for value in set(values(wanted, path)) if needed else ():
            if (named := ref.named(value)) and resolve(*named) is None:
                raise PlanError(f"a {kind.name} needs the {' '.join(named)}, which is not on the target")
        change(wanted, path, replacing(resolve, ref))


def replacing(resolve: Resolve, ref: Ref) -> Callable[[Any], Any]:
    """The value that names the thing on the target for the one that names it on the source; GONE for none."""

    def replaced(value: Any) -> Any:
        named = ref.named(value)
        found = resolve(*named) if named else None
        return (GONE if named else value) if found is None else ref.renamed(value, found)

    return replaced
