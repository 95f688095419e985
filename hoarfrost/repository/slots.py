"""Key slots: rings sealed for one passphrase or one age recipient. Decides what a slot says in the clear."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hoarfrost.errors import Damaged, WrongKey
from hoarfrost.repository import age
from hoarfrost.repository.keys import NO_NONCE
from hoarfrost.repository.layout import ID_BYTES
from hoarfrost.repository.passphrase import AgeIdentity, AgeRecipient, Cost, Passphrase, argon2
from hoarfrost.repository.ring import Ring, Role

_NOT_OURS = "What the key slot seals was changed, or belongs to another repository."

Secret = Passphrase | AgeIdentity
"""What opens a slot."""


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A `keys/` object. Everything here but ``sealed`` can be read by who holds the store."""

    kind: Literal["argon2id", "age"]
    role: Role
    label: str
    created: str
    sealed: str
    recipient: str = ""
    time: int = 0
    memory_kib: int = 0
    lanes: int = 0
    salt: str = ""
    commitment: str = ""
    proof: str = ""
    sum: str = ""

    def text(self, *without: str) -> bytes:
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return msgspec.json.encode({k: v for k, v in fields.items() if k not in without}, order="sorted")

    def proof_by(self, key: bytes) -> str:
        return blake3(self.text("proof", "sum"), key=key).digest(ID_BYTES).hex()

    def checksum(self) -> str:
        return hashlib.sha256(self.text("sum")).hexdigest()

    @classmethod
    def decode(cls, data: bytes) -> Slot:
        """Raises Damaged."""
        try:
            slot = msgspec.json.decode(data, type=cls)
            for value in (slot.sealed, slot.salt, slot.commitment, slot.proof):
                bytes.fromhex(value)
        except (msgspec.DecodeError, ValueError) as error:
            raise Damaged("A key slot is damaged.") from error
        cost = Cost(slot.time, slot.memory_kib, slot.lanes)
        passphrase = slot.kind == "argon2id"
        if slot.checksum() != slot.sum or (passphrase and (not cost.sane() or len(slot.salt) < 16)):
            raise Damaged("A key slot is damaged.")
        return slot


def new_slot(
    ring: Ring, role: Role, secret: Passphrase | AgeRecipient, label: str, cost: Cost | None, proof: bytes
) -> bytes:
    """The object. ``proof``: `Keys.slots`. Raises UsageError, RoleForbids."""
    given = ring.for_role(role).encode()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    if isinstance(secret, AgeRecipient):
        sealed = age.sealed_for(secret, given).hex()
        slot = Slot("age", role, label, created, sealed, recipient=secret.text)
    else:
        slot = _passphrase_slot(given, ring.repository, role, secret, label, created, cost or Cost.measured())
    slot = msgspec.structs.replace(slot, proof=slot.proof_by(proof))
    return msgspec.json.encode(msgspec.structs.replace(slot, sum=slot.checksum()))


def _passphrase_slot(
    ring: bytes, repository: bytes, role: Role, secret: Passphrase, label: str, created: str, cost: Cost
) -> Slot:
    salt = secrets.token_bytes(16)
    out = argon2(secret, salt, cost)
    sealed = AESGCM(out[:32]).encrypt(NO_NONCE, ring, _aad(repository, role))
    return Slot(
        kind="argon2id",
        role=role,
        label=label,
        created=created,
        sealed=sealed.hex(),
        time=cost.time,
        memory_kib=cost.memory_kib,
        lanes=cost.lanes,
        salt=salt.hex(),
        commitment=out[32:].hex(),
    )


def _aad(repository: bytes, role: Role) -> bytes:
    return b"hoarfrost 2 slot" + repository + role.encode()


def opens(secret: Secret, slot: Slot) -> bool:
    """Whether trying makes sense."""
    return (slot.kind == "age") == isinstance(secret, AgeIdentity)


def open_slot(slot: Slot, secret: Secret, repository: bytes) -> Ring:
    """Raises WrongKey if the secret is not this slot's; Damaged if it is, and what it opens is none of ours.

    Damage by chance is no longer possible here: `Slot.decode` has compared the sum.
    """
    sealed = bytes.fromhex(slot.sealed)
    if isinstance(secret, AgeIdentity):
        ring = Ring.decode(age.opened_by(secret, sealed))
    else:
        out = argon2(secret, bytes.fromhex(slot.salt), Cost(slot.time, slot.memory_kib, slot.lanes))
        if not secrets.compare_digest(out[32:].hex(), slot.commitment):
            raise WrongKey("The passphrase does not open the repository.")
        try:
            ring = Ring.decode(AESGCM(out[:32]).decrypt(NO_NONCE, sealed, _aad(repository, slot.role)))
        except InvalidTag as error:
            raise Damaged(_NOT_OURS) from error
    if (ring.repository, ring.role) != (repository, slot.role):
        raise Damaged(_NOT_OURS)
    return ring
