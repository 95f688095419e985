"""One pack: header, sealed blobs, sealed directory. Decides how blobs are sealed, not when a pack is full."""

from __future__ import annotations

import secrets
import struct
from typing import NamedTuple

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hoarfrost.errors import Damaged
from hoarfrost.repository.keys import NO_NONCE, Keys, hkdf
from hoarfrost.repository.layout import ID_BYTES, PackClass, pack_object
from hoarfrost.repository.stores.store import Store

TAG = 16
HEADER = 89
_HEAD = struct.Struct("<4sBBH")
_SLOT = 49
_ENTRY = struct.Struct(f"<{ID_BYTES}sBII")
_TRAILER = struct.Struct("<I4s")
_DIRECTORY_NONCE = b"\xff" * 12
_TAIL = 64 << 10  # enough for the directory of 2,600 blobs in one request


class Entry(NamedTuple):
    """Where a blob lies in its pack; ``length`` is that of the sealed blob."""

    id: bytes
    kind: int
    offset: int
    length: int


def _blob_aad(repository: bytes, pack: bytes, entry: Entry) -> bytes:
    return b"".join((repository, pack, struct.pack("<IB", entry.offset, entry.kind), entry.id))


def _directory_aad(repository: bytes, pack: bytes) -> bytes:
    return _blob_aad(repository, pack, Entry(bytes(ID_BYTES), 0xFF, 0xFFFFFFFF, 0))


def _slot_key(keys: Keys, purpose: PackClass, pack: bytes) -> AESGCM:
    return AESGCM(hkdf(keys.of(purpose), pack, "hoarfrost pack key"))


class PackWriter:
    """A pack being filled, in a buffer of ``capacity`` bytes that takes memory as it fills."""

    def __init__(self, keys: Keys, purpose: PackClass, capacity: int) -> None:
        self.name = secrets.token_bytes(16)
        self.entries: list[Entry] = []
        self._repository = keys.repository
        self._buffer = np.empty(capacity, np.uint8).data
        key = secrets.token_bytes(32)
        self._key = AESGCM(key)
        head = _HEAD.pack(b"HFP1", purpose, 1, _SLOT)
        slot = _slot_key(keys, purpose, self.name).encrypt(NO_NONCE, key, keys.repository + self.name + head)
        header = b"".join((head, b"\x01", slot, hkdf(key, self.name, "hoarfrost pack commitment")))
        self._buffer[:HEADER] = header
        self.size = HEADER

    @staticmethod
    def room_for(frames: int) -> int:
        """The size of a pack that holds one blob of this many bytes."""
        return HEADER + frames + TAG + _ENTRY.size + TAG + _TRAILER.size

    def fits(self, frames: int) -> bool:
        directory = (len(self.entries) + 1) * _ENTRY.size + TAG + _TRAILER.size
        return self.size + frames + TAG + directory <= len(self._buffer)

    def add(self, kind: int, blob: bytes, frames: bytes) -> int:
        """Seal a blob that fits; the bytes it takes."""
        length = len(frames) + TAG
        entry = Entry(blob, kind, self.size, length)
        nonce = self.size.to_bytes(12, "little")
        aad = _blob_aad(self._repository, self.name, entry)
        self._key.encrypt_into(nonce, frames, aad, self._buffer[self.size : self.size + length])
        self.entries.append(entry)
        self.size += length
        return length

    def finish(self) -> memoryview:
        """Close with the directory; the object's bytes."""
        plain = b"".join(_ENTRY.pack(*entry) for entry in self.entries)
        aad = _directory_aad(self._repository, self.name)
        sealed = self._key.encrypt(_DIRECTORY_NONCE, plain, aad)
        tail = sealed + _TRAILER.pack(len(sealed), b"HFPE")
        self._buffer[self.size : self.size + len(tail)] = tail
        self.size += len(tail)
        return self._buffer[: self.size]


class PackReader:
    """The opened key of one pack. Small; meant to be kept."""

    def __init__(self, keys: Keys, pack: bytes, header: bytes) -> None:
        self.pack = pack
        self._repository = keys.repository
        self.where = pack_object(pack)
        try:
            magic, purpose, slots, length = _HEAD.unpack_from(header)
            if (magic, slots, length, header[_HEAD.size]) != (b"HFP1", 1, _SLOT, 1):
                raise Damaged(f"The header of {self.where} is damaged.")
            slot = header[_HEAD.size + 1 : _HEAD.size + _SLOT]
            aad = keys.repository + pack + header[: _HEAD.size]
            key = _slot_key(keys, PackClass(purpose), pack).decrypt(NO_NONCE, slot, aad)
        except (struct.error, ValueError, InvalidTag) as error:
            raise Damaged(f"The header of {self.where} is damaged.") from error
        commitment = hkdf(key, pack, "hoarfrost pack commitment")
        if not secrets.compare_digest(commitment, header[_HEAD.size + _SLOT : HEADER]):
            raise Damaged(f"The header of {self.where} is damaged.")
        self._key = AESGCM(key)

    @classmethod
    def load(cls, store: Store, keys: Keys, pack: bytes) -> PackReader:
        return cls(keys, pack, store.get_range(pack_object(pack), 0, HEADER))

    def open(self, entry: Entry, sealed: memoryview) -> bytes:
        """The frames of a blob. Raises Damaged."""
        aad = _blob_aad(self._repository, self.pack, entry)
        try:
            return self._key.decrypt(entry.offset.to_bytes(12, "little"), sealed, aad)
        except InvalidTag as error:
            raise Damaged(f"{self.where} is damaged at {entry.offset}+{entry.length}.") from error

    def directory(self, store: Store, size: int) -> list[Entry]:
        """What the pack holds, from its own tail. Raises Damaged."""
        tail = store.get_range(self.where, max(0, size - _TAIL), min(_TAIL, size))
        length, magic = _TRAILER.unpack(tail[-_TRAILER.size :])
        start = size - _TRAILER.size - length
        if magic != b"HFPE" or start < HEADER:
            raise Damaged(f"The directory of {self.where} is damaged.")
        if length + _TRAILER.size > len(tail):
            tail = store.get_range(self.where, start, size - start)
        sealed = tail[-_TRAILER.size - length : -_TRAILER.size]
        try:
            plain = self._key.decrypt(_DIRECTORY_NONCE, sealed, _directory_aad(self._repository, self.pack))
            return [Entry(*fields) for fields in _ENTRY.iter_unpack(plain)]
        except (InvalidTag, struct.error) as error:
            raise Damaged(f"The directory of {self.where} is damaged.") from error
