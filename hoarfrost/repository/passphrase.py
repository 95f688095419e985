"""Secrets that people hold, and what a guess at one costs. Decides how a passphrase becomes a key."""

from __future__ import annotations

import time
import unicodedata
from typing import NoReturn

import msgspec

from hoarfrost.errors import RepositoryError, UsageError


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
        return f"{type(self).__name__}(***)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class AgeIdentity(Passphrase):
    """The secret half of an age key pair: ``AGE-SECRET-KEY-1...``."""

    __slots__ = ()


class AgeRecipient(msgspec.Struct, frozen=True):
    """The public half of an age key pair: ``age1...``. Who has it can add a key, not open one."""

    text: str


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
        argon2(Passphrase("measure"), bytes(16), least)
        seconds = time.perf_counter() - start
        times = 4 if seconds < 0.5 else 2 if seconds < 1 else 1
        return cls(memory_kib=least.memory_kib * times)

    def sane(self) -> bool:
        """A slot is read before anything proves who wrote it: it may not ask for any amount of memory."""
        lanes = 1 <= self.lanes <= 64
        return lanes and 1 <= self.time <= 64 and 8 * self.lanes <= self.memory_kib <= 4 << 20


def argon2(passphrase: Passphrase, salt: bytes, cost: Cost) -> bytes:
    """64 bytes."""
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    try:
        return hash_secret_raw(
            passphrase.reveal(), salt, cost.time, cost.memory_kib, cost.lanes, hash_len=64, type=Type.ID
        )
    except HashingError as error:
        raise RepositoryError(
            f"The key derivation failed: {error}.", hint=f"It needs {cost.memory_kib >> 10} MiB of memory."
        ) from error
