"""A cloud in memory and a few kinds that have every trait the stages must cope with, and nothing of a real
service.

box <- slot (updated late: after things, before machines) <- thing (has bytes) <- machine (names another
machine late, does without a label, has a size that is only mapped).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from hoarfrost.errors import NotFound, WentWrong
from hoarfrost.kinds.field import Keep, Late, Note, Ref, Tags
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Backup, Bytes, CloudPrint, Finding, Resource, Stream, Window


class Toy(Kind):
    service = "toy"
    sdk = ""
    known = Note("id", "status")

    def visible(self, cloud: Any) -> Iterator[dict[str, Any]]:
        yield from self.enumerate(cloud)
        yield from cloud.of_others.get(self.name, ())

    def settled(self, body: Mapping[str, Any]) -> bool:
        if body["status"] == "error":
            raise WentWrong(f"{body['name']} went wrong")
        return body["status"] == "ready"


class Size(Toy):
    path, key, plural = "/sizes", "size", "sizes"
    mapped = True
    kept = Keep("name")


class Label(Toy):
    path, key, plural = "/labels", "label", "labels"
    kept = Keep("name")


class Box(Toy):
    path, key, plural = "/boxes", "box", "boxes"
    kept = Keep("name")
    tags = Tags("tags")


class Slot(Toy):
    path, key, plural = "/slots", "slot", "slots"
    natural = ("box_id", "place")
    box = Ref("box_id", to="box")
    kept = Keep("name", "place")
    lit = Late("lit", after="thing", before="machine", at_first=False)


class Thing(Toy):
    path, key, plural = "/things", "thing", "things"
    natural = ("name",)
    mover = "thing"
    slot = Ref("slot_id", to="slot")
    kept = Keep("name")
    bytes = Note("bytes")


class Machine(Toy):
    path, key, plural = "/machines", "machine", "machines"
    size = Ref("size_id", to="size")
    things = Ref("things[]", to="thing")
    label = Ref("label_id", to="label", optional=True)
    peer = Ref("peer_id", to="machine", late=True, optional=True)
    kept = Keep("name")


KINDS: dict[str, Kind] = {one.name: one for one in (Machine(), Thing(), Slot(), Box(), Label(), Size())}


class Lock(Toy):
    path, key, plural = "/locks", "lock", "locks"
    kept = Keep("name")

    def made_by(self, body: Mapping[str, Any]) -> str:
        return "a door"


class Door(Toy):
    """Has a lock that nobody asked for."""

    path, key, plural = "/doors", "door", "doors"
    kept = Keep("name")
    lock = Note("lock_id")

    def brings(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        return (f"lock/{body['lock_id']}",)


class Latch(Toy):
    path, key, plural = "/latches", "latch", "latches"
    kept = Keep("name")
    lock = Ref("lock_id", to="lock", late=True, optional=True)


ALONG: dict[str, Kind] = {one.name: one for one in (Latch(), Lock(), Door())}


class ToyCloud:
    """Just enough of `hoarfrost.cloud.Cloud`. ``log`` is every call that changed something."""

    auth_url, region, user_id, user_name, roles = "http://toy", "", "user-here", "me", ("member",)
    project_name, keystone = "toys", "toy"

    def __init__(self, project_id: str = "project-here", delay: int = 1) -> None:
        self.project_id, self.delay = project_id, delay
        self.bodies: dict[str, dict[str, dict[str, Any]]] = {
            one.path: {} for one in (*KINDS.values(), *ALONG.values())
        }
        self.of_others: dict[str, list[dict[str, Any]]] = {}
        self.missing: set[str] = set()
        self.log: list[tuple[str, str, str]] = []
        self.fail: dict[tuple[str, str], Exception] = {}
        self.broken: set[str] = set()
        self._ids = itertools.count(1)
        self._waits: dict[str, int] = {}
        self._lock = threading.Lock()

    def has(self, service: str) -> bool:
        return service not in self.missing

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def rest(self, service: str, microversion: str = "") -> ToyCloud:
        return self

    def add(self, kind: str, **body: Any) -> str:
        id = f"{kind}-{next(self._ids)}"
        self.bodies[KINDS[kind].path][id] = {"status": "ready", **body, "id": id}
        return id

    def names(self, kind: str) -> list[str]:
        return sorted(body["name"] for body in self.bodies[KINDS[kind].path].values())

    def changed(self, verb: str) -> list[str]:
        return [name for did, _, name in self.log if did == verb]

    # -- as Rest ---------------------------------------------------------------------------------------------

    def list(self, path: str, plural: str, **query: str) -> Iterator[dict[str, Any]]:
        yield from [dict(body) for body in self.bodies[path].values()]

    def get(self, path: str, **query: str) -> Any:
        with self._lock:
            place, id = self._find(path)
            body = self.bodies[place][id]
            self._waits[id] = self._waits.get(id, 0) - 1
            if body["status"] == "making" and self._waits[id] <= 0:
                body["status"] = "error" if body["name"] in self.broken else "ready"
            return {_key(place): dict(body)}

    def post(self, path: str, body: Any, headers: Any = None) -> Any:
        with self._lock:
            content = {"name": "", **body[_key(path)]}
            self._say("post", path, content["name"])
            id = f"{_key(path)}-{next(self._ids)}"
            self._waits[id] = self.delay
            self.bodies[path][id] = {**content, "id": id, "status": "making"}
            return {_key(path): dict(self.bodies[path][id])}

    def put(self, path: str, body: Any, headers: Any = None) -> Any:
        with self._lock:
            place, id = self._find(path.removesuffix("/tags"))
            there = self.bodies[place][id]
            update = body if path.endswith("/tags") else body[_key(place)]
            if any(there.get(key) != value for key, value in update.items()):
                self._say("put", place, there["name"])
            there.update(update)

    def delete(self, path: str, missing_ok: bool = True) -> None:
        with self._lock:
            place, id = self._find(path)
            self._say("delete", place, self.bodies[place][id]["name"])
            del self.bodies[place][id]

    def _say(self, verb: str, path: str, name: str) -> None:
        if error := self.fail.get((verb, name)):
            raise error
        self.log.append((verb, path, name))

    def _find(self, path: str) -> tuple[str, str]:
        place, _, id = path.rpartition("/")
        if id not in self.bodies[place]:
            raise NotFound(f"{path} is not there")
        return place, id


def _key(path: str) -> str:
    return next(one.key for one in (*KINDS.values(), *ALONG.values()) if one.path == path)


class ToyMover:
    """Puts the bytes into the body. ``fail``: names of things that refuse to be filled."""

    def __init__(self) -> None:
        self.fail: dict[str, Exception] = {}

    def supply(self, *_: Any) -> Mapping[str, Any]:
        return {}

    def fill(
        self, cloud: Any, resource: Resource, id: str, stream: Stream, storage: Any, tell: Any
    ) -> tuple[Finding, ...]:
        tell(0, stream.size)
        if resource.name in self.fail:
            raise self.fail[resource.name]
        cloud.put(f"/things/{id}", {"thing": {"bytes": stream.ref}})
        return ()


class Memory:
    """A ledger in memory that survives its run. ``die_at``: the record that is not written."""

    def __init__(self, die_at: int = -1) -> None:
        self.run, self.entries, self.die_at = "run", list[dict[str, str]](), die_at

    def record(self, entry: Mapping[str, str]) -> None:
        if 0 <= self.die_at <= len(self.entries):
            raise Killed
        self.entries.append(dict(entry))

    def records(self, *, plan: str) -> list[dict[str, str]]:
        return list(self.entries)


class Killed(BaseException):
    """As kill -9 would do it: nobody catches this."""


def thing_and_all() -> list[Resource]:
    """Two boxes of the same name with a slot each, things of the same name in both, machines that name each
    other.
    """
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("size", {"id": "z", "name": "small"}),
        ("label", {"id": "l", "name": "red"}),
    ]
    for n in "12":
        bodies += [
            ("box", {"id": f"b{n}", "name": "box", "tags": ["kept"]}),
            ("slot", {"id": f"s{n}", "name": f"slot{n}", "box_id": f"b{n}", "place": 7, "lit": True}),
            ("thing", {"id": f"t{n}", "name": "thing", "slot_id": f"s{n}"}),
            (
                "machine",
                {
                    "id": f"m{n}",
                    "name": f"machine{n}",
                    "size_id": "z",
                    "things": [f"t{n}"],
                    "label_id": "l",
                    "peer_id": "m2" if n == "1" else "m1",
                },
            ),
        ]
    return [KINDS[kind].resource(body, owned=kind != "size") for kind, body in bodies]


def backup_of(resources: list[Resource]) -> Backup:
    streams = tuple(
        Stream(address=one.address, size=4, format="raw", ref=f"bytes of {one.id}")
        for one in resources
        if one.kind == "thing"
    )
    return Backup(
        project_id="project-there",
        project_name="toys",
        user_id="user-there",
        user_name="me",
        roles=("member",),
        cloud=CloudPrint(auth_url="http://old"),
        tool="test",
        started="2026-01-01T00:00:00Z",
        ended="2026-01-01T00:00:00Z",
        status="complete",
        window=Window(opened="", closed="", seconds=0.0),
        bytes=Bytes(),
        resources=tuple(resources),
        streams=streams,
    )
