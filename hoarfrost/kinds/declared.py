"""What a resource type says of itself: where it is, who may what, which fields it has.

Decides what is taken for said where a kind says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Field, Parent, Ref
from hoarfrost.kinds.stand_in import Rule, alike, same_name
from hoarfrost.model import Body


class Declared:
    """The declaration of a kind, and how the bodies of calls are wrapped by it."""

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
    twinless: ClassVar[bool] = False  # True: of two with one natural key the cloud refuses the second
    mapped: ClassVar[bool] = False  # True: never created by a restore, only mapped (flavor, project)
    owned: ClassVar[bool] = True  # False: of the cloud (flavor); recorded only when something refers to it
    recorded: ClassVar[str] = ""  # why a restore never makes one, nor takes one for it (history)
    mover: ClassVar[str] = ""  # name of the mover of its bytes, if it has any
    freezes: ClassVar[bool] = False  # True: its bytes are read from the copy that `freeze` asks for
    through: ClassVar[str] = ""  # kind of the temporary thing by which its bytes enter a cloud
    quota: ClassVar[str] = ""  # of the service: each takes one, and its usage counts these and nothing else
    sweeps: ClassVar[bool] = False  # True: `purge` takes along all that is below it, faster than one by one
    further: ClassVar[int] = 0  # requests for each one found, beside those of the listing
    reads: ClassVar[tuple[str, ...]] = ()  # roles of which one is needed to be shown them; (): any role
    makes: ClassVar[tuple[str, ...]] = ()  # roles of which one is needed to make one; (): any but a reader's
    administered: ClassVar[bool] = False  # True: an administrator's affair, which a member does without
    beyond: ClassVar[bool] = False  # True: not the project's alone: one that is there is taken as it is
    credential: ClassVar[str] = ""  # "project_id": which one stands for ours, the credentials say
    locks: ClassVar[str] = ""  # field with the secret that the API never gives; a new one: `Kind.unlocked`
    given_by: ClassVar[str] = ""  # options that give that secret, without which it is of no use and not made
    stand_ins: ClassVar[tuple[Rule, ...]] = (alike, same_name)  # how one is mapped; the first that finds wins
    under: ClassVar[Parent | None] = None  # the resource that it is a part of, if its path leads through one
    fields: ClassVar[tuple[Field, ...]] = ()

    def refs(self) -> Iterator[tuple[Ref, str]]:
        """Every reference that is declared, path by path."""
        return ((one, path) for one in self.fields if isinstance(one, Ref) for path in one.paths)

    def open(self, answer: Any) -> Body:
        return dict(answer[self.key] if self.key else answer)

    def wrap(self, body: Body) -> Body:
        return {self.key: body} if self.key else body

    def _looking(self, cloud: Cloud) -> Any:
        """By which login it is looked at: see `Cloud.looking`."""
        return cloud.looking(self.service) if self.administered else self._rest(cloud)

    def _rest(self, cloud: Cloud) -> Any:
        return cloud.rest(self.service, self.microversion)
