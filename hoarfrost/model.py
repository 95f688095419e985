"""The data that the stages hand to one another: frozen values, JSON in and out.

Decides what a backup and a plan *are*. How they are made, stored and applied is the business of the stages.
Times are UTC in ISO 8601 with ``Z``; sizes are bytes; ids are the ids of the cloud they came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, Literal

import msgspec

FORMAT = 1
"""Version of the manifest; a reader refuses a newer one."""

Body = dict[str, Any]
"""A resource as its API gave it. Keys that start with ``+`` were added by the kind from further calls."""


class Struct(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of all values here."""


class Finding(Struct, frozen=True):
    """Something the user should know. Many may be there; none stops anything by itself."""

    address: str
    severity: Literal["info", "warning", "error"]
    code: str
    sentence: str
    hint: str = ""


class Reference(Struct, frozen=True):
    """One resource names another. ``field`` is the path in the body, ``late`` a reference set after creation."""

    field: str
    kind: str
    id: str
    late: bool = False
    optional: bool = False

    @property
    def address(self) -> str:
        return f"{self.kind}/{self.id}"


class Resource(Struct, frozen=True):
    """One thing of the project, or (``owned`` false) one that it refers to and that somebody else owns.

    ``made_by`` is empty for what the user made; else it says which part of the cloud made it: such a resource is
    recorded but never restored as if the user had made it.
    """

    kind: str
    id: str
    name: str
    body: Body
    references: tuple[Reference, ...] = ()
    owned: bool = True
    made_by: str = ""

    @property
    def address(self) -> str:
        return f"{self.kind}/{self.id}"

    def matches(self, patterns: Iterable[str]) -> bool:
        """Whether one of them is its kind, ``kind/name`` or ``kind/id``; ``*`` and ``?`` stand for any text.

        A name that has such signs itself is matched by itself, too.
        """
        names = (self.kind, f"{self.kind}/{self.name}", self.address)
        return any(
            pattern in names or any(fnmatchcase(name, pattern) for name in names) for pattern in patterns
        )


class Graph:
    """The resources of one project by address, in the order in which they were found."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._by_address = {one.address: one for one in resources}

    def add(self, resource: Resource) -> None:
        self._by_address[resource.address] = resource

    def get(self, address: str) -> Resource | None:
        return self._by_address.get(address)

    def __getitem__(self, address: str) -> Resource:
        return self._by_address[address]

    def __contains__(self, address: str) -> bool:
        return address in self._by_address

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_address.values())

    def __len__(self) -> int:
        return len(self._by_address)

    def of_kind(self, kind: str) -> list[Resource]:
        return [one for one in self if one.kind == kind]


class Frozen(Struct, frozen=True):
    """One moment: what holds the bytes of ``address`` still. ``source``/``id`` name the thing made for it."""

    address: str
    source: str
    id: str
    requested: str
    frozen_at: str = ""
    ready: str = ""
    consistency: Literal["crash-consistent", "quiesce requested", "quiesced", "changed during the window"] = (
        "crash-consistent"
    )


class Window(Struct, frozen=True):
    """From the first freeze request to the last thing frozen. ``seconds`` is that span.

    The moments of history (snapshots that the user took) are older.
    """

    opened: str
    closed: str
    seconds: float
    moments: tuple[Frozen, ...] = ()


class Stream(Struct, frozen=True):
    """The bytes of one resource. ``ref`` is the repository's own handle; ``size`` of the content as restored.

    ``format`` is ``raw`` (a virtual disk), ``luks`` (one that opens with ``secret``), ``opaque`` (a file kept byte for
    byte), ``objects`` (an inventory of ``items`` objects, a JSON line each, that names the stream of each object's
    bytes). ``secret`` is never shown.
    """

    address: str
    size: int
    format: str
    ref: Any = None
    outcome: Literal["complete", "failed"] = "complete"
    checksum: str = ""
    items: int = 0
    logical: int = 0
    read: int = 0
    new: int = 0
    stored: int = 0
    secret: str = ""


class CloudPrint(Struct, frozen=True):
    """Which cloud a backup came from: enough to recognise it and to explain differences."""

    auth_url: str
    region: str = ""
    services: dict[str, dict[str, str]] = {}
    extensions: tuple[str, ...] = ()
    keystone: str = ""
    """The id of its identity service; a cloud that was made anew at the same address has another one."""

    def is_same(self, auth_url: str, keystone: str) -> bool:
        """Where one of the two does not say its id, the address has to do."""
        return self.auth_url == auth_url and (self.keystone == keystone or not (self.keystone and keystone))


Word = Literal["kept", "mapped", "regenerated", "lost"]
"""What becomes of a field: as it was; the id of another thing, replaced by that of its counterpart; made anew by the
cloud; not there any more."""


class Fate(Struct, frozen=True):
    """What becomes of one field of one kind, in ``count`` resources, and why."""

    kind: str
    field: str
    word: Word
    count: int
    why: str = ""


def fidelity(fates: Iterable[Fate]) -> float:
    """Fields kept or mapped, over those and the lost ones; 1.0 where no field says anything.

    What the cloud makes anew in any case (ids, times, states) does not count.
    """
    counts: dict[str, int] = {}
    for one in fates:
        counts[one.word] = counts.get(one.word, 0) + one.count
    good = counts.get("kept", 0) + counts.get("mapped", 0)
    told = good + counts.get("lost", 0)
    return good / told if told else 1.0


def percent(share: float) -> str:
    """Rounded down, so that only all of it is 100 %."""
    return f"{int(share * 1000) / 10:g} %"


class Bytes(Struct, frozen=True):
    """``logical``: as the user sees it; ``read``: fetched from the cloud; ``stored``: added to the repository."""

    logical: int = 0
    read: int = 0
    stored: int = 0


class Backup(Struct, frozen=True):
    """One moment of one project: the manifest."""

    project_id: str
    project_name: str
    user_id: str
    user_name: str
    roles: tuple[str, ...]
    cloud: CloudPrint
    tool: str
    started: str
    ended: str
    status: Literal["complete", "partial", "failed"]
    window: Window
    bytes: Bytes
    resources: tuple[Resource, ...]
    streams: tuple[Stream, ...]
    findings: tuple[Finding, ...] = ()
    fates: tuple[Fate, ...] = ()
    format: int = FORMAT

    def graph(self) -> Graph:
        return Graph(self.resources)

    def counts(self) -> dict[str, int]:
        """How many owned resources of each kind, without what the cloud made by itself."""
        counts: dict[str, int] = {}
        for one in self.resources:
            if one.owned and not one.made_by:
                counts[one.kind] = counts.get(one.kind, 0) + 1
        return counts


Action = Literal["create", "update", "reuse", "map", "skip", "impossible"]


class Step(Struct, frozen=True):
    """What the restore does about one resource, and why. ``target`` is an id on the target cloud (reuse, map).

    ``update`` sets late what the create call of the same resource leaves out; it is a step of its own. ``needs`` are
    the nodes of the steps that come before.
    """

    address: str
    name: str
    action: Action
    reason: str
    target: str = ""
    needs: tuple[str, ...] = ()

    @property
    def node(self) -> str:
        """Its name among the steps: a resource may have two, its making and its late update."""
        return f"update:{self.address}" if self.action == "update" else self.address

    @property
    def kind(self) -> str:
        return self.address.partition("/")[0]


class Plan(Struct, frozen=True):
    """A restore, before it happens: made for one backup and one target project, in the order of the steps."""

    id: str
    backup: str
    made: str
    auth_url: str
    project_id: str
    project_name: str
    steps: tuple[Step, ...]
    existing: dict[str, tuple[str, ...]] = {}
    findings: tuple[Finding, ...] = ()
    format: int = FORMAT


def to_json(value: Struct) -> bytes:
    """The canonical JSON form: UTF-8, keys in field order."""
    return msgspec.json.encode(value)


def backup_from_json(data: bytes) -> Backup:
    """Raises ``msgspec.ValidationError`` when ``data`` is no manifest of a version known here."""
    backup = msgspec.json.decode(data, type=Backup)
    if backup.format > FORMAT:
        raise msgspec.ValidationError(f"manifest format {backup.format} is newer than {FORMAT}")
    return backup
