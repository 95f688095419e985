"""Fingerprints and ids: what makes two pieces of data the same piece. Not where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from hoarfrost.repository.layout import ID_BYTES, SEGMENT, ZERO_ID, Kind
from hoarfrost.repository.mask import NO_BITS, any_in_row, full, mask_of, places, runs

if TYPE_CHECKING:
    from hoarfrost.repository.keys import Keys

_PROBE = 256  # words: one every 2 KiB


def nonzero(data: memoryview, sub: int) -> int:
    """The mask of the sub-blocks with any byte set. numpy releases the interpreter lock meanwhile.

    A few words of each tell of most that are not zero; ``max`` is three times as fast as ``any``.
    """
    whole = len(data) // sub
    mask = NO_BITS
    if whole:
        words = np.frombuffer(data[: whole * sub], np.uint64).reshape(whole, sub // 8)
        mask = mask_of(any_in_row(words[:, ::_PROBE]))
        for first, last in runs(full(whole) & ~mask):
            mask |= mask_of(words[first:last].max(axis=1)) << first
    if len(data) > whole * sub and np.frombuffer(data[whole * sub :], np.uint8).any():
        mask |= 1 << whole
    return mask


def fingerprints(keys: Keys, data: memoryview, sub: int, known: int = 0, prints: bytes = b"") -> bytes:
    """Those of a segment, joined; of the sub-blocks in the mask ``known`` not made but taken from ``prints``."""
    count = SEGMENT // sub
    key = keys.fingerprint
    if known == 0:
        found = nonzero(data, sub)
    else:
        found = NO_BITS
        for first, last in runs(full(count) & ~known):
            found |= nonzero(data[first * sub : last * sub], sub) << first
    out = [ZERO_ID] * count
    for first, last in runs(found):
        out[first:last] = [
            blake3(data[at : at + sub], key=key).digest(ID_BYTES)
            for at in range(first * sub, last * sub, sub)
        ]
    for i in places(known):
        out[i] = prints[i * ID_BYTES : (i + 1) * ID_BYTES]
    return b"".join(out)


def block_fingerprint(keys: Keys, block: memoryview) -> bytes:
    """Of one sub-block that is not zero."""
    return blake3(block, key=keys.fingerprint).digest(ID_BYTES)


def blob_id(keys: Keys, kind: Kind, content: bytes | memoryview) -> bytes:
    return blake3(bytes((kind,)), key=keys.id).update(content).digest(ID_BYTES)


def segment_id(keys: Keys, prints: bytes) -> bytes:
    return blob_id(keys, Kind.SEGMENT, prints) if prints.strip(b"\0") else ZERO_ID


def content_id(keys: Keys, below: Sequence[bytes]) -> bytes:
    """D of a page or node (format.md): the content under it, however it is stored."""
    if len(below) == 1:
        return below[0]
    joined = b"".join(below)
    return blob_id(keys, Kind.CONTENT, joined) if joined.strip(b"\0") else ZERO_ID


def name_tag(keys: Keys, name: str) -> bytes:
    return blob_id(keys, Kind.TAG, name.encode())


def scope_tag(keys: Keys, scope: str) -> bytes:
    return blob_id(keys, Kind.SCOPE, scope.encode())


def digest(keys: Keys, size: int, sub: int, content: bytes) -> str:
    """Of a stream: what its root says of its content."""
    head = size.to_bytes(8, "little") + sub.to_bytes(4, "little")
    return blob_id(keys, Kind.DIGEST, head + content).hex()
