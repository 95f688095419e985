"""A ring -> one key for each purpose, and a key of its own for everything that is sealed.

Decides how keys are derived and what a role can open. Where rings are kept is slots.py's.
"""

from __future__ import annotations

import secrets
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hoarfrost.errors import Damaged, RoleForbids
from hoarfrost.repository.layout import PackClass
from hoarfrost.repository.ring import Ring

NO_NONCE = bytes(12)  # right only for keys that seal one message
HEAD = 72
TAG = 16
_FRONT = struct.Struct("<4sBBH32s")
_OBJECT = b"HFO2"


def hkdf(key: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


def epoch_of(sealed: bytes) -> int:
    """What the head of something sealed says. Raises ValueError."""
    if len(sealed) < HEAD:
        raise ValueError("no head")
    return int(_FRONT.unpack_from(sealed)[3])


class Seal(NamedTuple):
    """A key that seals one thing, and the head by which it is found again."""

    head: bytes
    key: AESGCM


class Keys:
    """The keys of an open repository. No part of it prints."""

    __slots__ = ("_agreed", "_meta", "_prints", "_seal", "fingerprint", "id", "repository", "ring", "role")

    def __init__(self, ring: Ring) -> None:
        def derived(secret: bytes, purpose: str) -> bytes:
            return hkdf(secret, ring.repository, f"hoarfrost 2 {purpose}".encode()) if secret else b""

        self.ring = ring
        self.role = ring.role
        self.repository = ring.repository
        self.id = derived(ring.write, "id")
        self.fingerprint = derived(ring.write, "fingerprint")
        self._meta = derived(ring.meta, "meta")
        self._prints = derived(ring.write, "prints")
        self._seal = derived(ring.write, "seal")
        self._agreed = [X25519PrivateKey.from_private_bytes(key) for key in ring.private]

    @property
    def may_write(self) -> bool:
        return self.role != "maintain"

    @property
    def may_read(self) -> bool:
        return self.role == "read"

    @property
    def slots(self) -> bytes:
        """What proves that a slot was made by somebody who may read."""
        return hkdf(self.ring.admin, self.repository, b"hoarfrost 2 slots") if self.ring.admin else b""

    def new_seal(self, magic: bytes, purpose: PackClass, name: str) -> Seal:
        """Raises RoleForbids."""
        epoch, seed, public, secret = 0, secrets.token_bytes(32), b"", self._symmetric(purpose)
        if not secret:
            self._require(self.may_write, "write")
            once = X25519PrivateKey.generate()
            epoch, public, seed = self.ring.epoch, self.ring.public, once.public_key().public_bytes_raw()
            secret = once.exchange(X25519PublicKey.from_public_bytes(public)) + self._seal
        front = _FRONT.pack(magic, purpose, 0, epoch, seed)
        key, commitment = self._derive(secret, front, public, name)
        return Seal(front + commitment, AESGCM(key))

    def open_seal(self, magic: bytes, head: bytes, name: str) -> tuple[PackClass, AESGCM]:
        """The class of what begins with this head, and its key. Raises Damaged, RoleForbids."""
        try:
            found, number, nought, epoch, seed = _FRONT.unpack_from(head)
            purpose = PackClass(number)
            secret, public = self._symmetric(purpose), b""
            if not secret:
                self._require(self.may_read, "read")
                if epoch > self.ring.epoch:
                    raise Damaged(f"{name} is sealed for a newer key than this one, or its head is damaged.")
                private = self._agreed[epoch]
                public = private.public_key().public_bytes_raw()
                secret = private.exchange(X25519PublicKey.from_public_bytes(seed)) + self._seal
        except (struct.error, ValueError) as error:
            raise Damaged(f"The head of {name} is damaged.") from error
        key, commitment = self._derive(secret, head[: _FRONT.size], public, name)
        right = secrets.compare_digest(commitment, head[_FRONT.size : HEAD])
        if found != magic or nought or (epoch and not public) or not right:
            raise Damaged(f"The head of {name} is damaged.")
        return purpose, AESGCM(key)

    def is_old(self, head: bytes) -> bool:
        """Whether what begins with this head is sealed for a key pair of before a rotation. Damage is not told."""
        try:
            _, number, _, epoch, _ = _FRONT.unpack_from(head)
        except struct.error:
            return False
        return number not in (PackClass.META, PackClass.PRINTS) and epoch < self.ring.epoch

    def _symmetric(self, purpose: PackClass) -> bytes:
        if purpose == PackClass.META:
            return self._meta
        if purpose == PackClass.PRINTS:
            self._require(self.may_write, "write")
            return self._prints
        return b""

    def _require(self, allowed: bool, role: str) -> None:
        if not allowed:
            hint = (
                f"Open the repository with a key of the role {'write or read' if role == 'write' else role}."
            )
            raise RoleForbids(f"A {self.role} key cannot open this.", hint=hint)

    def _derive(self, secret: bytes, front: bytes, public: bytes, name: str) -> tuple[bytes, bytes]:
        info = b"".join((b"hoarfrost 2 seal", front, public, name.encode()))
        out = hkdf(secret, self.repository, info, 64)
        return out[:32], out[32:]

    def seal(self, purpose: PackClass, name: str, payload: bytes) -> bytes:
        """Raises RoleForbids."""
        head, key = self.new_seal(_OBJECT, purpose, name)
        return head + key.encrypt(NO_NONCE, payload, head)

    def unseal(self, purpose: PackClass, name: str, sealed: bytes) -> bytes:
        """The payload of a sealed object of this name in this repository. Raises Damaged, RoleForbids."""
        head = sealed[:HEAD]
        found, key = self.open_seal(_OBJECT, head, name)
        try:
            if found != purpose:
                raise Damaged(f"{name} is damaged.")
            return key.decrypt(NO_NONCE, sealed[HEAD:], head)
        except InvalidTag as error:
            raise Damaged(f"{name} is damaged.") from error
