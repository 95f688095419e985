"""The key slots in a store: opened, listed, added, removed. Decides what may not be removed, and what rotation does."""

from __future__ import annotations

import secrets

import msgspec

from hoarfrost.errors import Damaged, RepositoryError, RoleForbids, UsageError, WrongKey
from hoarfrost.repository.damage import Damage
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import KEYS, random_name
from hoarfrost.repository.passphrase import AgeIdentity, AgeRecipient, Cost, Passphrase
from hoarfrost.repository.ring import Ring, Role
from hoarfrost.repository.slots import Secret, Slot, new_slot, open_slot, opens
from hoarfrost.repository.stores.store import Store


class KeySlot(msgspec.Struct, frozen=True):
    """A key as it is listed. ``proven``: made by somebody who may read; None where this role cannot tell."""

    id: str
    kind: str
    role: Role
    label: str
    created: str
    recipient: str
    proven: bool | None


def open_ring(store: Store, secret: Secret, repository: bytes) -> Ring:
    """From the first slot that the secret opens, of the newest epoch. Raises WrongKey, Damaged."""
    names = sorted(name for name, _ in store.list(KEYS))
    if not names:
        hint = "It was shredded, or its keys/ are lost: only a copy of a key slot from before opens it."
        raise Damaged(f"The repository at {store.describe()} has no key slot.", hint=hint)
    trouble: list[RepositoryError] = []
    found: dict[str, Ring] = {}
    alike: set[tuple[str, Role, str]] = set()
    for name in names:
        try:
            slot = Slot.decode(store.get(name))
            # After one that opens, only a twin is tried: a rotation that died has left the same slot twice
            if opens(secret, slot) and (not found or (slot.kind, slot.role, slot.label) in alike):
                found[name] = open_slot(slot, secret, repository)
                alike.add((slot.kind, slot.role, slot.label))
        except (WrongKey, Damaged) as error:
            trouble.append(error)
    if found:
        return max(found.values(), key=lambda ring: ring.epoch)
    raise min(
        trouble,
        key=lambda error: isinstance(error, Damaged),
        default=WrongKey("No key slot is of this kind."),
    )


class KeySlots:
    """Of an open repository."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    def listed(self) -> list[KeySlot]:
        """Raises Damaged."""
        return [self._shown(name, slot) for name, slot in self._all().items()]

    def damaged(self) -> tuple[Damage, ...]:
        """Said by a check: whoever holds such a key would learn it on the day when he needs it."""
        found = []
        for name in self._names():
            try:
                self._slot(name)
            except Damaged as error:
                found.append(Damage("", "", 0, 0, error.sentence))
        return tuple(found)

    def _all(self) -> dict[str, Slot]:
        return {name: self._slot(name) for name in self._names()}

    def _names(self) -> list[str]:
        return sorted(name for name, _ in self._store.list(KEYS))

    def _slot(self, name: str) -> Slot:
        try:
            return Slot.decode(self._store.get(name))
        except Damaged as error:
            id = name.removeprefix(KEYS)
            hint = (
                f"Other keys still open the repository; `hoarfrost repository key remove {id}` takes it away."
            )
            raise Damaged(f"The key slot {id} is damaged.", hint=hint) from error

    def _shown(self, name: str, slot: Slot) -> KeySlot:
        proven = self._proven(slot) if self._keys.may_read else None
        id = name.removeprefix(KEYS)
        return KeySlot(id, slot.kind, slot.role, slot.label, slot.created, slot.recipient, proven)

    def _proven(self, slot: Slot) -> bool:
        return secrets.compare_digest(slot.proof, slot.proof_by(self._keys.slots))

    def add(self, secret: Passphrase | AgeRecipient, role: Role, label: str, cost: Cost | None) -> str:
        """The id of the new slot. Raises RoleForbids, UsageError for a passphrase that opens another slot."""
        if self._keys.may_read and isinstance(secret, Passphrase):
            for name, slot in self._all().items():
                if self._is_opened(slot, secret):
                    # Which of two slots is found first is chance, and with it what the passphrase may do
                    raise UsageError(
                        f"This passphrase opens the key {name.removeprefix(KEYS)} already.",
                        hint="Choose another one, or remove that key first.",
                    )
        return self._put(self._keys.ring, role, secret, label, cost)

    def _put(
        self, ring: Ring, role: Role, secret: Passphrase | AgeRecipient, label: str, cost: Cost | None
    ) -> str:
        if isinstance(secret, AgeIdentity):
            raise UsageError("A key is added for an age recipient, not for an identity.")
        id = random_name()
        self._store.put_new(KEYS + id, new_slot(ring, role, secret, label, cost, self._keys.slots))
        return id

    def remove(self, id: str) -> None:
        """Raises UsageError for the last that may read, or where there is none such."""
        names = [name.removeprefix(KEYS) for name in self._names()]
        found = [name for name in names if id and name.startswith(id)]
        if len(found) != 1:
            raise UsageError(
                f"There is no one key {id!r}.", hint="List them with `hoarfrost repository key list`."
            )
        if not any(self._reads(name) for name in names if name != found[0]):
            hint = "Add another key for reading first."
            raise UsageError("This is the last key that can read the repository.", hint=hint)
        self._store.delete(KEYS + found[0])

    def _reads(self, id: str) -> bool:
        try:
            slot = self._slot(KEYS + id)
        except Damaged:
            return False
        return slot.role == "read" and (not self._keys.may_read or self._proven(slot))

    def rotate(self, secret: Secret, cost: Cost | None) -> tuple[Ring, list[KeySlot]]:
        """A new epoch: the ring to go on with, and the slots that were dropped. Raises RoleForbids, WrongKey."""
        if not self._keys.may_read:
            raise RoleForbids(f"A {self._keys.role} key cannot rotate keys.")
        old = self._all()
        own = {name for name, slot in old.items() if self._is_own(slot, secret)}
        if not own:
            raise WrongKey("The secret that was given is not that of a key for reading.")
        ring = self._keys.ring.next_epoch()
        dropped: list[KeySlot] = []
        made: set[tuple[str, ...]] = set()
        # The caller's own slots first: if this dies, it is the caller who can go on with what it has begun
        for name, slot in sorted(old.items(), key=lambda one: one[0] not in own):
            what = slot.kind, slot.role, slot.label, slot.recipient
            if what in made and (slot.kind == "age" or name in own):
                continue  # the twin of one, left by a rotation that died
            if slot.kind == "age" and self._proven(slot):
                made.add(what)
                self._put(ring, slot.role, AgeRecipient(slot.recipient), slot.label, cost)
            elif name in own:
                made.add(what)
                self._put(ring, slot.role, secret, slot.label, cost)
            else:
                dropped.append(self._shown(name, slot))
        for name in old:
            self._store.delete(name)
        return ring, dropped

    def shred(self) -> None:
        """Delete all slots: from then on nobody opens the repository. Raises RoleForbids."""
        if not self._keys.may_read:
            raise RoleForbids(f"A {self._keys.role} key cannot destroy a repository.")
        for name, _ in list(self._store.list(KEYS)):
            self._store.delete(name)

    def _is_own(self, slot: Slot, secret: Secret) -> bool:
        return slot.role == "read" and self._proven(slot) and self._is_opened(slot, secret)

    def _is_opened(self, slot: Slot, secret: Secret) -> bool:
        if not opens(secret, slot):
            return False
        try:
            open_slot(slot, secret, self._keys.repository)
        except WrongKey:
            return False
        return True
