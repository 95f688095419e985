"""The key slots in a store: listed, added, removed. Decides what may not be removed, and what rotation does.

How one is read and opened is opening.py's.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Literal, NamedTuple

import msgspec

from hoarfrost.errors import Damaged, Missing, RoleForbids, StoreError, UsageError, WrongKey
from hoarfrost.repository.damage import Damage, Note
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import KEYS, random_name
from hoarfrost.repository.opening import read_slot
from hoarfrost.repository.passphrase import AgeIdentity, AgeRecipient, Cost, Passphrase
from hoarfrost.repository.ring import Ring, Role
from hoarfrost.repository.slots import Secret, Slot, new_slot, open_slot, opens
from hoarfrost.repository.stores.store import Store, is_name, listed


class KeySlot(msgspec.Struct, frozen=True):
    """A key as it is listed. ``proven``: made by somebody who may read; None where this role cannot tell.

    One of the kind ``damaged`` opens nothing, and one that is ``unreadable`` the store does not give: only its id is
    known. ``why``: what is wrong with it.
    """

    id: str
    kind: str
    role: Role | Literal[""] = ""
    label: str = ""
    created: str = ""
    recipient: str = ""
    proven: bool | None = None
    why: str = ""
    hint: str = ""


class Rotation(NamedTuple):
    """``old``: names of all slots. ``kept``: what is sealed anew, and for whom. ``dropped``: what opens no more."""

    old: tuple[str, ...]
    kept: tuple[tuple[Slot, Passphrase | AgeRecipient], ...]
    dropped: tuple[KeySlot, ...]


class KeySlots:
    """Of an open repository."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    def listed(self) -> list[KeySlot]:
        """Also those that are damaged."""
        return [self._shown(name, slot) for name, slot in self._all().items()]

    def damaged(self) -> tuple[Damage, ...]:
        """Said by a check: whoever holds such a key would learn it on the day when he needs it."""
        wrong = (slot for slot in self._all().values() if not isinstance(slot, Slot))
        return tuple(Damage.of_no_backup(one) for one in wrong)

    def notes(self) -> tuple[Note, ...]:
        """Of what is passed over here, and may yet be what somebody has put away."""
        remedy = (
            "Delete it, unless you know it: a copy of a slot opens the repository under a name of its own."
        )
        return tuple(Note(f"{name} is no key slot, and is passed over.", remedy) for name in self.strange())

    def _all(self) -> dict[str, Slot | Damaged | StoreError]:
        found: dict[str, Slot | Damaged | StoreError] = {}
        for name in self._names():
            with suppress(Missing):  # removed since it was listed
                found[name] = read_slot(self._store, name)
        return found

    def _whole(self) -> dict[str, Slot]:
        return {name: slot for name, slot in self._all().items() if isinstance(slot, Slot)}

    def _names(self) -> list[str]:
        return sorted(name for name, _ in listed(self._store, KEYS))

    def strange(self) -> list[str]:
        """What lies among the slots under a name that none can have: it opens nothing, and cannot be removed here."""
        return sorted(name for name, _ in self._store.list(KEYS) if not is_name(name))

    def _shown(self, name: str, slot: Slot | Damaged | StoreError) -> KeySlot:
        id = name.removeprefix(KEYS)
        if not isinstance(slot, Slot):
            return KeySlot(
                id,
                "damaged" if isinstance(slot, Damaged) else "unreadable",
                why=slot.sentence,
                hint=slot.hint,
            )
        proven = self._proven(slot) if self._keys.may_read else None
        return KeySlot(id, slot.kind, slot.role, slot.label, slot.created, slot.recipient, proven)

    def _proven(self, slot: Slot) -> bool:
        return secrets.compare_digest(slot.proof, slot.proof_by(self._keys.slots))

    def add(self, secret: Passphrase | AgeRecipient, role: Role, label: str, cost: Cost | None) -> str:
        """The id of the new slot. Raises RoleForbids, UsageError for a passphrase that opens another slot."""
        if self._keys.may_read and isinstance(secret, Passphrase):
            for name, slot in self._whole().items():
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

    def remove(self, id: str, *, dry_run: bool) -> KeySlot:
        """The one that is removed, or would be.

        Raises UsageError for the last that may read, or where there is none such; RoleForbids for a write key.
        """
        if self._keys.role == "write":
            hint = "Open the repository with a key of the role maintain or read."
            raise RoleForbids("A write key cannot remove a key.", hint=hint)
        names = [name.removeprefix(KEYS) for name in self._names()]
        # One that is whole is meant, though that of a copy beside it begins with it
        found = [id] if id in names else [name for name in names if id and name.startswith(id)]
        if len(found) != 1:
            raise UsageError(
                f"There is no one key {id!r}.", hint="List them with `hoarfrost repository key list`."
            )
        if not any(self._reads(slot) for name, slot in self._whole().items() if name != KEYS + found[0]):
            hint = "Add another key for reading first."
            raise UsageError("This is the last key that can read the repository.", hint=hint)
        gone = self._shown(KEYS + found[0], read_slot(self._store, KEYS + found[0]))
        if not dry_run:
            self._store.delete(KEYS + found[0])
        return gone

    def _reads(self, slot: Slot) -> bool:
        return slot.role == "read" and (not self._keys.may_read or self._proven(slot))

    def rotation(self, secret: Secret) -> Rotation:
        """What a rotation by who holds this secret would keep and drop.

        Raises RoleForbids, WrongKey, StoreError for a slot that the store does not give: it may be one to keep.
        """
        if not self._keys.may_read:
            raise RoleForbids(f"A {self._keys.role} key cannot rotate keys.")
        old = self._all()
        for one in old.values():
            if isinstance(one, StoreError):
                raise one
        own = {name for name, slot in old.items() if isinstance(slot, Slot) and self._is_own(slot, secret)}
        if not own:
            raise WrongKey("The secret that was given is not that of a key for reading.")
        kept: dict[tuple[str, ...], tuple[Slot, Passphrase | AgeRecipient]] = {}
        dropped: list[KeySlot] = []
        # The caller's own slots first: if this dies, it is the caller who can go on with what it has begun
        for name, slot in sorted(old.items(), key=lambda one: one[0] not in own):
            if isinstance(slot, Slot) and slot.kind == "age" and (name in own or self._proven(slot)):
                goes_on: Passphrase | AgeRecipient = AgeRecipient(slot.recipient)
            elif isinstance(slot, Slot) and name in own:
                goes_on = secret
            else:
                dropped.append(self._shown(name, slot))
                continue
            # One that is there already is its twin, left by a rotation that died
            kept.setdefault((slot.kind, slot.role, slot.label, slot.recipient), (slot, goes_on))
        return Rotation(tuple(old), tuple(kept.values()), tuple(dropped))

    def rotate(self, rotation: Rotation, cost: Cost | None) -> Ring:
        """A new epoch: the ring to go on with."""
        ring = self._keys.ring.next_epoch()
        for slot, secret in rotation.kept:
            self._put(ring, slot.role, secret, slot.label, cost)
        for name in rotation.old:
            self._store.delete(name)
        return ring

    def shred(self) -> None:
        """Delete all slots: from then on nobody opens the repository.

        Raises RoleForbids; StoreError, when that is done, for what lies beside them and may be a copy of one.
        """
        if not self._keys.may_read:
            raise RoleForbids(f"A {self._keys.role} key cannot destroy a repository.")
        for name in self._names():
            self._store.delete(name)
        if left := self.strange():
            hint = "Delete it yourself: a copy of a key slot opens the repository, once it has a name of its own again."
            raise StoreError(f"The keys are destroyed, but {', '.join(left)} stays.", hint=hint)

    def _is_own(self, slot: Slot, secret: Secret) -> bool:
        return slot.role == "read" and self._proven(slot) and self._is_opened(slot, secret)

    def _is_opened(self, slot: Slot, secret: Secret) -> bool:
        if not opens(secret, slot):
            return False
        try:
            open_slot(slot, secret, self._keys.repository)
        except (WrongKey, Damaged):
            return False
        return True
