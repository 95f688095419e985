"""Where a field stands in a body, and what becomes of it: the words in which a kind is declared.

A *path* is ``name``, ``name.name`` or ``name[].name``: ``[]`` means each item of a list.
``routes[].nexthop``, ``external_gateway_info.network_id``, ``security_groups[]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hoarfrost.kinds.kind import Kind

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


def without(body: dict[str, Any], path: str) -> None:
    """Take the values at ``path`` out in place, and leave what holds them."""
    head, _, leaf = path.rpartition(".")
    if not head:
        body.pop(leaf, None)
        return
    change(body, head, lambda holder: _less(holder, leaf))


def _less(holder: Any, leaf: str) -> Any:
    if not isinstance(holder, dict):
        return holder
    return {key: value for key, value in holder.items() if key != leaf}


def is_empty(value: Any) -> bool:
    """None, "", [] or {}: what an API takes for "not said". (False and 0 are said.)"""
    return value is None or (isinstance(value, str | list | dict) and not value)


class Field:
    """One or more fields of a body that are treated alike.

    ``why`` is what documentation and reports say. ``default``: what the API assumes anyway, so it is not
    sent. ``extension``: the Neutron extension that brings the field; where the target lacks it, it is not
    sent.
    """

    def __init__(self, *paths: str, why: str = "", default: Any = None, extension: str = "") -> None:
        self.paths = paths
        self.why, self.default, self.extension = why, default, extension

    def tops(self) -> Iterator[str]:
        """The names at the top of the body, as the field census counts them."""
        for path in self.paths:
            yield top(path)

    def says(self, value: Any) -> bool:
        """Whether ``value`` is worth sending."""
        return not is_empty(value) and (self.default is None or value != self.default)


def top(path: str) -> str:
    """The name at the top of the body."""
    return path.partition(".")[0].removesuffix("[]")


class Keep(Field):
    """Sent when the resource is created, and compared afterwards. ``null``: None and empty values are too, as two.

    The path ``*`` stands for every field that no other declaration names (the free properties of an image).
    """

    def __init__(
        self, *paths: str, null: bool = False, why: str = "", default: Any = None, extension: str = ""
    ) -> None:
        super().__init__(*paths, why=why, default=default, extension=extension)
        self.null = null

    def says(self, value: Any) -> bool:
        return self.null or super().says(value)


class Tags(Keep):
    """Kept, but set by a call of its own, since the create call does not take it (Neutron)."""


class Late(Field):
    """Kept, but set by an update once ``after`` exists; created with ``at_first`` (or not sent).

    ``after``/``before``: kinds (``before``: one) whose creation must come before/after that update. Without a
    path it only orders.
    """

    def __init__(
        self,
        *paths: str,
        after: str | tuple[str, ...] = (),
        before: str = "",
        at_first: Any = None,
        why: str = "",
        extension: str = "",
    ) -> None:
        super().__init__(*paths, why=why, extension=extension)
        self.after = (after,) if isinstance(after, str) else after
        self.before, self.at_first = before, at_first


class Turn(Field):
    """When it is made, where no reference says it: after all of ``after``, before any of ``before``. Has no path."""

    def __init__(self, *, after: tuple[str, ...] = (), before: tuple[str, ...] = (), why: str = "") -> None:
        super().__init__(why=why)
        self.after, self.before = after, before


class Ref(Field):
    """The id of another resource, of the kind ``to``.

    ``optional``: without it the resource is still worth making. ``note``: recorded as an edge of the graph,
    not sent (who made it, for instance). ``late``: set by the later update. ``null``: an empty list is sent
    too. ``lineage``: its bytes descend from that one's, so that they are stored as a difference from them.
    """

    def __init__(
        self,
        *paths: str,
        to: str,
        optional: bool = False,
        note: bool = False,
        late: bool = False,
        null: bool = False,
        lineage: bool = False,
        why: str = "",
        extension: str = "",
    ) -> None:
        super().__init__(*paths, why=why, extension=extension)
        self.to, self.optional, self.note, self.late, self.null = to, optional, note, late, null
        self.lineage = lineage

    def says(self, value: Any) -> bool:
        return self.null or super().says(value)

    def kinds(self) -> tuple[str, ...]:
        """What it may lead to."""
        return (self.to,)

    def named(self, value: Any) -> tuple[str, str] | None:
        """(kind, id) of what ``value`` names, None if it names nothing."""
        return (self.to, str(value)) if value != "" else None

    def renamed(self, value: Any, id: str) -> Any:
        """``value`` with ``id`` in it instead."""
        return id

    def plain(self, value: Any) -> Any:
        """``value`` without what differs between two clouds on which the same id would name the same thing."""
        return value


class Href(Ref):
    """As `Ref`, where the API names the other one by its web address, which ends with collection and id.

    ``to``: collection -> kind (``{"secrets": "secret"}``). ``service``: whose address it is; on the target
    the address is that of the service there. Something else than such an address names nothing and stays.
    """

    def __init__(
        self,
        *paths: str,
        to: Mapping[str, str],
        service: str,
        version: str,
        optional: bool = False,
        why: str = "",
    ) -> None:
        super().__init__(*paths, to=next(iter(to.values())), optional=optional, why=why)
        self.collections, self.service, self.version = to, service, version

    def kinds(self) -> tuple[str, ...]:
        return tuple(self.collections.values())

    def named(self, value: Any) -> tuple[str, str] | None:
        collection, id = self._ends(value)
        return (self.collections[collection], id) if id else None

    def renamed(self, value: Any, id: str) -> Any:
        return f"{str(value).rstrip('/').rpartition('/')[0]}/{id}"

    def plain(self, value: Any) -> Any:
        collection, id = self._ends(value)
        return f"{collection}/{id}" if id else value

    def at(self, endpoint: str, value: Any) -> Any:
        """The address of the same collection and id at ``endpoint``."""
        root = endpoint.rstrip("/").removesuffix(self.version)
        return f"{root}{self.version}/{self.plain(value)}" if self._ends(value)[1] else value

    def _ends(self, value: Any) -> tuple[str, str]:
        """(collection, id), or two empty words."""
        *before, collection, id = ["", "", *str(value).rstrip("/").split("/")]
        return (collection, id) if any(before) and collection in self.collections else ("", "")


class Parent(Ref):
    """The resource that this one is a part of, and through which its path leads: ``/pools/{parent}/members``.

    The body gets its id as ``+parent``. ``parts``: the list in the body of the whole that says whether it has
    any; a whole where it is empty is not asked.
    """

    def __init__(self, kind: type[Kind], *, parts: str = "", why: str = "") -> None:
        super().__init__("+parent", to=kind.name, why=why)
        self.kind, self.parts = kind(), parts

    def has_parts(self, whole: dict[str, Any]) -> bool:
        return not self.parts or bool(whole.get(self.parts))


class Note(Field):
    """Recorded in the backup, never sent, not compared: the cloud makes it anew."""


class Asked(Field):
    """Kept where one of ``roles`` may set it; otherwise the plan says beforehand that it is lost."""

    def __init__(
        self,
        *paths: str,
        roles: tuple[str, ...] = ("admin",),
        why: str = "",
        default: Any = None,
        extension: str = "",
    ) -> None:
        super().__init__(*paths, why=why, default=default, extension=extension)
        self.roles = roles


class AskedRef(Ref, Asked):
    """A reference that only ``roles`` may set, and without which the resource is still worth making."""

    def __init__(
        self, *paths: str, to: str, roles: tuple[str, ...] = ("admin",), why: str = "", extension: str = ""
    ) -> None:
        super().__init__(*paths, to=to, optional=True, why=why, extension=extension)
        self.roles = roles


class Secret(Keep):
    """Kept like Keep; its value is never shown."""


class Data(Field):
    """Describes the bytes (size, checksum); follows from them."""


class Drop(Field):
    """Not kept; ``why`` is mandatory."""

    def __init__(self, *paths: str, why: str) -> None:
        super().__init__(*paths, why=why)
