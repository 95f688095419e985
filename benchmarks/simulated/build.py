"""Makes such a repository: ``python -m benchmarks.simulated.build FOLDER --tb N --backups N``.

One disk. Decides what a segment takes (a fortieth of a pack) and how backups differ: in each, one page of fifty has
changed, with eight new segments in it; half of those pages are the same every time. The maps are real and written by
the engine; data and (unless they are asked for) fingerprints are entries in the index and no more.
"""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import zstandard
from numpy.typing import NDArray

from benchmarks.simulated.store import PACK_BYTES, SimulatedStore
from hoarfrost.repository import Cost, Passphrase, Repository, StreamRef
from hoarfrost.repository.identity import digest
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import (
    FANOUT,
    ID_BYTES,
    SEGMENT,
    SUBBLOCK,
    Kind,
    PackClass,
    index_object,
    random_name,
)
from hoarfrost.repository.packing import Packing
from hoarfrost.repository.page import encode_prints
from hoarfrost.repository.tree import Root, top_level

PASSPHRASE = Passphrase("correct horse battery staple")
CHEAP = Cost(time=1, memory_kib=64, lanes=1)
_A_PACK = 40
_PACKS_AN_INDEX = 16
_CHANGED, _NEW = 50, 8
Ids = NDArray[np.uint8]


class Builder:
    """Backups of one stream, each made of the one before."""

    def __init__(self, folder: Path, terabytes: float, *, prints: bool = False) -> None:
        self._prints = prints
        self._store = SimulatedStore(folder / "repository")
        self._repository = Repository.init(self._store, PASSPHRASE, cost=CHEAP)
        self._pages = int(terabytes * 1e12) // (SEGMENT * FANOUT)
        self._noise = np.random.default_rng(20)
        self._ids = self._random(self._pages * FANOUT).reshape(self._pages, FANOUT, ID_BYTES)
        self._entries = np.zeros((self._pages, 4, ID_BYTES), np.uint8)
        self.blobs = 0

    def backup(self, *, first: bool) -> None:
        if first:
            changed = np.arange(self._pages)
            new = self._ids.reshape(-1, ID_BYTES)
        else:
            half = max(1, self._pages // _CHANGED // 2)
            changed = np.concatenate((np.arange(half), self._noise.integers(half, self._pages, half)))
            changed = np.unique(changed)
            new = self._random(len(changed) * _NEW)
            self._ids[changed, :_NEW] = new.reshape(len(changed), _NEW, ID_BYTES)
        prints = self._random(0 if self._prints else len(changed))
        with self._repository.session("benchmark") as session:
            packing, _, parents = session._open()
            for number, page in enumerate(changed.tolist()):
                content = bytes((FANOUT, 1)) + self._ids[page].tobytes()
                blob, _ = packing.add_content(Kind.PAGE, content)
                said_prints = self._made_prints(packing) if self._prints else prints[number].tobytes()
                said = blob + said_prints + bytes(ID_BYTES) + self._noise.bytes(ID_BYTES)
                self._entries[page] = np.frombuffer(said, np.uint8).reshape(4, ID_BYTES)
            ref = self._ref(packing)
            parents.wrote(ref)
            self._list(new, Kind.SEGMENT)
            self._list(prints, Kind.PRINTS)
            session.commit(b"{}", {}, [ref])

    def _made_prints(self, packing: Packing) -> bytes:
        """Those of a page, stored."""
        content, _ = encode_prints(
            self._noise.bytes(SEGMENT // SUBBLOCK * ID_BYTES * FANOUT), FANOUT, SUBBLOCK, None
        )
        return packing.add_content(Kind.PRINTS, content)[0]

    def _random(self, count: int) -> Ids:
        return np.frombuffer(self._noise.bytes(count * ID_BYTES), np.uint8).reshape(count, ID_BYTES).copy()

    def _ref(self, packing: Packing) -> StreamRef:
        segments = self._pages * FANOUT
        entries = self._entries.tobytes()
        level = 1
        while level < top_level(segments):
            step = FANOUT * 4 * ID_BYTES
            nodes = [entries[at : at + step] for at in range(0, len(entries), step)]
            blobs = [packing.add_content(Kind.NODE, node)[0] for node in nodes]
            entries = b"".join(blob + bytes(2 * ID_BYTES) + blob for blob in blobs)
            level += 1
        root = Root(level, SUBBLOCK, entries)
        size = segments * SEGMENT
        found = digest(self._keys, size, SUBBLOCK, root.content)
        return StreamRef("disk", size, root.encode(), found)

    @property
    def _keys(self) -> Keys:
        return self._repository._keys

    def _list(self, ids: Ids, kind: Kind) -> None:
        """Entries of packs that are not there, in index objects that are."""
        self.blobs += len(ids)
        session = random_name()
        for number, part in enumerate(_parts(ids, _A_PACK * _PACKS_AN_INDEX)):
            count = -(-len(part) // _A_PACK)
            names = self._noise.bytes(count * ID_BYTES)
            self._store.remember(names)
            name = index_object(session, number)
            sealed = self._keys.seal(PackClass.META, name, _index(part, names, kind))
            path = self._store.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(sealed)  # without a sync: nobody needs this repository tomorrow


def _parts(ids: Ids, count: int) -> Iterator[Ids]:
    for at in range(0, len(ids), count):
        yield ids[at : at + count]


def _index(ids: Ids, names: bytes, kind: Kind) -> bytes:
    """The payload of an index object (docs/explanation/format.md, "Index")."""
    packs = len(names) // ID_BYTES
    words = np.ascontiguousarray(ids).view(">u8").reshape(-1, 2)
    order = np.lexsort((words[:, 1], words[:, 0]))
    pack = np.arange(len(ids)) // _A_PACK
    length = PACK_BYTES // _A_PACK - 4096
    columns = [
        pack[order].astype("<u4"),
        (72 + np.arange(len(ids)) % _A_PACK * length)[order].astype("<u4"),
        np.full(len(ids), length | kind << 28, "<u4"),
    ]
    table = [
        struct.pack("<16sQ", names[at : at + ID_BYTES], PACK_BYTES) for at in range(0, len(names), ID_BYTES)
    ]
    parts = [struct.pack("<II", packs, len(ids)), *table, ids[order].tobytes()]
    return zstandard.compress(b"".join([*parts, *(column.tobytes() for column in columns)]), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tb", type=float, required=True)
    parser.add_argument("--backups", type=int, required=True)
    parser.add_argument("--prints", action="store_true", help="with fingerprints that can be read")
    given = parser.parse_args()
    builder = Builder(given.folder, given.tb, prints=given.prints)
    for number in range(given.backups):
        builder.backup(first=number == 0)
    print(json.dumps({"blobs": builder.blobs}))


if __name__ == "__main__":
    main()
