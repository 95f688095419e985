"""Sizes, kinds and object names of format version 1 (docs/explanation/format.md). Decides nothing else."""

from __future__ import annotations

import re
import secrets
from enum import IntEnum

VERSION = 1
MAGIC = "hoarfrost repository"

SUBBLOCK = 64 << 10
SUBBLOCKS = 64
SEGMENT = SUBBLOCK * SUBBLOCKS
FRAME = 1 << 20
FANOUT = 64
ROOT_IDS = 4

ID_BYTES = 16
ZERO_ID = bytes(ID_BYTES)


class Kind(IntEnum):
    """What a blob holds; part of what its seal authenticates."""

    DIGEST = 0  # never stored; only separates digests from ids
    SEGMENT = 1
    NODE = 2
    ROWS = 3
    NAMES = 4
    MANIFEST = 5


class PackClass(IntEnum):
    """Blobs that live and die together, and open with the same key, share packs."""

    DATA = 1
    META = 2
    NAMES = 3


CLASS_OF = {
    Kind.SEGMENT: PackClass.DATA,
    Kind.NODE: PackClass.META,
    Kind.ROWS: PackClass.META,
    Kind.NAMES: PackClass.NAMES,
    Kind.MANIFEST: PackClass.NAMES,
}

FORMAT = "format"
KEYS = "keys/"
PACKS = "packs/"
INDEX = "index/"
SNAPS = "snaps/"

_RANDOM = re.compile(r"[0-9a-f]{32}")


def random_name() -> str:
    return secrets.token_hex(16)


def pack_object(pack: bytes) -> str:
    name = pack.hex()
    return f"{PACKS}{name[:2]}/{name}"


def pack_of(object_name: str) -> bytes | None:
    """The 16 bytes of a pack's name; None for an object that is no pack of ours."""
    name = object_name.rpartition("/")[2]
    if not _RANDOM.fullmatch(name) or object_name != f"{PACKS}{name[:2]}/{name}":
        return None
    return bytes.fromhex(name)


def index_object(session: str, number: int) -> str:
    return f"{INDEX}{session}-{number:04d}"


def snap_object(session: str) -> str:
    return SNAPS + session


def segments_of(size: int) -> int:
    return -(-size // SEGMENT)
