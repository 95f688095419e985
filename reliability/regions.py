"""Where one thing in an object ends and another begins, for every class of object (docs/explanation/format.md)."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from hoarfrost.repository.keys import HEAD, TAG, Keys
from hoarfrost.repository.layout import (
    DAMAGED,
    DECODER,
    FORMAT,
    GC,
    HOW_TO,
    INDEX,
    KEYS,
    SESSIONS,
    SNAPS,
    VERIFIED,
    Kind,
    PackClass,
    pack_of,
)
from hoarfrost.repository.pack import read_directory
from hoarfrost.repository.stores.memory import MemoryStore

_HEAD = (("magic", 4), ("class", 1), ("nought", 1), ("epoch", 2), ("seed", 32), ("commitment", 32))
_FIELD = re.compile(rb'"(\w+)"\s*:\s*("[^"]*"|\d+)')
_CLASSES = {
    PackClass.DATA: "pack of data",
    PackClass.META: "pack of maps",
    PackClass.NAMES: "pack of names",
    PackClass.PATCH: "pack of patches",
    PackClass.PRINTS: "pack of fingerprints",
}


class Region(NamedTuple):
    name: str
    start: int
    end: int


def class_of(name: str, data: bytes) -> str:
    if pack_of(name):
        return _CLASSES[PackClass(data[4])]
    if name.startswith(GC):
        return name.rpartition("/")[2]
    known = {INDEX: "index", SNAPS: "backup", SESSIONS: "session", KEYS: "key slot", FORMAT: "format"}
    known |= {DAMAGED: "damage that is known", VERIFIED: "when packs were proven"}
    carried = {HOW_TO: "decoder and its text", DECODER: "decoder and its text"}
    return next((what for prefix, what in (known | carried).items() if name.startswith(prefix)), "other")


def regions(name: str, data: bytes, keys: Keys) -> list[Region]:
    """In order, without a gap."""
    if pack_of(name):
        return _pack(name, data, keys)
    if name.startswith((KEYS, FORMAT)):
        return _json(data)
    if name in (HOW_TO, DECODER):
        return [Region("text", 0, len(data))]
    return _sealed("", 0, len(data))


def _head(of: str, at: int) -> list[Region]:
    found = []
    for field, size in _HEAD:
        found.append(Region(f"{of}{field}", at, at + size))
        at += size
    return found


def _sealed(of: str, start: int, end: int) -> list[Region]:
    inside = [
        Region(f"{of}payload", start + HEAD, end - TAG),
        Region(f"{of}tag", end - TAG, end),
    ]
    return _head(of, start) + [one for one in inside if one.end > one.start]


def _pack(name: str, data: bytes, keys: Keys) -> list[Region]:
    store = MemoryStore()
    store.objects[name] = data
    pack = pack_of(name)
    assert pack
    found = _head("head, ", 0)
    for entry in read_directory(store, keys, pack, len(data)):
        kind = Kind(entry.kind).name.lower()
        end = entry.offset + entry.length
        found += [Region(f"{kind}, body", entry.offset, end - TAG), Region(f"{kind}, tag", end - TAG, end)]
    (length,) = struct.unpack("<I", data[-8:-4])
    start = len(data) - 8 - length
    found += _sealed("directory, ", start, len(data) - 8)
    return [
        *found,
        Region("tail, length", len(data) - 8, len(data) - 4),
        Region("tail, magic", len(data) - 4, len(data)),
    ]


def _json(data: bytes) -> list[Region]:
    found, at = [], 0
    for match in _FIELD.finditer(data):
        found.append(Region("between", at, match.start(1)))
        found.append(Region(f"{match[1].decode()}, name", match.start(1), match.end(1)))
        found.append(Region("between", match.end(1), match.start(2)))
        found.append(Region(f"{match[1].decode()}, value", match.start(2), match.end(2)))
        at = match.end(2)
    return [one for one in [*found, Region("between", at, len(data))] if one.end > one.start]
