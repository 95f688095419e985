"""Sizes, kinds and object names of format version 2 (docs/explanation/format.md). Decides nothing else."""

from __future__ import annotations

import re
import secrets
import time
from enum import IntEnum

VERSION = 2
MAGIC = "hoarfrost repository"

SEGMENT = 4 << 20
SUBBLOCK = 64 << 10
SUBBLOCK_SIZES = (SUBBLOCK, 16 << 10)
FRAME = 1 << 20
FANOUT = 64

ID_BYTES = 16
ZERO_ID = bytes(ID_BYTES)


class Kind(IntEnum):
    """What a blob holds; part of what its seal authenticates."""

    DIGEST = 0  # never stored; only separates digests from ids
    SEGMENT = 1
    PAGE = 2
    ROWS = 3
    NAMES = 4
    MANIFEST = 5
    PATCH = 6
    NODE = 7
    PRINTS = 8
    CONTENT = 9  # never stored: what digests of maps are made of
    TAG = 10  # never stored: names of streams as writers see them
    SCOPE = 11  # never stored: what a backup is of, as writers see it


class PackClass(IntEnum):
    """Blobs that live and die together, and open with the same key, share packs."""

    DATA = 1
    META = 2
    NAMES = 3
    PATCH = 4
    PRINTS = 5


CLASS_OF = {
    Kind.SEGMENT: PackClass.DATA,
    Kind.PATCH: PackClass.PATCH,
    Kind.PAGE: PackClass.META,
    Kind.NODE: PackClass.META,
    Kind.ROWS: PackClass.META,
    Kind.PRINTS: PackClass.PRINTS,
    Kind.NAMES: PackClass.NAMES,
    Kind.MANIFEST: PackClass.NAMES,
}

FORMAT = "format"
HOW_TO = "how-to-restore"
DECODER = "decoder-py"
KEYS = "keys/"
PACKS = "packs/"
INDEX = "index/"
SNAPS = "snaps/"
SESSIONS = "sessions/"
GC = "gc/"
DAMAGED = "damaged/"
VERIFIED = "verified/"

_RANDOM = re.compile(r"[0-9a-f]{32}")
_BEAT = re.compile(rf"{SESSIONS}([0-9a-f]{{32}})-([0-9]{{6}})")
_STEP = re.compile(rf"{GC}([0-9]{{8}})/(claim|mark|seal)")


def random_name() -> str:
    return secrets.token_hex(16)


def session_name() -> str:
    """Names of later sessions come later, as far as clocks agree; safety does not lean on it."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def is_id(name: str) -> bool:
    """Whether a name is one of ours: of a pack, a session, a backup, a key."""
    return bool(_RANDOM.fullmatch(name))


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


def beat_object(session: str, number: int) -> str:
    """That a writer is at work; the first is put before it looks at anything, later ones say that it still is."""
    return f"{SESSIONS}{session}-{number:06d}"


def beat_of(object_name: str) -> tuple[str, int] | None:
    found = _BEAT.fullmatch(object_name)
    return (found[1], int(found[2])) if found else None


def gc_object(number: int, step: str) -> str:
    return f"{GC}{number:08d}/{step}"


def gc_of(object_name: str) -> tuple[int, str] | None:
    """(number, step) of an object of a collection."""
    found = _STEP.fullmatch(object_name)
    return (int(found[1]), found[2]) if found else None


def segments_of(size: int) -> int:
    return -(-size // SEGMENT)


def padded(length: int) -> int:
    """Padmé: the next length that tells no more than about the order of magnitude, at most 12 % longer.

    Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019, section 4.
    """
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    grain = 1 << (exponent - exponent.bit_length())
    return -(-length // grain) * grain
