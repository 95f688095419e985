"""What a resource type is made of. A new one is one small class; nothing else in the product changes.

A kind declares its fields (see `field`), where its API is, how a resource is recognised on another cloud, and overrides
a method only for what a declaration cannot say. From the declaration come enumeration, references, the create and update
calls, comparison, mapping and documentation. No stage asks which kind it has before it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import GONE, Asked, Data, Drop, Field, Keep, Late, Note, Ref, Tags, change, values
from hoarfrost.model import Body, Finding, Reference, Resource

Resolve = Callable[[str, str], str | None]
"""(kind, id on the source cloud) -> id on the target cloud, or None where there is none."""


class Kind:
    """Base of all kinds. The class docstring is the documentation of the resource type."""

    name: ClassVar[str]  # "router_interface": the class name in snake case
    service: ClassVar[str]  # service type of the catalog: "network", "compute", "block-storage", ...
    path: ClassVar[str]  # collection, relative to the service's endpoint: "/v2.0/routers"
    key: ClassVar[str]  # "router"; the envelope of one body ("" where there is none, as in Glance)
    plural: ClassVar[str]  # "routers"; the envelope of a list
    query: ClassVar[dict[str, str]] = {}  # for the listing; "{project_id}" is filled in
    microversion: ClassVar[str] = ""  # for every call, where the service has them
    sdk: ClassVar[str]  # dotted name of the openstacksdk class whose fields the census reads
    natural: ClassVar[tuple[str, ...]] = ("name",)  # paths that make a thing recognisable on another cloud
    mapped: ClassVar[bool] = False  # True: never created by a restore, only mapped (flavor, volume type, project)
    mover: ClassVar[str] = ""  # name of the mover of its bytes, if it has any
    fields: ClassVar[tuple[Field, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.name = "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")
        cls.fields = tuple(one for one in vars(cls).values() if isinstance(one, Field))

    # -- reading -----------------------------------------------------------------------------------------------

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Every body of this kind that the project owns. A listing that fails raises; it is never an empty list."""
        query = {key: value.format(project_id=cloud.project_id) for key, value in self.query.items()}
        yield from self._rest(cloud).list(self.path, self.plural, **query)

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
            Reference(field=path, kind=ref.to, id=str(value), late=ref.late or ref.note, optional=ref.optional)
            for ref in self.fields
            if isinstance(ref, Ref)
            for path in ref.paths
            for value in dict.fromkeys(values(body, path))
            if value != ""
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

    def findings(self, body: Body) -> Iterable[Finding]:
        """What the user should know at backup time about this resource (what cannot be read, for instance)."""
        return ()

    # -- recognising -------------------------------------------------------------------------------------------

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        """The natural key, with references replaced by ``resolve``; None if a reference has no target yet.

        Compare ``likeness(ours, resolve)`` with ``likeness(theirs)``.
        """
        if resolve is not None:
            body = copy.deepcopy(body)
            for ref in self.fields:
                if isinstance(ref, Ref):
                    for path in ref.paths:
                        if any(resolve(ref.to, str(value)) is None for value in values(body, path)):
                            if path in self.natural:
                                return None
                            continue
                        change(body, path, lambda value, to=ref.to: resolve(to, str(value)))
        return tuple(tuple(values(body, path)) for path in self.natural)

    # -- making ------------------------------------------------------------------------------------------------

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda field: False) -> Body:
        """The body of the create call: kept fields, references rewritten, late ones left out.

        ``may(field)`` says whether this role on this cloud may set an `Asked` field.
        """
        wanted: Body = {}
        for one in self.fields:
            if isinstance(one, Note | Data | Drop | Tags) or (isinstance(one, Ref) and (one.note or one.late)):
                continue
            for top in one.tops():
                if isinstance(one, Late):
                    if one.at_first is not None and top in body:
                        wanted[top] = one.at_first
                elif isinstance(one, Asked) and not may(top):
                    continue
                elif body.get(top) is not None or (isinstance(one, Keep) and one.null and top in body):
                    wanted.setdefault(top, copy.deepcopy(body[top]))
        self._rewrite(wanted, resolve)
        return wanted

    def _rewrite(self, wanted: Body, resolve: Resolve) -> None:
        for ref in self.fields:
            if isinstance(ref, Ref):
                for path in ref.paths:
                    change(wanted, path, lambda v, to=ref.to: GONE if (n := resolve(to, str(v))) is None else n)

    def create(self, cloud: Cloud, request: Body) -> Body:
        """Make it and return the body the API answers with. Does not wait; see `settled`."""
        return self.open(self._rest(cloud).post(self.path, self.wrap(request)))

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Right after creation: what the create call does not take. ``body`` is that of the backup."""
        tags = [tag for one in self.fields if isinstance(one, Tags) for path in one.paths for tag in body.get(path, ())]
        if tags:
            self._rest(cloud).put(f"{self.path}/{id}/tags", {"tags": tags})

    def late(self, body: Body, resolve: Resolve) -> Body:
        """The body of the later update, {} if there is nothing to update."""
        wanted = {
            top: copy.deepcopy(body[top])
            for one in self.fields
            if isinstance(one, Late) or (isinstance(one, Ref) and one.late and not one.note)
            for top in one.tops()
            if body.get(top) not in (None, [], {}) and not (isinstance(one, Late) and body[top] == one.at_first)
        }
        self._rewrite(wanted, resolve)
        return wanted

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        """The later update, with the body that `late` gave."""
        self._rest(cloud).put(f"{self.path}/{id}", self.wrap(update))

    def settled(self, body: Body) -> bool:
        """Whether a new resource is ready to be used. Raises WentWrong when it never will be."""
        return True

    def delete(self, cloud: Cloud, id: str) -> None:
        self._rest(cloud).delete(f"{self.path}/{id}")

    # -- the envelope ------------------------------------------------------------------------------------------

    def open(self, answer: Any) -> Body:
        return dict(answer[self.key] if self.key else answer)

    def wrap(self, body: Body) -> Body:
        return {self.key: body} if self.key else body

    def _rest(self, cloud: Cloud) -> Any:
        return cloud.rest(self.service, self.microversion)
