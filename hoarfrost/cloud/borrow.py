"""Temporary resources: written down before they are made, found again by name, given back whatever happens.

The name says whose they are (``hoarfrost-tmp-<run>-<n>``), so that after a crash any machine finds them with
the API alone. Where the ledger lies, and when a run is over, is not decided here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from hoarfrost.cloud.wait import wait_until
from hoarfrost.errors import Cancelled, Forbidden, HoarfrostError, NotFound, Refused, Unavailable, WentWrong
from hoarfrost.model import Finding

if TYPE_CHECKING:
    from hoarfrost.cloud.connect import Cloud

MARK = "hoarfrost-tmp-"
"""How the name of everything borrowed begins."""

BY_PRODUCT = "snapshot for "
"""How Nova names the volume snapshots of a volume-booted createImage: this, then the name of the image."""

What = Literal["image", "volume", "volume_snapshot", "secret"]

_PLACES: dict[str, tuple[str, str, str, str]] = {
    # in the order of removal: an image may be in the making from a volume, a volume from a snapshot; it may name a key
    "image": ("image", "/v2/images", "images", ""),
    "volume": ("block-storage", "/volumes", "volumes", "volume"),
    "volume_snapshot": ("block-storage", "/snapshots", "snapshots", "snapshot"),
    "secret": ("key-manager", "/v1/secrets", "secrets", ""),
}
_ORDER = list(_PLACES)

NAMELESS = ("secret",)
"""Made without a name, known by the ledger alone, and expiring by themselves: Cinder gives the key of a new volume
the name of the secret that it copies, so what bears our name could be the key of a restored volume."""

_AT_ONCE = 8
_LIMIT = 900.0  # seconds until something deleted is gone; deleting a large volume may overwrite it


class Borrowed(msgspec.Struct, frozen=True):
    """One temporary resource. ``id`` is "" while it is unknown whether the cloud made it."""

    what: What
    id: str
    name: str


class Ledger(Protocol):
    """Where it is written down. ``record`` returns when the entry would survive a crash."""

    def record(self, entry: Mapping[str, str]) -> None: ...


class Borrow:
    """What one run has borrowed. For several threads; leaving the ``with`` gives everything back."""

    def __init__(self, cloud: Cloud, ledger: Ledger, run: str) -> None:
        self._cloud, self._ledger, self._run = cloud, ledger, run
        self._held: dict[str, Borrowed] = {}  # by name and kind
        self._count = 0
        self._lock = threading.Lock()
        # One snapshot is removed at a time: where volumes are files, each removal is a block job of the server that
        # has the volume, and QEMU 7.2 was seen to crash, server and all, when two of them overlapped.
        self._snapshots = threading.Lock()
        self._stopped = threading.Event()

    def take(self, what: What, make: Callable[[str], str]) -> Borrowed:
        """``make(name)`` makes it under that name and returns its id. What it raises goes through."""
        self.go_on()
        with self._lock:
            self._count += 1
            name = f"{MARK}{self._run}-{self._count}"
        one = Borrowed(what=what, id="", name=name)
        self._write("intent", one)
        self._hold(one)
        try:
            one = Borrowed(what=what, id=make(name), name=name)
        except Refused:
            self._forget(one)  # the cloud said no: nothing was made
            raise
        self._write("made", one)
        self._hold(one)
        return one

    def adopt(self, what: What, id: str, name: str) -> Borrowed:
        """Something the cloud made as a by-product of ours: from now on ours to give back."""
        one = Borrowed(what=what, id=id, name=name)
        self._write("made", one)
        self._hold(one)
        return one

    def held(self) -> list[Borrowed]:
        """In an order in which they can be removed."""
        with self._lock:
            return sorted(self._held.values(), key=lambda one: _ORDER.index(one.what))

    def give_back(self, one: Borrowed) -> None:
        """Deletes it and waits until it is gone. Fine if it is gone already. Raises CloudError."""
        named = [one] if one.id else [it for it in _marked(self._cloud, one.what) if it.name == one.name]
        with self._snapshots if one.what == "volume_snapshot" else nullcontext():
            for it in named:
                _remove(self._cloud, it.what, it.id)
        self._write("gone", one)
        self._forget(one)

    def give_back_all(self) -> list[Finding]:
        """Everything still held. What could not be removed becomes a Finding, once, and the rest goes on."""
        findings: list[Finding] = []
        with ThreadPoolExecutor(_AT_ONCE, "give-back") as pool:
            for what in _PLACES:  # one kind after the other: the next may be in the way of the last
                held = [one for one in self.held() if one.what == what]
                findings += [one for one in pool.map(self._give_back, held) if one is not None]
        return findings

    def _give_back(self, one: Borrowed) -> Finding | None:
        try:
            self.give_back(one)
        except HoarfrostError as error:
            self._forget(one)
            return _left(one, error)
        return None

    def stop(self) -> None:
        """The run is being cancelled: from now on `go_on` and `take` raise Cancelled, in every thread."""
        self._stopped.set()

    def go_on(self) -> None:
        """For loops that wait: whether there is still a reason to."""
        if self._stopped.is_set():
            raise Cancelled("The run was stopped.")

    def __enter__(self) -> Borrow:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        findings = self.give_back_all()
        if not findings:
            return
        sentence = " ".join(one.sentence for one in findings)
        if error is not None:
            error.add_note(sentence)
            return
        raise WentWrong(sentence, hint=findings[0].hint)

    def _hold(self, one: Borrowed) -> None:
        with self._lock:
            self._held[_key(one)] = one

    def _forget(self, one: Borrowed) -> None:
        with self._lock:
            self._held.pop(_key(one), None)

    def _write(self, state: str, one: Borrowed) -> None:
        self._ledger.record({"borrow": state, "what": one.what, "id": one.id, "name": one.name})


def leftovers(cloud: Cloud) -> list[Borrowed]:
    """Everything in the project that carries our mark, whichever machine made it, in an order of removal.

    A run that is still going on has its things among them.
    """
    return [one for what in _PLACES for one in _marked(cloud, what)]


def _marked(cloud: Cloud, what: str) -> Iterator[Borrowed]:
    service, path, plural, _ = _PLACES[what]
    if what in NAMELESS or not cloud.has(service):
        return
    query = {"owner": cloud.project_id} if what == "image" else {}
    for body in cloud.rest(service).list(path if what == "image" else f"{path}/detail", plural, **query):
        name = body.get("name") or ""
        if name.removeprefix(BY_PRODUCT).startswith(MARK):
            yield Borrowed(what=what, id=body["id"], name=name)  # type: ignore[arg-type]


def _remove(cloud: Cloud, what: str, id: str) -> None:
    """Deletes and waits. What is busy (400 or 409: being uploaded, cloned, created) is asked again later."""
    service, path, _, key = _PLACES[what]
    rest = cloud.rest(service)
    asked: list[str] = []

    def gone() -> bool | None:
        try:
            answer: Any = rest.get(f"{path}/{id}")
        except NotFound:
            return True
        body = answer[key] if key else answer
        if asked and body["status"].startswith("error"):
            raise WentWrong(f"The temporary {what} {id} could not be deleted: it is {body['status']}.")
        if not asked or body["status"] not in ("deleting", "deleted"):
            try:
                rest.delete(f"{path}/{id}")
            except Forbidden:
                raise
            except (Refused, Unavailable):
                return None
            asked.append(id)
        return None

    wait_until(gone, what=f"Deleting the temporary {what} {id}", limit=_LIMIT)


def _left(one: Borrowed, error: HoarfrostError) -> Finding:
    return Finding(
        address=f"{one.what}/{one.id or one.name}",
        severity="error",
        code="left-behind",
        sentence=f"The temporary {one.what} {one.name} could not be removed. {error.sentence}",
        hint="Remove it with `hoarfrost leftover remove`.",
    )


def _key(one: Borrowed) -> str:
    return f"{one.what}/{one.name}" if one.name.startswith(MARK) else f"{one.what}/{one.id}"
