"""Passphrase -> key slot -> master key -> one key for each purpose; and the seal of small objects.

Decides how secrets are derived and held. Pack keys are pack.py's.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import unicodedata
from typing import Literal, NoReturn

import msgspec
from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hoarfrost.errors import Damaged, RepositoryError, UsageError, WrongKey
from hoarfrost.repository.layout import PackClass

NO_NONCE = bytes(12)  # right only for keys that seal one message
_OBJECT = b"HFO1"
_SALT = 32


class Passphrase:
    """A secret that does not print. Compared, copied into messages or pickled it gives nothing away."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        if not secret:
            raise UsageError("The passphrase is empty.", hint="An empty passphrase protects nothing.")
        self._secret = unicodedata.normalize("NFC", secret).encode()

    def reveal(self) -> bytes:
        return self._secret

    def __repr__(self) -> str:
        return "Passphrase(***)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a passphrase is not pickled")


class Cost(msgspec.Struct, frozen=True):
    """What one guess at a passphrase costs (Argon2id)."""

    time: int = 3
    memory_kib: int = 256 << 10
    lanes: int = 4

    @classmethod
    def measured(cls) -> Cost:
        """256 MiB where that takes at most about 2 s, else 128 or 64 (the least: RFC 9106, section 4)."""
        least = cls(memory_kib=64 << 10)
        start = time.perf_counter()
        _argon2(Passphrase("measure"), bytes(16), least)
        seconds = time.perf_counter() - start
        times = 4 if seconds < 0.5 else 2 if seconds < 1 else 1
        return cls(memory_kib=least.memory_kib * times)

    def sane(self) -> bool:
        """A slot is read before anything proves who wrote it: it may not ask for any amount of memory."""
        lanes = 1 <= self.lanes <= 64
        return lanes and 1 <= self.time <= 64 and 8 * self.lanes <= self.memory_kib <= 4 << 20


def _argon2(passphrase: Passphrase, salt: bytes, cost: Cost) -> bytes:
    try:
        return hash_secret_raw(
            passphrase.reveal(), salt, cost.time, cost.memory_kib, cost.lanes, hash_len=64, type=Type.ID
        )
    except HashingError as error:
        raise RepositoryError(
            f"The key derivation failed: {error}.", hint=f"It needs {cost.memory_kib >> 10} MiB of memory."
        ) from error


def hkdf(key: bytes, salt: bytes, info: str) -> bytes:
    return HKDF(SHA256(), 32, salt, info.encode()).derive(key)


class _Sealed(msgspec.Struct, frozen=True):
    master: bytes


class _Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kdf: Literal["argon2id"]
    time: int
    memory_kib: int
    lanes: int
    salt: str
    commitment: str
    sealed: str
    sum: str = ""

    def checksum(self) -> str:
        fields = msgspec.structs.asdict(self)
        del fields["sum"]
        return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()


def _slot_aad(repository: bytes) -> bytes:
    return b"hoarfrost key slot 1" + repository


def new_slot(passphrase: Passphrase, master: bytes, repository: bytes, cost: Cost) -> bytes:
    salt = secrets.token_bytes(16)
    out = _argon2(passphrase, salt, cost)
    plain = msgspec.msgpack.encode(_Sealed(master))
    sealed = AESGCM(out[:32]).encrypt(NO_NONCE, plain, _slot_aad(repository))
    commitment = out[32:].hex()
    slot = _Slot("argon2id", cost.time, cost.memory_kib, cost.lanes, salt.hex(), commitment, sealed.hex())
    return msgspec.json.encode(msgspec.structs.replace(slot, sum=slot.checksum()))


def open_slot(slot_json: bytes, passphrase: Passphrase, repository: bytes) -> bytes:
    """The master key. Raises WrongKey if the passphrase is not this slot's, Damaged if it is broken."""
    try:
        slot = msgspec.json.decode(slot_json, type=_Slot)
        salt, commitment, sealed = map(bytes.fromhex, (slot.salt, slot.commitment, slot.sealed))
    except (msgspec.DecodeError, ValueError) as error:
        raise Damaged("A key slot is damaged.") from error
    cost = Cost(slot.time, slot.memory_kib, slot.lanes)
    if slot.checksum() != slot.sum or not cost.sane() or len(salt) < 8:
        raise Damaged("A key slot is damaged.")
    out = _argon2(passphrase, salt, cost)
    if not secrets.compare_digest(out[32:], commitment):
        raise WrongKey("The passphrase does not open the repository.")
    try:
        plain = AESGCM(out[:32]).decrypt(NO_NONCE, sealed, _slot_aad(repository))
        return msgspec.msgpack.decode(plain, type=_Sealed).master
    except (InvalidTag, msgspec.DecodeError) as error:
        raise Damaged("A key slot does not belong to this repository.") from error


class Keys:
    """The keys of an open repository. No part of it prints."""

    __slots__ = ("_purpose", "fingerprint", "id", "repository")

    def __init__(self, master: bytes, repository: bytes) -> None:
        def derived(purpose: str) -> bytes:
            return hkdf(master, repository, f"hoarfrost 1 {purpose}")

        self.repository = repository
        self.id = derived("id")
        self.fingerprint = derived("fingerprint")
        self._purpose = {
            PackClass.DATA: derived("data"),
            PackClass.META: derived("meta"),
            PackClass.NAMES: derived("names"),
        }

    def of(self, purpose: PackClass) -> bytes:
        return self._purpose[purpose]

    def seal(self, purpose: PackClass, name: str, payload: bytes) -> bytes:
        salt = secrets.token_bytes(_SALT)
        key = AESGCM(hkdf(self.of(purpose), salt, "hoarfrost object"))
        return _OBJECT + salt + key.encrypt(NO_NONCE, payload, self.repository + name.encode())

    def unseal(self, purpose: PackClass, name: str, sealed: bytes) -> bytes:
        """The payload of a sealed object of this name in this repository. Raises Damaged."""
        head = len(_OBJECT) + _SALT
        if len(sealed) < head + 16 or not sealed.startswith(_OBJECT):
            raise Damaged(f"{name} is damaged.")
        key = AESGCM(hkdf(self.of(purpose), sealed[len(_OBJECT) : head], "hoarfrost object"))
        try:
            return key.decrypt(NO_NONCE, sealed[head:], self.repository + name.encode())
        except InvalidTag as error:
            raise Damaged(f"{name} is damaged.") from error
