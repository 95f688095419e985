"""Collections as others see them: `gc/<number>/` claim, mark and seal. Decides what a writer must not lean on.

A mark says which packs may go and which backups were looked at; a seal ends it, with the packs that do go, or with
none. Collections are numbered, and one begins only when every earlier one has its seal. A seal stays for ever: it is
what stops a collector that fell asleep. Marks go when a later collection is through.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeVar

import msgspec

from hoarfrost.errors import Damaged, Missing
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import GC, ID_BYTES, PackClass, gc_object, gc_of
from hoarfrost.repository.stores.store import Store

T = TypeVar("T")


class Claim(msgspec.Struct, frozen=True):
    owner: str
    time: str


class Mark(msgspec.Struct, frozen=True):
    """``packs``: names, joined. ``snaps``: the backups none of whose blobs is only in those packs."""

    packs: bytes
    snaps: list[str]


class Seal(msgspec.Struct, frozen=True):
    """``packs``: those of the mark that go, joined; none where the verdict is ``void``."""

    verdict: Literal["go", "void"]
    packs: bytes = b""


class Standing(NamedTuple):
    """What a writer that begins has to know. ``gone``: packs that no backup needs, now or ever, deleted or about to
    be. ``doomed``: packs that may go. ``seen``: for each collection under way the backups it has looked at."""

    gone: set[bytes]
    doomed: set[bytes]
    seen: list[set[str]]


class Generations:
    """The objects of collections. One for each look: nothing is kept."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    def listed(self) -> dict[int, set[str]]:
        """The steps that each collection has come to."""
        found: dict[int, set[str]] = {}
        for name, _ in self._store.list(GC):
            if step := gc_of(name):
                found.setdefault(step[0], set()).add(step[1])
        return found

    def standing(self) -> Standing:
        """Raises Damaged."""
        gone: set[bytes] = set()
        doomed: set[bytes] = set()
        seen: list[set[str]] = []
        for number, steps in self.listed().items():
            if "mark" not in steps:
                continue  # not yet: it will see whoever asks; or no longer: its packs are gone
            if seal := self.seal(number):
                gone |= pack_set(seal.packs)
                continue
            try:
                mark = self.mark(number)
            except Missing:
                continue  # was through while we looked
            doomed |= pack_set(mark.packs)
            seen.append(set(mark.snaps))
        return Standing(gone, doomed, seen)

    def mark(self, number: int) -> Mark:
        return self._read(gc_object(number, "mark"), Mark)

    def seal(self, number: int) -> Seal | None:
        try:
            return self._read(gc_object(number, "seal"), Seal)
        except Missing:
            return None

    def put(self, number: int, step: Claim | Mark | Seal) -> None:
        """Raises NameTaken."""
        name = gc_object(number, type(step).__name__.lower())
        self._store.put_new(name, self._keys.seal(PackClass.META, name, msgspec.msgpack.encode(step)))

    def drop(self, number: int, steps: Iterable[str]) -> None:
        """All of a collection that is through but its seal."""
        for step in steps:
            if step != "seal":
                self._store.delete(gc_object(number, step))

    def _read(self, name: str, kind: type[T]) -> T:
        sealed = self._store.get(name)
        try:
            payload = self._keys.unseal(PackClass.META, name, sealed)
            return msgspec.msgpack.decode(payload, type=kind)
        except (msgspec.DecodeError, ValueError, Damaged) as error:
            hint = "Nothing that was backed up is affected. `hoarfrost repository prune` ends the collection it is of."
            raise Damaged(f"{name} is damaged.", hint=hint) from error


def pack_set(joined: bytes) -> set[bytes]:
    return {joined[at : at + ID_BYTES] for at in range(0, len(joined), ID_BYTES)}
