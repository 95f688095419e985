"""One pack: head, sealed blobs, sealed directory. Decides how blobs are sealed, not when a pack is full."""

from __future__ import annotations

import secrets
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from hoarfrost.errors import Damaged
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.keys import HEAD, TAG, Keys
from hoarfrost.repository.layout import ID_BYTES, PackClass, pack_object, padded
from hoarfrost.repository.stores.store import Store

_MAGIC = b"HFP2"
_ENTRY = struct.Struct(f"<{ID_BYTES}sBII")
_COUNT = struct.Struct("<I")
_TRAILER = struct.Struct("<I4s")
_AROUND = HEAD + _COUNT.size + TAG + _TRAILER.size  # what a directory takes beside its entries
_TAIL = 64 << 10  # enough for the directory of 2,600 blobs in one request


class Entry(NamedTuple):
    """Where a blob lies in its pack; ``length`` is that of the sealed blob."""

    id: bytes
    kind: int
    offset: int
    length: int


def _blob_aad(repository: bytes, pack: bytes, entry: Entry) -> bytes:
    return b"".join((repository, pack, struct.pack("<IB", entry.offset, entry.kind), entry.id))


def _directory_name(pack: bytes) -> str:
    return f"{pack_object(pack)}#directory"


class PackWriter:
    """A pack being filled, of at most ``capacity`` bytes, in a buffer that takes memory as it fills."""

    def __init__(self, keys: Keys, purpose: PackClass, capacity: int, buffers: Buffers) -> None:
        self.name = secrets.token_bytes(16)
        self.purpose = purpose
        self.entries: list[Entry] = []
        self._keys = keys
        self._capacity = capacity
        self._buffer = buffers.take(padded(capacity))
        head, self._key = keys.new_seal(_MAGIC, purpose, pack_object(self.name))
        self._buffer[:HEAD] = head
        self.size = HEAD

    @staticmethod
    def room_for(frames: int) -> int:
        """The size of a pack that holds one blob of this many bytes."""
        return HEAD + frames + TAG + _ENTRY.size + _AROUND

    def fits(self, frames: int) -> bool:
        directory = (len(self.entries) + 1) * _ENTRY.size + _AROUND
        return self.size + frames + TAG + directory <= self._capacity

    def add(self, kind: int, blob: bytes, frames: bytes | memoryview) -> int:
        """Seal a blob that fits; the bytes it takes."""
        length = len(frames) + TAG
        entry = Entry(blob, kind, self.size, length)
        nonce = self.size.to_bytes(12, "little")
        aad = _blob_aad(self._keys.repository, self.name, entry)
        self._key.encrypt_into(nonce, frames, aad, self._buffer[self.size : self.size + length])
        self.entries.append(entry)
        self.size += length
        return length

    def finish(self, *, full: bool) -> memoryview:
        """Close with the directory; the object's bytes. One that is not full hides its exact size."""
        plain = b"".join((_COUNT.pack(len(self.entries)), *(_ENTRY.pack(*entry) for entry in self.entries)))
        size = self.size + len(plain) + _AROUND - _COUNT.size
        spare = 0 if full else padded(size) - size
        name = _directory_name(self.name)
        sealed = self._keys.seal(PackClass.META, name, plain + bytes(spare))
        tail = sealed + _TRAILER.pack(len(sealed), b"HFE2")
        self._buffer[self.size : self.size + len(tail)] = tail
        self.size += len(tail)
        return self._buffer[: self.size]


class PackReader:
    """The opened key of one pack. Small; meant to be kept."""

    def __init__(self, keys: Keys, pack: bytes, head: bytes) -> None:
        self.pack = pack
        self.where = pack_object(pack)
        self._repository = keys.repository
        _, self._key = keys.open_seal(_MAGIC, head, self.where)

    @classmethod
    def load(cls, store: Store, keys: Keys, pack: bytes) -> PackReader:
        return cls(keys, pack, store.get_range(pack_object(pack), 0, HEAD))

    def open(self, entry: Entry, sealed: memoryview, buffers: Buffers | None = None) -> bytes | memoryview:
        """The frames of a blob. Raises Damaged."""
        aad = _blob_aad(self._repository, self.pack, entry)
        nonce = entry.offset.to_bytes(12, "little")
        try:
            if buffers is None or len(sealed) < TAG:
                return self._key.decrypt(nonce, sealed, aad)
            plain = buffers.take(len(sealed) - TAG)
            self._key.decrypt_into(nonce, sealed, aad, plain)
            return plain
        except InvalidTag as error:
            raise Damaged(f"{self.where} is damaged at {entry.offset}+{entry.length}.") from error


def read_directory(store: Store, keys: Keys, pack: bytes, size: int) -> list[Entry]:
    """What a pack of ``size`` bytes holds, from its own tail; any role may. Raises Damaged."""
    where = pack_object(pack)
    tail = store.get_range(where, max(0, size - _TAIL), min(_TAIL, size))
    if size < _TRAILER.size + HEAD:
        raise Damaged(f"The directory of {where} is damaged.")
    length, magic = _TRAILER.unpack(tail[-_TRAILER.size :])
    start = size - _TRAILER.size - length
    if magic != b"HFE2" or start < HEAD:
        raise Damaged(f"The directory of {where} is damaged.")
    if length + _TRAILER.size > len(tail):
        tail = store.get_range(where, start, size - start)
    sealed = tail[-_TRAILER.size - length : -_TRAILER.size]
    plain = keys.unseal(PackClass.META, _directory_name(pack), sealed)
    try:
        (count,) = _COUNT.unpack_from(plain)
        entries = plain[_COUNT.size : _COUNT.size + count * _ENTRY.size]
        found = [Entry(*fields) for fields in _ENTRY.iter_unpack(entries)]
    except struct.error as error:
        raise Damaged(f"The directory of {where} is damaged.") from error
    if len(found) != count:
        raise Damaged(f"The directory of {where} is damaged.")
    return found
