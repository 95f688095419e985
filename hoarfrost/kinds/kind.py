"""What a resource type is made of. A new one is one small class; nothing else in the product changes.

A kind declares its fields (see `field`), where its API is, how a resource is recognised on another cloud,
and overrides a method only for what a declaration cannot say. From the declaration come enumeration,
references, the create and update calls, comparison, mapping and documentation. No stage asks which kind it
has before it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.errors import PlanError
from hoarfrost.kinds.field import (
    GONE,
    Asked,
    Data,
    Drop,
    Field,
    Href,
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
from hoarfrost.model import Body, Finding, Frozen, Reference, Resource

Resolve = Callable[[str, str], str | None]
"""(kind, id on the source cloud) -> id on the target cloud, or None where there is none."""


Severity = Literal["info", "warning", "error"]

Progress = Literal["asked", "frozen", "ready"]
"""Of a copy of one moment: not yet there; of that moment, but not to be read yet; to be read."""


class Kind:
    """Base of all kinds. The class docstring is the documentation of the resource type."""

    name: ClassVar[str]  # "router_interface": the class name in snake case
    service: ClassVar[str]  # service type of the catalog: "network", "compute", "block-storage", ...
    path: ClassVar[str]  # collection, relative to the service's endpoint: "/v2.0/routers"
    key: ClassVar[str]  # "router"; the envelope of one body ("" where there is none, as in Glance)
    plural: ClassVar[str]  # "routers"; the envelope of a list
    listing: ClassVar[str] = ""  # path of the listing with details, where it is not ``path``
    query: ClassVar[dict[str, str]] = {}  # for the listing; "{project_id}" is filled in
    microversion: ClassVar[str] = ""  # for every call, where the service has them
    sdk: ClassVar[str]  # dotted name of the openstacksdk class whose fields the census reads
    natural: ClassVar[tuple[str, ...]] = ("name",)  # paths that make a thing recognisable on another cloud
    mapped: ClassVar[bool] = False  # True: never created by a restore, only mapped (flavor, project)
    owned: ClassVar[bool] = True  # False: of the cloud (flavor); recorded only when something refers to it
    mover: ClassVar[str] = ""  # name of the mover of its bytes, if it has any
    freezes: ClassVar[bool] = False  # True: its bytes are read from the copy that `freeze` asks for
    fields: ClassVar[tuple[Field, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.name = "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")
        bases = [one for one in reversed(cls.__mro__) if issubclass(one, Kind)]
        declared = {key: one for base in bases for key, one in vars(base).items() if isinstance(one, Field)}
        if shadowed := [key for key in declared if hasattr(Kind, key)]:
            raise TypeError(
                f"{cls.__name__}: a field cannot be called {', '.join(shadowed)}, as a kind does that"
            )
        cls.fields = tuple(declared.values())

    # -- reading ---------------------------------------------------------------------------------------------

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Every body that the project owns. A listing that fails raises; it is never an empty list."""
        query = {key: value.format(project_id=cloud.project_id) for key, value in self.query.items()}
        yield from self._rest(cloud).list(self.listing or self.path, self.plural, **query)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        """Every body that the project may use, others' among them: what a mapping chooses from."""
        yield from self.enumerate(cloud)

    def show(self, cloud: Cloud, id: str) -> Body:
        """The body of one resource. Raises NotFound."""
        return self.open(self._rest(cloud).get(f"{self.path}/{id}"))

    def id(self, body: Body) -> str:
        return str(body["id"])

    def title(self, body: Body) -> str:
        return str(body.get("name") or "")

    def made_by(self, body: Body) -> str:
        """Which part of the cloud made this by itself ("" : the user did); such a thing is not restored."""
        return ""

    def references(self, body: Body) -> tuple[Reference, ...]:
        return tuple(
            Reference(
                field=path,
                kind=named[0],
                id=named[1],
                late=ref.late or ref.note,
                optional=ref.optional or ref.note,
            )
            for ref, path in self._refs()
            for named in dict.fromkeys(ref.named(value) for value in values(body, path))
            if named
        )

    def resource(self, body: Body, *, owned: bool = True) -> Resource:
        return Resource(
            kind=self.name,
            id=self.id(body),
            name=self.title(body),
            body=body,
            references=self.references(body),
            owned=owned,
            made_by=self.made_by(body),
        )

    def brings(self, body: Body) -> tuple[str, ...]:
        """Addresses of what the cloud makes along with it, in a fixed order: the port of a router interface.

        Whoever refers to one of those is led to what comes with the restored one.
        """
        return ()

    def findings(self, body: Body) -> Iterable[Finding]:
        """What the user should know at backup time (what cannot be read, for instance); see `note`."""
        return ()

    def recall(self, body: Body, reference: Reference) -> Body | None:
        """What ``body`` itself says of something it refers to, for when that is gone from the cloud."""
        return None

    def note(self, body: Body, severity: Severity, code: str, sentence: str, hint: str = "") -> Finding:
        """A finding about ``body``; ``{}`` in the sentence stands for what it is and how it is called."""
        told = f"{self.name.replace('_', ' ')} {self.title(body) or self.id(body)}"
        return Finding(
            address=f"{self.name}/{self.id(body)}",
            severity=severity,
            code=code,
            sentence=sentence.replace("{}", told, 1),
            hint=hint,
        )

    # -- freezing --------------------------------------------------------------------------------------------

    def freeze(self, cloud: Cloud, borrow: Borrow, resource: Resource) -> Frozen | Finding | None:
        """Ask for a copy of this moment; do not wait for it. The caller sets the times.

        None: it has no bytes of its own. A Finding says why it has none that could be read.
        """
        return None

    def frozen(self, cloud: Cloud, moment: Frozen) -> Progress:
        """How far the copy is. Raises WentWrong when there will be none."""
        return "ready"

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        """What of ``body`` verification compares; ``resolve`` is given for the captured one of the two."""
        return body

    # -- recognising -----------------------------------------------------------------------------------

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        """The natural key, with references replaced by ``resolve``; None if a reference has no target yet.

        Compare ``likeness(ours, resolve)`` with ``likeness(theirs)``. The order within a list means nothing.
        """
        if resolve is not None:
            body = copy.deepcopy(body)
            for ref, path in self._refs():
                if path not in self.natural:
                    continue
                named = [one for one in map(ref.named, values(body, path)) if one]
                if any(resolve(*one) is None for one in named):
                    return None
                change(body, path, _replace(resolve, ref))
        plain = {path: ref.plain for ref, path in self._refs()}
        return tuple(
            tuple(sorted(map(plain.get(path, _as_it_is), values(body, path)), key=str))
            for path in self.natural
        )

    def nameless(self, body: Body) -> bool:
        """Whether it lacks the name by which it would be recognised: then it is like many others."""
        return "name" in self.natural and not body.get("name")

    def standing(self, body: Body) -> bool:
        """Whether every project has one of these by itself: it is taken and brought to the state of ours."""
        return False

    def may(self, cloud: Cloud) -> Callable[[str], bool]:
        """Tells of the path of an `Asked` field whether the roles of this run may set it (by default)."""
        roles = set(cloud.roles)
        asked = (one for one in self.fields if isinstance(one, Asked))
        return {path for one in asked if roles.intersection(one.roles) for path in one.paths}.__contains__

    def lost(self, body: Body, cloud: Cloud) -> Iterator[tuple[str, str]]:
        """(path, why) of what the body says and what cannot come back on ``cloud`` with these roles."""
        may = self.may(cloud)
        for one in self.fields:
            for path in one.paths:
                if not any(one.says(value) for value in values(body, path)):
                    continue
                if isinstance(one, Drop) or (isinstance(one, Asked) and not may(path)):
                    yield path, one.why or f"only {' or '.join(getattr(one, 'roles', ()))} may set it"
                elif one.extension and one.extension not in cloud.extensions():
                    yield path, f"the target has no extension {one.extension}"

    # -- making ----------------------------------------------------------------------------------------------

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """The body of the create call: what is worth saying, references rewritten, late ones left out.

        ``may(path)`` says whether this role on this cloud may set an `Asked` field. Raises PlanError if
        something that it cannot be made without has no counterpart.
        """
        wanted: Body = {}
        for one in self.fields:
            for name in self._sent(one, body, may):
                if isinstance(one, Late):
                    if one.at_first is not None:
                        wanted[name] = one.at_first
                elif one.says(body[name]):
                    wanted.setdefault(name, copy.deepcopy(body[name]))
        self._prune(wanted, may)
        self._rewrite(wanted, resolve, strict=True)
        return wanted

    def _sent(self, one: Field, body: Body, may: Callable[[str], bool]) -> Iterator[str]:
        """The names at the top of ``body`` that the create call takes because of the declaration ``one``."""
        if isinstance(one, Note | Data | Drop | Tags) or (isinstance(one, Ref) and (one.note or one.late)):
            return
        for path in one.paths:
            if isinstance(one, Asked) and ("." in path or not may(path)):
                continue
            yield from self._unnamed(body) if path == "*" else [name for name in [top(path)] if name in body]

    def _unnamed(self, body: Body) -> list[str]:
        """The fields that no declaration names; what the kind itself added is not among them."""
        named = {name for one in self.fields for name in one.tops()}
        return [name for name in body if name not in named and not name.startswith("+")]

    def _prune(self, wanted: Body, may: Callable[[str], bool]) -> None:
        """Take out what lies inside of a kept field and is not to be sent."""
        for one in self.fields:
            if isinstance(one, Note | Data | Drop | Asked):
                for path in one.paths:
                    if "." in path and not (isinstance(one, Asked) and may(path)):
                        without(wanted, path)

    def _refs(self) -> Iterator[tuple[Ref, str]]:
        return ((one, path) for one in self.fields if isinstance(one, Ref) for path in one.paths)

    def _rewrite(self, wanted: Body, resolve: Resolve, *, strict: bool = False) -> None:
        for ref, path in self._refs():
            needed = strict and not (ref.optional or ref.note or ref.late)
            for value in set(values(wanted, path)) if needed else ():
                if (named := ref.named(value)) and resolve(*named) is None:
                    raise PlanError(f"a {self.name} needs the {' '.join(named)}, which is not on the target")
            change(wanted, path, _replace(resolve, ref))

    def _known(self, cloud: Cloud, wanted: Body) -> Body:
        """Without the fields of extensions that the cloud lacks: it would refuse the whole call.

        Web addresses in it become those of this cloud.
        """
        for ref, path in self._refs():
            if isinstance(ref, Href) and any(values(wanted, path)):
                change(wanted, path, partial(ref.at, cloud.rest(ref.service).endpoint))
        there = cloud.extensions() if any(one.extension for one in self.fields) else frozenset()
        missing = [one for one in self.fields if one.extension and one.extension not in there]
        gone = {name for one in missing for name in one.tops()}
        return {name: value for name, value in wanted.items() if name not in gone}

    def create(self, cloud: Cloud, request: Body) -> Body:
        """Make it and return the body the API answers with. Does not wait; see `settled`."""
        return self.open(self._rest(cloud).post(self.path, self.wrap(self._known(cloud, request))))

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Right after creation: what the create call does not take. ``body`` is that of the backup."""
        paths = [path for one in self.fields if isinstance(one, Tags) for path in one.paths]
        if tags := [tag for path in paths for tag in body.get(path) or ()]:
            self._rest(cloud).put(f"{self.path}/{id}/tags", {"tags": tags})

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Bring a `standing` one to the state that ``body`` says; may be done twice."""

    def late(self, body: Body, resolve: Resolve) -> Body:
        """The body of the later update, {} if there is nothing to update."""
        wanted = {
            name: copy.deepcopy(body[name])
            for one in self.fields
            if isinstance(one, Late) or (isinstance(one, Ref) and one.late and not one.note)
            for name in one.tops()
            if not is_empty(body.get(name)) and not (isinstance(one, Late) and body[name] == one.at_first)
        }
        self._rewrite(wanted, resolve)
        return wanted

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        """The later update, with the body that `late` gave."""
        self._rest(cloud).put(f"{self.path}/{id}", self.wrap(self._known(cloud, update)))

    def settled(self, body: Body) -> bool:
        """Whether a new resource is ready to be used. Raises WentWrong when it never will be."""
        return True

    def delete(self, cloud: Cloud, id: str) -> None:
        self._rest(cloud).delete(f"{self.path}/{id}")

    def purge(self, cloud: Cloud, id: str) -> None:
        """Delete it with everything in it. For what a restore made."""
        self.delete(cloud, id)

    # -- the envelope ----------------------------------------------------------------------------------

    def open(self, answer: Any) -> Body:
        return dict(answer[self.key] if self.key else answer)

    def wrap(self, body: Body) -> Body:
        return {self.key: body} if self.key else body

    def _rest(self, cloud: Cloud) -> Any:
        return cloud.rest(self.service, self.microversion)


def _replace(resolve: Resolve, ref: Ref) -> Callable[[Any], Any]:
    """The value that names the thing on the target for the one that names it on the source; GONE for none."""

    def replaced(value: Any) -> Any:
        named = ref.named(value)
        found = resolve(*named) if named else None
        return (GONE if named else value) if found is None else ref.renamed(value, found)

    return replaced


def _as_it_is(value: Any) -> Any:
    return value
