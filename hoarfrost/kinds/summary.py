"""A kind in words, for `hoarfrost kinds` and the reference page: all of it follows from the declaration."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import NamedTuple

from hoarfrost.kinds.field import Asked, Field, Late, Ref
from hoarfrost.kinds.kind import Kind


class Summary(NamedTuple):
    """``read``/``make``: who may, by OpenStack's policies as they come; ``requests``: what a listing costs."""

    kind: str
    service: str
    path: str
    part_of: str
    recognised_by: str
    restore: str
    read: str
    make: str
    requests: str
    about: str


class Row(NamedTuple):
    """One field, or more precisely one path."""

    field: str
    treatment: str
    why: str
    to: tuple[str, ...]


def summary(kind: Kind) -> Summary:
    history = "made anew where its bytes are in the backup" if keeps_bytes(kind) else "recorded only"
    made = "by whoever may change the project" if not kind.makes else f"by {' or '.join(kind.makes)}"
    return Summary(
        kind=kind.name,
        service=kind.service,
        path=kind.path,
        part_of=kind.under.to if kind.under else "",
        recognised_by=kind.recognised_by(),
        restore="mapped" if kind.mapped else history if kind.recorded else "made anew",
        read=" or ".join(kind.reads) or "any role",
        make="" if kind.mapped or (kind.recorded and not keeps_bytes(kind)) else made.removeprefix("by "),
        requests=requests(kind),
        about=cleandoc(type(kind).__doc__ or ""),
    )


def keeps_bytes(kind: Kind) -> bool:
    """Whether it is history whose bytes can be read, on request."""
    return type(kind).past is not Kind.past


def requests(kind: Kind) -> str:
    """What listing all of a project's costs."""
    if not kind.owned:
        return "1 for each that is referred to"
    first = "those of the whole, 1 for each whole that has some" if kind.under else "1 a page"
    return first + (f", {kind.further} for each" if kind.further else "")


def fields(kind: Kind) -> list[Row]:
    """In the order of the declaration."""
    return [
        Row(path, treatment(one), " ".join(_reasons(one)), one.kinds() if isinstance(one, Ref) else ())
        for one in kind.fields
        for path in one.paths
    ]


def treatment(one: Field) -> str:
    """The word of the declaration: keep, late, ref, note, asked, secret, data, drop, tags."""
    return type(one).__name__.lower()


def _reasons(one: Field) -> Iterator[str]:
    if isinstance(one, Ref):
        how = ["to " + " or ".join(one.kinds())]
        how += [word for word in ("late", "optional", "note") if getattr(one, word)]
        yield ", ".join(how) + (":" if one.why else "")
    if isinstance(one, Asked):
        yield f"set by {' or '.join(one.roles)}" + (":" if one.why else "")
    if isinstance(one, Late) and one.after:
        yield f"after {' and '.join(one.after)}" + (":" if one.why else "")
    if one.why:
        yield one.why
    if one.extension:
        yield f"(extension {one.extension})"
