"""That a writer is at work: `sessions/` objects. Decides how often it says so, and when it may be given up.

No backup depends on the clock: a writer that is given up by mistake finds a tombstone where its commit should be, and
its run fails and is made again.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from hoarfrost.errors import Damaged, Missing, StoreError
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SESSIONS, PackClass, beat_object, beat_of
from hoarfrost.repository.stores.store import Store

BEAT = timedelta(minutes=10)
SHORTEST_LEASE = 3 * BEAT  # one that is late, since the store was away for a while, is no sign of death
LEASE = timedelta(hours=6)  # hours, not minutes, for stores whose listings may lag (Swift)


class Beat(msgspec.Struct, frozen=True):
    owner: str
    time: str


class Open(NamedTuple):
    """A session that was neither committed nor given up when it was listed."""

    session: str
    owner: str
    silent: timedelta
    objects: tuple[str, ...]


class Presence:
    """Of one writer: from `begin` until `end`."""

    def __init__(self, store: Store, keys: Keys, session: str, owner: str) -> None:
        self._store = store
        self._keys = keys
        self._session = session
        self._owner = f"{owner} ({os.getpid()}@{socket.gethostname()})"
        self._number = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="repository-presence", daemon=True)

    def begin(self) -> None:
        self._say()
        self._thread.start()

    def stop(self) -> None:
        """Say nothing more; what was said stays, so that the session is waited for, or given up."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def end(self) -> None:
        """Only for a session that is committed, or can never be."""
        self.stop()
        for number in range(max(0, self._number - 1), self._number + 1):
            self._store.delete(beat_object(self._session, number))

    def _go_on(self) -> None:
        while not self._over.wait(BEAT.total_seconds()):
            with suppress(StoreError):  # the next beat tries again; a lease has many
                self._say(self._number + 1)
                self._number += 1
                if self._number > 1:  # two stay: a listing that is made meanwhile meets one of them
                    self._store.delete(beat_object(self._session, self._number - 2))

    def _say(self, number: int = 0) -> None:
        name = beat_object(self._session, number)
        beat = Beat(self._owner, datetime.now(UTC).isoformat(timespec="seconds"))
        self._store.put_new(name, self._keys.seal(PackClass.META, name, msgspec.msgpack.encode(beat)))


def open_sessions(store: Store, keys: Keys) -> list[Open]:
    """All that are listed, also those that are committed and have not been taken away."""
    names: dict[str, list[tuple[int, str]]] = {}
    for name, _ in store.list(SESSIONS):
        if found := beat_of(name):
            names.setdefault(found[0], []).append((found[1], name))
    return [_opened(store, keys, session, sorted(found)) for session, found in names.items()]


def _opened(store: Store, keys: Keys, session: str, beats: list[tuple[int, str]]) -> Open:
    objects = tuple(name for _, name in beats)
    try:
        payload = keys.unseal(PackClass.META, objects[-1], store.get(objects[-1]))
        beat = msgspec.msgpack.decode(payload, type=Beat)
        return Open(session, beat.owner, datetime.now(UTC) - datetime.fromisoformat(beat.time), objects)
    except Missing:  # said anew, or over: it is waited for until its name says which
        return Open(session, "another run", timedelta(0), objects)
    except (Damaged, msgspec.DecodeError, ValueError):  # nobody's: given up at once
        return Open(session, "unknown", timedelta.max, objects)
