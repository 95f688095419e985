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
from typing import Any, Literal

from hoarfrost.cloud import Cloud
from hoarfrost.errors import NotFound
from hoarfrost.kinds.declared import Declared
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Asked, Drop, Field, Href, Parent, Tags, change, values
from hoarfrost.kinds.freezing import Freezing
from hoarfrost.kinds.request import create_body, late_body, replacing
from hoarfrost.kinds.role import Powers, holds
from hoarfrost.model import Body, Finding, Reference, Resource

Resolve = Callable[[str, str], str | None]
"""(kind, id on the source cloud) -> id on the target cloud, or None where there is none."""

Chosen = Callable[[str, str], Body | None]
"""(kind, id on the source cloud) -> body of what takes its place on the target, None where nothing does yet."""

Severity = Literal["info", "warning", "error"]


class Kind(Declared, Freezing):
    """Base of all kinds. The class docstring is the documentation of the resource type."""

    def __init_subclass__(cls) -> None:
        cls.name = "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")
        bases = [one for one in reversed(cls.__mro__) if issubclass(one, Kind)]
        said = ((key, one) for base in bases for key, one in vars(base).items() if key != "under")
        declared = {key: one for key, one in said if isinstance(one, Field)}
        if shadowed := [key for key in declared if hasattr(Kind, key)]:
            raise TypeError(
                f"{cls.__name__}: a field cannot be called {', '.join(shadowed)}, as a kind does that"
            )
        cls.fields = tuple(declared.values())
        cls.under = next((one for one in cls.fields if isinstance(one, Parent)), None)

    # -- reading ---------------------------------------------------------------------------------------------

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Every body that the project owns. A listing that fails raises; it is never an empty list."""
        if self.under:
            yield from self._parts(cloud, self.under, self.under.kind.enumerate(cloud))
            return
        query = {key: value.format(project_id=cloud.project_id) for key, value in self.query.items()}
        yield from self._looking(cloud).list(self.listing or self.path, self.plural, **query)

    def parts(self, cloud: Cloud, whole: Body) -> Iterable[Body]:
        """Every one that belongs to ``whole``, a body of the kind it is `under`."""
        return list(self._looking(cloud).list(self.path.format(parent=whole["id"]), self.plural))

    def _parts(self, cloud: Cloud, under: Parent, wholes: Iterable[Body]) -> Iterator[Body]:
        """One listing for each that has any, as far as it says; not of those that the cloud made."""

        def found(whole: Body) -> list[Body]:
            try:
                return [one | {under.paths[0]: under.kind.id(whole)} for one in self.parts(cloud, whole)]
            except NotFound:  # it went away since it was listed, and they with it
                return []

        having = [one for one in wholes if under.has_parts(one) and not under.kind.made_by(one)]
        for bodies in each(found, having):
            yield from bodies

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        """Every body that the project may use, others' among them: what a mapping chooses from."""
        if self.under:
            yield from self._parts(cloud, self.under, self.under.kind.visible(cloud))
            return
        yield from self.enumerate(cloud)

    def show(self, cloud: Cloud, id: str) -> Body:
        """The body of one resource. Raises NotFound."""
        body = self.open(self._looking(cloud).get(self.place(id)))
        return body | {self.under.paths[0]: id.partition("/")[0]} if self.under else body

    def place(self, id: str) -> str:
        """The path of one resource."""
        parent, _, own = id.rpartition("/") if self.under else ("", "", id)
        return f"{self.path.format(parent=parent) if self.under else self.path}/{own}"

    def id(self, body: Body) -> str:
        """Of a part: ``id of the whole/id``, since it cannot be found by its own id alone."""
        return f"{body[self.under.paths[0]]}/{body['id']}" if self.under else str(body["id"])

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
            for body in (self.once(body),)
            for ref, path in self.refs()
            for named in dict.fromkeys(ref.named(value) for value in values(body, path))
            if named
        )

    def ancestors(self, body: Body) -> Iterator[Reference]:
        """What its bytes descend from: a disk that was made of an image, say."""
        lineage = {path for ref, path in self.refs() if ref.lineage}
        return (one for one in self.references(body) if one.field in lineage)

    def is_disk(self, body: Body) -> bool:
        """Whether its bytes are those that a guest sees, at the same places: then others can be compared with them."""
        return self.freezes

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

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        """What of ``body`` verification compares; ``resolve`` is given for the captured one of the two."""
        return body

    def once(self, body: Body) -> Body:
        """Without what it says a second time at another place, so that nothing is counted or told twice."""
        return body

    # -- recognising -----------------------------------------------------------------------------------

    def unlike(self, ours: Body, theirs: Body) -> bool:
        """Whether the bytes of one that is there cannot be those of ours, beside what `Data` fields say."""
        return False

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        """The natural key, with references replaced by ``resolve``; None if a reference has no target yet.

        Compare ``likeness(ours, resolve)`` with ``likeness(theirs)``. The order within a list means nothing.
        """
        if resolve is not None:
            body = copy.deepcopy(body)
            for ref, path in self.refs():
                if path not in self.natural:
                    continue
                named = [one for one in map(ref.named, values(body, path)) if one]
                if any(resolve(*one) is None for one in named):
                    return None
                change(body, path, replacing(resolve, ref))
        plain = {path: ref.plain for ref, path in self.refs()}
        return tuple(
            tuple(sorted(map(plain.get(path, lambda one: one), values(body, path)), key=str))
            for path in self.natural
        )

    def nameless(self, body: Body) -> bool:
        """Whether it lacks the name by which it would be recognised: then it is like many others."""
        return "name" in self.natural and not body.get("name")

    def recognised_by(self) -> str:
        """The natural key in words."""
        return ", ".join(self.natural) if len(self.natural) < 4 else "content"

    def namesake(self, cloud: Cloud, body: Body, resolve: Resolve) -> Body | None:
        """Of a kind `beyond` the project: the one that bears its name there, None if it is free or cannot be seen."""
        return None

    def held_by(self, body: Body) -> tuple[tuple[str, str], ...]:
        """(kind, id) of what has it and shares it with nobody: the server that a volume is attached to."""
        return ()

    def made_for(self, body: Body) -> str:
        """Address of what it is made for alone: where that is there already, nobody needs this one."""
        return ""

    def fits(self, ours: Body, theirs: Body) -> bool:
        """Whether ``theirs`` comes into question at all as what takes the place of ``ours``."""
        return True

    def clash(self, body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
        """Why what it occupies (addresses) cannot be had on the target, "" if it can."""
        return ""

    def barred(self, body: Body, chosen: Chosen) -> str:
        """Why it cannot be made with what the things are that it will refer to, "" if it can."""
        return ""

    def only_recorded(self, body: Body) -> str:
        """Why a restore never makes this one, "" if it does."""
        return self.recorded

    def by_value(self, body: Body) -> bool:
        """Whether a `mapped` one was recorded so that whoever `makes` it can make it where nothing is like it."""
        return False

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        """(quota of its service, how much of it) that making it takes."""
        if self.quota:
            yield self.quota, 1

    def standing(self, body: Body) -> bool:
        """Whether every project has one of these by itself: it is taken and brought to the state of ours."""
        return False

    def may(self, cloud: Powers) -> Callable[[str], bool]:
        """Tells of the path of an `Asked` field whether the roles of this run may set it (by default)."""
        asked = (one for one in self.fields if isinstance(one, Asked) and holds(cloud.roles, one.roles))
        return {path for one in asked for path in one.paths}.__contains__

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        """(path, why) of what the body says and what cannot come back on ``cloud`` with these roles."""
        may, body = self.may(cloud), self.once(body)
        for one in self.fields:
            for path in one.paths:
                if not any(one.says(value) for value in values(body, path)):
                    continue
                if isinstance(one, Drop) or (isinstance(one, Asked) and not may(path)):
                    yield path, one.why or f"only {' or '.join(getattr(one, 'roles', ()))} may set it"
                elif one.extension and one.extension not in cloud.extensions():
                    yield path, f"the target has no extension {one.extension}"

    def withheld(self, body: Body, chosen: Chosen, powers: Powers) -> Iterator[tuple[str, str]]:
        """(path, why) of what cannot come back because of what the things are, or whose, that it will refer to."""
        return iter(())

    # -- making ----------------------------------------------------------------------------------------------

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """The body of the create call: what is worth saying, references rewritten, late ones left out.

        ``may(path)`` says whether this role on this cloud may set an `Asked` field. Raises PlanError if
        something that it cannot be made without has no counterpart.
        """
        return create_body(self, body, resolve, may)

    def _known(self, cloud: Cloud, wanted: Body) -> Body:
        """Without the fields of extensions that the cloud lacks: it would refuse the whole call; web addresses in it
        become those of this cloud."""
        for ref, path in self.refs():
            if isinstance(ref, Href) and any(values(wanted, path)):
                change(wanted, path, partial(ref.at, cloud.rest(ref.service).endpoint))
        there = cloud.extensions() if any(one.extension for one in self.fields) else frozenset()
        missing = [one for one in self.fields if one.extension and one.extension not in there]
        gone = {name for one in missing for name in one.tops()}
        return {name: value for name, value in wanted.items() if name not in gone}

    def unlocked(self, body: Body, request: Body, secret: str) -> Body:
        """``request`` with a new ``secret`` for one that the API never gives. Of kinds that say `locks`."""
        return request

    def create(self, cloud: Cloud, request: Body) -> Body:
        """Make it and return the body the API answers with. Does not wait; see `settled`."""
        if not self.under:
            return self.open(self._rest(cloud).post(self.path, self.wrap(self._known(cloud, request))))
        whole = {path: request[path] for path in self.under.paths}
        said = self._known(cloud, {key: value for key, value in request.items() if key not in whole})
        place = self.path.format(parent=request[self.under.paths[0]])
        return self.open(self._rest(cloud).post(place, self.wrap(said))) | whole

    def beside(self, cloud: Cloud, id: str, body: Body) -> str | None:
        """Make what this one needs and others may share; its id is written down before anything else is done. None
        where all is there. May be done twice; see `take_along`."""
        return None

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Right after creation: what the create call does not take. ``body`` is that of the backup."""
        paths = [path for one in self.fields if isinstance(one, Tags) for path in one.paths]
        if tags := [tag for path in paths for tag in body.get(path) or ()]:
            self._rest(cloud).put(f"{self.place(id)}/tags", {"tags": tags})

    def take_along(self, cloud: Cloud, beside: str) -> None:
        """Remove what was made ``beside``, once everything is gone that shares it; not what others use by now."""

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Bring a `standing` one to the state that ``body`` says; may be done twice."""

    def late(self, body: Body, resolve: Resolve) -> Body:
        """The body of the later update, {} if there is nothing to update."""
        return late_body(self, body, resolve)

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        """The later update, with the body that `late` gave."""
        self._rest(cloud).put(self.place(id), self.wrap(self._known(cloud, update)))

    def settled(self, body: Body) -> bool:
        """Whether a new resource is ready to be used. Raises WentWrong when it never will be."""
        return True

    def delete(self, cloud: Cloud, id: str) -> None:
        self._rest(cloud).delete(self.place(id))

    def purge(self, cloud: Cloud, id: str) -> None:
        """Delete it with everything in it. For what a restore made."""
        self.delete(cloud, id)
