"""The secrets of a repository, and which of them each role is given. Decides nothing about how they are kept."""

from __future__ import annotations

import secrets
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hoarfrost.errors import Damaged, RoleForbids

Role = Literal["read", "write", "maintain"]
"""read: everything. write: back up, incrementally too, and read none of it. maintain: see what is in use."""

_SECRET = 32


class Ring(msgspec.Struct, frozen=True, omit_defaults=True):
    """Fields that a role is not given are empty. ``private``: one X25519 key an epoch."""

    role: Role
    repository: bytes
    meta: bytes
    write: bytes = b""
    epoch: int = 0
    public: bytes = b""
    private: tuple[bytes, ...] = ()
    admin: bytes = b""

    def __repr__(self) -> str:
        return f"Ring({self.role})"

    @classmethod
    def new(cls, repository: bytes) -> Ring:
        drawn = [secrets.token_bytes(_SECRET) for _ in range(3)]
        empty = cls("read", repository, drawn[0], drawn[1], -1, b"", (), drawn[2])
        return empty.next_epoch()

    @classmethod
    def decode(cls, data: bytes) -> Ring:
        """Raises Damaged."""
        try:
            ring = msgspec.msgpack.decode(data, type=cls)
        except (msgspec.DecodeError, ValueError) as error:
            raise Damaged("A key ring is damaged.") from error
        sizes = {"meta": True, "write": ring.role != "maintain", "public": ring.role != "maintain"}
        sizes["admin"] = ring.role == "read"
        if any(len(getattr(ring, field)) != _SECRET * there for field, there in sizes.items()) or (
            len(ring.private) != (ring.epoch + 1) * (ring.role == "read")
        ):
            raise Damaged("A key ring does not fit its role.")
        return ring

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self)

    def next_epoch(self) -> Ring:
        """With another key pair, for all that is written from now on."""
        key = X25519PrivateKey.generate()
        return msgspec.structs.replace(
            self,
            epoch=self.epoch + 1,
            public=key.public_key().public_bytes_raw(),
            private=(*self.private, key.private_bytes_raw()),
        )

    def for_role(self, role: Role) -> Ring:
        """What of a read ring that role is given. Raises RoleForbids."""
        if self.role != "read":
            raise RoleForbids(f"A {self.role} key cannot make keys.")
        if role == "maintain":
            return Ring(role, self.repository, self.meta)
        if role == "write":
            return Ring(role, self.repository, self.meta, self.write, self.epoch, self.public)
        return self
