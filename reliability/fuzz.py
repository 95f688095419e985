"""Every decoder of bytes that come from a store or a cloud, with inputs made to break it.

Decides which decoders there are. What is sealed is sealed anew around each input, so that the decoder behind the seal
is met: by who has a key, or by a fault of ours. Right is a value or an error of ours, in bounded memory.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import msgspec
import zstandard
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from hoarfrost.errors import HoarfrostError
from hoarfrost.repository import AgeIdentity, Extent, frames
from hoarfrost.repository.backup import open_snapshot
from hoarfrost.repository.blobs import Blobs, Opened
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.found import read_doubts, read_verified
from hoarfrost.repository.generation import Generations
from hoarfrost.repository.index import Index, PackEntries, encode_index
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import (
    DAMAGED,
    FORMAT,
    KEYS,
    SEGMENT,
    SUBBLOCK,
    VERIFIED,
    Kind,
    PackClass,
    beat_object,
    gc_object,
    pack_object,
    pack_of,
    snap_object,
)
from hoarfrost.repository.pack import Entry, read_directory
from hoarfrost.repository.page import decode_page, decode_prints, encode_page
from hoarfrost.repository.presence import open_sessions
from hoarfrost.repository.proof import proven
from hoarfrost.repository.reach import Reach
from hoarfrost.repository.recipe import SegmentRef, Source, patch_mask
from hoarfrost.repository.ring import Ring
from hoarfrost.repository.slots import Slot, open_slot
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.table import Table
from hoarfrost.repository.tree import Root, StreamTree
from hoarfrost.stream.movers.qcow2 import Qcow2Disk
from hoarfrost.stream.movers.sparse import SparseImage
from reliability.crash import two_backups
from reliability.part import Cell, Effort, Part
from reliability.world import opened

_SESSION = "ab" * 16
_MOST_MEMORY = 48 << 20
_EXTREMES = (
    b"\xff" * 4,
    b"\xff" * 8,
    b"\x00" * 4,
    b"\xdd\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\x7f" * 8,
)
_BOMBS = (
    b"",
    zstandard.compress(bytes(1 << 29)),
    b"\x28\xb5\x2f\xfd\xe0" + (1 << 60).to_bytes(8, "little") + b"\x01\x00\x00",
    b"\x91" * 5000 + b"\xc0",  # msgpack, a list in a list
    b"[" * 100_000,
    b"\xdd\xff\xff\xff\xff",  # msgpack, a list of 2^32
    bytes(5 << 20),
    b"\xff" * 100_000,
)


class Decoder(NamedTuple):
    """``valid``: what it reads every day; inputs are made of these."""

    decode: Callable[[bytes], object]
    valid: list[bytes]


class _OneBlob(Blobs):
    """Whatever is asked for, the same comes back."""

    def __init__(self, keys: Keys, data: bytes) -> None:
        super().__init__(MemoryStore(), keys, Catalogue(MemoryStore(), keys))
        self._data = data

    def content(self, kind: Kind, blob: bytes) -> bytes:
        return self._data


class _Sealing:
    """Puts an input where the product looks for it."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    def store(self, name: str, data: bytes) -> MemoryStore:
        store = MemoryStore()
        store.objects[name] = self.keys.seal(PackClass.META, name, data)
        return store

    def directory(self, data: bytes) -> object:
        name = pack_object(bytes(16))
        sealed = self.keys.seal(PackClass.META, f"{name}#directory", data)
        return self.pack(bytes(72) + sealed + len(sealed).to_bytes(4, "little") + b"HFE2")

    def pack(self, data: bytes) -> object:
        store = MemoryStore()
        store.objects[pack_object(bytes(16))] = data
        return read_directory(store, self.keys, bytes(16), len(data))

    def index(self, data: bytes) -> object:
        index = Index()
        index.load([("index/x", data)])
        return index.find(data[:16].ljust(16, b"x"))

    def snapshot(self, data: bytes) -> object:
        name = snap_object(_SESSION)
        sealed = self.keys.seal(PackClass.META, name, data)
        found = open_snapshot(self.keys, _OneBlob(self.keys, data), _SESSION, sealed)
        return found and (found.manifest(), list(found.streams))

    def found(self, data: bytes) -> object:
        """As it lies in the store, and as what a frame there holds."""
        return [
            (
                read_doubts(self.store(DAMAGED + _SESSION, payload), self.keys, set()),
                read_verified(self.store(VERIFIED + _SESSION, payload), self.keys),
            )
            for payload in (data, zstandard.compress(data))
        ]

    def collection(self, data: bytes) -> object:
        for step in ("mark", "seal"):
            store = self.store(gc_object(1, step), data)
            if step == "seal":
                mark = gc_object(1, "mark")
                store.objects[mark] = self.keys.seal(PackClass.META, mark, b"\x80")
            with suppress(HoarfrostError):
                Generations(store, self.keys).standing()
        return None

    def tree(self, data: bytes) -> object:
        for segments in (3, 70, 5000):
            root = Root(
                1 if segments <= 64 else 2 if segments <= 4096 else 3, SUBBLOCK, b"\x01" * 64
            ).encode()
            tree = StreamTree(segments * SEGMENT, root, lambda _kind, _blob: data)
            with suppress(HoarfrostError):
                list(tree.runs(0, segments))
            with suppress(HoarfrostError):
                tree.prints(0)
            with suppress(HoarfrostError):
                list(Reach(lambda _kind, _blob: data).stream(segments * SEGMENT, root))
        return None


def _slot(data: bytes, keys: Keys) -> object:
    slot = Slot.decode(data)
    return open_slot(slot, AgeIdentity("AGE-SECRET-KEY-1" + "Q" * 58), keys.repository)


def _format(data: bytes) -> object:
    store = MemoryStore()
    store.objects[FORMAT] = data
    return opened(store)


def _qcow2(data: bytes) -> object:
    disk = Qcow2Disk(lambda offset, length: data[offset : offset + length], len(data))
    if disk.size > 64 << 20:
        return None  # its extents come one by one; how many there may be is bounded by the file
    return [extent.length for extent in disk.extents()]


def decoders() -> dict[str, Decoder]:
    store = MemoryStore()
    two_backups(store)
    repository = opened(store)
    keys, seal = repository._keys, _Sealing(repository._keys)

    def payloads(prefix: str) -> list[bytes]:
        names = [name for name in store.objects if name.startswith(prefix)]
        return [keys.unseal(PackClass.META, name, store.objects[name]) for name in names]

    packs = [name for name in store.objects if pack_of(name)][:3]
    entry = Entry(bytes(range(16)), 1, 72, 500)
    directory = (
        (1).to_bytes(4, "little")
        + entry.id
        + bytes([1])
        + (72).to_bytes(4, "little")
        + (500).to_bytes(4, "little")
    )
    ref = SegmentRef(b"a" * 16, (Source(b"b" * 16, 64, 0xFFFF), Source(b"c" * 16, 2, 3)))
    page = encode_page([ref, SegmentRef(b"d" * 16), SegmentRef(bytes(16))], SUBBLOCK)
    prints = bytes((3, 1)) + b"\x01" + bytes(23) + b"p" * 16
    patch = bytes((1,)) + b"\x03" + bytes(7) + b"x" * (2 * SUBBLOCK)
    rows = msgspec.msgpack.encode([(b"t" * 16, 5, b"\x00" + b"i" * 16, b"d" * 16, 1, 2, 3)])
    ring = keys.ring.encode()
    made = {
        "pack": Decoder(seal.pack, [store.objects[name] for name in packs]),
        "directory of a pack": Decoder(seal.directory, [directory, directory + bytes(90)]),
        "sealed object": Decoder(
            lambda data: keys.unseal(PackClass.META, "index/x", data),
            [keys.seal(PackClass.META, "index/x", b"x")],
        ),
        "index": Decoder(
            seal.index, [encode_index([PackEntries(b"p" * 16, 9999, [entry])]), *payloads("index/")[:1]]
        ),
        "frames of a blob": Decoder(
            frames.decode, [frames.encode(memoryview(b"text " * 90)), frames.encode(memoryview(page))]
        ),
        "page": Decoder(lambda data: decode_page(data, 3, SUBBLOCK), [page]),
        "page of fingerprints": Decoder(lambda data: decode_prints(data, b"x" * 90), [prints]),
        "patch": Decoder(
            lambda data: (
                patch_mask(memoryview(data), 64),
                proven(keys, bytes(16), Opened(Kind.PATCH, memoryview(data)), SUBBLOCK),
            ),
            [patch],
        ),
        "root": Decoder(
            lambda data: [Root.decode(size, data) for size in (0, SEGMENT, 70 * SEGMENT)],
            [bytes(17), b"\x01" + bytes(64)],
        ),
        "map of a stream": Decoder(seal.tree, [page, prints, b"\x01" * 64 * 64]),
    }
    return made | _of_objects(store, keys, seal, rows, ring)


def _of_objects(
    store: MemoryStore, keys: Keys, seal: _Sealing, rows: bytes, ring: bytes
) -> dict[str, Decoder]:
    """What is not inside a pack."""
    snaps = [name for name in store.objects if name.startswith("snaps/")]
    backups = [keys.unseal(PackClass.META, name, store.objects[name]) for name in snaps]
    return {
        "table of streams": Decoder(
            lambda data: list(Table(_OneBlob(keys, data), _SESSION, [(b"r" * 16, b"n" * 16)]).named()),
            [rows, msgspec.msgpack.encode(["a"])],
        ),
        "backup": Decoder(seal.snapshot, backups),
        "session": Decoder(
            lambda data: open_sessions(seal.store(beat_object(_SESSION, 0), data), keys),
            [msgspec.msgpack.encode({"owner": "me", "time": "2026-01-01T00:00:00+00:00"})],
        ),
        "mark and seal of a collection": Decoder(
            seal.collection,
            [msgspec.msgpack.encode({"packs": b"p" * 32, "snaps": [_SESSION], "verdict": "go"})],
        ),
        "what checks have found": Decoder(
            seal.found, [zstandard.compress(bytes(64)), bytes(range(40)), bytes(60)]
        ),
        "key slot": Decoder(
            lambda data: _slot(data, keys),
            [data for name, data in store.objects.items() if name.startswith(KEYS)],
        ),
        "key ring": Decoder(lambda data: Keys(Ring.decode(data)), [ring]),
        "format": Decoder(_format, [store.objects[FORMAT]]),
        "qcow2 image": Decoder(_qcow2, [_image()]),
    }


def _image() -> bytes:
    """One of our own, of two clusters."""
    ranges = [(0, 1 << 16), (5 << 16, 1 << 16)]
    image = SparseImage(
        1 << 20, ranges, lambda wanted: iter([Extent(at, size, b"d" * size) for at, size in wanted])
    )
    return b"".join(bytes(piece) for piece in image)


@st.composite
def _broken(draw: st.DrawFn, valid: list[bytes]) -> bytes:
    data = bytearray(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(("flip", "extreme", "cut", "insert", "remove")))
        if what == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif what == "extreme":
            piece = draw(st.sampled_from(_EXTREMES))
            data[at : at + len(piece)] = piece
        elif what == "cut":
            del data[at:]
        elif what == "insert":
            data[at:at] = draw(st.binary(max_size=40))
        else:
            del data[at : at + draw(st.integers(1, 40))]
    return bytes(data)


def fuzzed(name: str, decoder: Decoder, count: int, number: int) -> tuple[int, int, list[str]]:
    """How many inputs, the most memory in bytes that any one took, and what came out that should not have.

    The memory of each by itself: what makes the inputs keeps them.
    """
    ran, most, wrong = 0, 0, dict[str, str]()

    def one(data: bytes) -> None:
        nonlocal ran, most
        ran += 1
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        try:
            tried(data)
        finally:
            most = max(most, tracemalloc.get_traced_memory()[1] - before)

    def tried(data: bytes) -> None:
        try:
            with suppress(HoarfrostError):
                decoder.decode(data)
        except Exception as error:  # noqa: BLE001 - what is looked for
            frame = error.__traceback__
            while frame and frame.tb_next:
                frame = frame.tb_next
            where = (
                f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else ""
            )
            wrong.setdefault(
                f"{type(error).__name__} {where}", f"{name}: {error!r} at {where} of {data[:60]!r}"
            )

    for bomb in (*_BOMBS, *decoder.valid):
        one(bomb)
    quiet = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    inputs = st.one_of(st.binary(max_size=300), _broken(decoder.valid), _broken(decoder.valid))
    seed(number)(quiet(given(inputs)(one)))()
    return ran, most, list(wrong.values())


def measure(effort: Effort) -> Part:
    rows: list[tuple[Cell, ...]] = []
    failures: list[str] = []
    tracemalloc.start()
    for name, decoder in decoders().items():
        ran, peak, wrong = fuzzed(name, decoder, effort.of(12, 600, 100_000), effort.seed)
        if peak > _MOST_MEMORY:
            wrong.append(f"{name}: takes {peak >> 20} MiB")
        rows.append((name, ran, -(-peak // (1 << 20)), len(wrong)))
        failures += wrong
    tracemalloc.stop()
    return Part("Decoders, fuzzed", ("decoder", "inputs", "most memory, MiB", "wrong"), rows, failures)
