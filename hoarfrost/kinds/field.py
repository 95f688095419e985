"""Where a field stands in a body, and what becomes of it: the words in which a kind is declared.

A *path* is ``name``, ``name.name`` or ``name[].name``: ``[]`` means each item of a list. ``routes[].nexthop``,
``external_gateway_info.network_id``, ``security_groups[]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

GONE = object()
"""What a change returns to have the value (or the list item that holds it) taken out."""


def values(body: Any, path: str) -> Iterator[Any]:
    """Every value at ``path`` that is there and not None."""
    head, _, rest = path.partition(".")
    name, each = head.removesuffix("[]"), head.endswith("[]")
    value = body.get(name) if isinstance(body, dict) else None
    if value is None:
        return
    for item in value if each else (value,):
        if rest:
            yield from values(item, rest)
        elif item is not None:
            yield item


def change(body: dict[str, Any], path: str, to: Callable[[Any], Any]) -> None:
    """Replace in place every value at ``path`` by ``to(value)``; GONE removes it, or its item of the list."""
    head, _, rest = path.partition(".")
    name, each = head.removesuffix("[]"), head.endswith("[]")
    value = body.get(name)
    if value is None:
        return
    if each:
        body[name] = [new for item in value if (new := _changed(item, rest, to)) is not GONE]
    else:
        new = _changed(value, rest, to)
        if new is GONE:
            del body[name]
        else:
            body[name] = new


def _changed(value: Any, rest: str, to: Callable[[Any], Any]) -> Any:
    if not rest:
        return to(value)
    if not isinstance(value, dict):
        return value
    copy = dict(value)
    change(copy, rest, to)
    leaf = rest.partition(".")[0].removesuffix("[]")
    return GONE if leaf in value and leaf not in copy else copy


class Field:
    """One or more fields of a body that are treated alike. ``why`` is what documentation and reports say."""

    def __init__(self, *paths: str, why: str = "") -> None:
        self.paths = paths
        self.why = why

    def tops(self) -> Iterator[str]:
        """The names at the top of the body, as the field census counts them."""
        for path in self.paths:
            yield path.partition(".")[0].removesuffix("[]")


class Keep(Field):
    """Sent when the resource is created, and compared afterwards. ``null``: None means something, so it is sent."""

    def __init__(self, *paths: str, null: bool = False, why: str = "") -> None:
        super().__init__(*paths, why=why)
        self.null = null


class Tags(Keep):
    """Kept, but set by a call of its own, since the create call does not take it (Neutron)."""


class Late(Field):
    """Kept, but set by an update once ``after`` exists; created with ``at_first`` (or not sent).

    ``after``/``before``: kinds whose creation must come before/after that update.
    """

    def __init__(
        self, *paths: str, after: str = "", before: str = "", at_first: Any = None, why: str = ""
    ) -> None:
        super().__init__(*paths, why=why)
        self.after, self.before, self.at_first = after, before, at_first


class Ref(Field):
    """The id of another resource. ``to``: its kind. ``optional``: without it the resource is still worth making.

    ``note``: recorded as an edge of the graph, not sent (lineage, for instance).
    """

    def __init__(
        self, *paths: str, to: str, optional: bool = False, note: bool = False, late: bool = False, why: str = ""
    ) -> None:
        super().__init__(*paths, why=why)
        self.to, self.optional, self.note, self.late = to, optional, note, late


class Note(Field):
    """Recorded in the backup, never sent, not compared: the cloud makes it anew."""


class Asked(Field):
    """Kept where the role may set it; otherwise the plan says beforehand that it will not come back."""


class Secret(Keep):
    """Kept like Keep; its value is never shown."""


class Data(Field):
    """Describes the bytes (size, checksum); follows from them."""


class Drop(Field):
    """Not kept; ``why`` is mandatory."""

    def __init__(self, *paths: str, why: str) -> None:
        super().__init__(*paths, why=why)
