"""Fingerprints and ids: what makes two pieces of data the same piece. Not where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from hoarfrost.repository.layout import ID_BYTES, SUBBLOCK, SUBBLOCKS, ZERO_ID, Kind

if TYPE_CHECKING:
    from hoarfrost.repository.keys import Keys


def nonzero(data: memoryview) -> list[bool]:
    """For each sub-block, whether any byte of it is set. numpy releases the interpreter lock meanwhile."""
    whole = len(data) // SUBBLOCK
    flags: list[bool] = []
    if whole:
        words = np.frombuffer(data[: whole * SUBBLOCK], np.uint64).reshape(whole, SUBBLOCK // 8)
        flags += np.any(words, axis=1).tolist()
    if len(data) > whole * SUBBLOCK:
        flags.append(bool(np.frombuffer(data[whole * SUBBLOCK :], np.uint8).any()))
    return flags


def blob_id(keys: Keys, kind: Kind, content: bytes | memoryview) -> bytes:
    return blake3(bytes((kind,)), key=keys.id).update(content).digest(ID_BYTES)


def segment_id(keys: Keys, data: memoryview) -> tuple[bytes, list[bool]]:
    """The id of a segment and which of its sub-blocks are not zero."""
    flags = nonzero(data)
    if not any(flags):
        return ZERO_ID, flags
    prints = [
        blake3(data[i * SUBBLOCK : (i + 1) * SUBBLOCK], key=keys.fingerprint).digest(ID_BYTES)
        if flag
        else ZERO_ID
        for i, flag in enumerate(flags)
    ]
    prints.extend([ZERO_ID] * (SUBBLOCKS - len(prints)))
    return blob_id(keys, Kind.SEGMENT, b"".join(prints)), flags


def trimmed(data: memoryview, flags: list[bool]) -> memoryview:
    """A segment without the zero sub-blocks at its end: what its blob holds."""
    last = max(i for i, flag in enumerate(flags) if flag)
    return data[: (last + 1) * SUBBLOCK]


def digest(keys: Keys, size: int, root: bytes) -> str:
    return blob_id(keys, Kind.DIGEST, size.to_bytes(8, "little") + root).hex()
