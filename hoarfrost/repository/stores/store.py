"""What the repository asks of the place where its bytes lie. Decides nothing about how a store does it.

A store is for several threads at once. An object never changes, so that a cache, a retry or a slow replica can
do no worse than not to see it yet. What was seen of it, if only as a name that is taken, stays until somebody deletes
it, though the put that made it has not returned yet: others go on from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

Buffer = bytes | memoryview

_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+){0,2}(\.[a-z]+)?")
_RESERVED = ("lock", "tmp")  # what the stores that are folders keep beside the objects


def checked(name: str) -> str:
    """The name, if it may be one: at most three levels of ``[a-z0-9-]``, and a suffix. Raises ValueError.

    The same for all stores, so that a repository can be copied from any to any by other means.
    """
    if not is_name(name):
        raise ValueError(f"{name!r} is no name of an object")
    return name


def is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in _RESERVED


NEAR = 2  # requests at once of a folder or memory: as many as threads that open what they bring
FAR = 8  # where each waits for a network


class Store(Protocol):
    at_once: int  # requests of a reader; more gain nothing: each holds 8 MiB, and what they were sealed in

    def put_new(self, name: str, data: Buffer) -> None:
        """Keep ``data`` under a name that does not exist, whole or not at all, durable on return.

        Of two callers at once exactly one succeeds. That rests on the two having different ``data``: after an
        answer that was lost, what is there is compared with what was sent. So who claims a name puts something of
        his own into it. Raises NameTaken, StoreFull, StoreError; after StoreUnavailable the object may be there.
        """

    def get(self, name: str) -> bytes:
        """The whole object. Raises Missing."""

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes. Raises Missing, or Damaged where the object is shorter."""

    def size(self, name: str) -> int | None:
        """Bytes of an object; None where there is none."""

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Names that start with ``prefix``, with their sizes, in no order; also of what others have put there.

        No request can be made for what cannot be a name: who goes on with one takes `listed`.
        May lack what was put a moment ago, and name what was deleted (Swift; others are exact).
        """

    def delete(self, name: str) -> None:
        """Durable on return; no error where there is no such object."""

    def describe(self) -> str:
        """The URL to print: without credentials."""

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        """One writer at a time, where the store can tell (folders of this machine); elsewhere no promise.

        Raises RepositoryInUse naming the other; never outlives its process.
        """


def listed(store: Store, prefix: str) -> Iterator[tuple[str, int]]:
    """What of a listing can be an object; the rest is nobody's: a note, what an editor or NFS leaves behind."""
    return ((name, size) for name, size in store.list(prefix) if is_name(name))
