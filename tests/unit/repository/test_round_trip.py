"""What is written comes back: against a dict of bytes, over several streams and sessions, by property."""

import random
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hoarfrost.repository import Committed, Extent, Passphrase, Repository, StreamRef
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL

KEY = Passphrase("p")
SIZES = [
    0,
    1,
    SUBBLOCK - 1,
    SUBBLOCK,
    SUBBLOCK + 1,
    SEGMENT - 1,
    SEGMENT,
    SEGMENT + 1,
    2 * SEGMENT + 70_000,
    3 * SEGMENT + 3,
]
CUTS = [1, 4096, SUBBLOCK, 3 * SUBBLOCK + 5, SEGMENT, SEGMENT + 1, 2 * SEGMENT]

sizes = st.sampled_from(SIZES)
pieces = st.lists(
    st.tuples(
        st.sampled_from(["data", "text", "nought", "zero", "gap", "same"]),
        st.sampled_from(CUTS),
        st.integers(0, 3),
    ),
    max_size=8,
)
writes = st.lists(
    st.tuples(st.sampled_from("abc"), sizes, pieces, st.booleans(), st.booleans()), min_size=1, max_size=5
)


def payload(kind: str, length: int, seed: int) -> bytes:
    if kind == "nought":
        return bytes(length)
    grain = random.Random(seed).randbytes(min(length, 70_001) if kind == "data" else 1009)
    return (grain * (length // len(grain) + 1))[:length]


def plan(
    size: int, drawn: list[tuple[str, int, int]], before: bytes | None
) -> tuple[list[tuple[str, int, bytes]], bytes]:
    """(kind, offset, the bytes there) of each extent, and the whole stream."""
    at, extents = 0, []
    whole = bytearray(size)
    for kind, length, seed in drawn:
        length = min(length, size - at)
        if kind == "same":
            length = min(length, len(before) - at) if before is not None else 0
        if length <= 0:
            continue
        if kind == "same":
            there = (before or b"")[at : at + length]
        else:
            there = bytes(length) if kind in ("zero", "gap") else payload(kind, length, seed)
        if kind != "gap":
            extents.append((kind, at, there))
        whole[at : at + length] = there
        at += length
    return extents, bytes(whole)


def offered(extents: list[tuple[str, int, bytes]], reuse: bool) -> Iterator[Extent]:
    """As a mover would: fresh bytes, or one buffer that is used again and again."""
    buffer = bytearray(max((len(there) for _, _, there in extents), default=0))
    for kind, offset, there in extents:
        if kind in ("zero", "same"):
            yield Extent(offset, len(there), same=kind == "same")
        elif reuse:
            buffer[: len(there)] = there
            yield Extent(offset, len(there), memoryview(buffer)[: len(there)])
            buffer[:] = b"\xaa" * len(buffer)
        else:
            yield Extent(offset, len(there), there)


def whole(repository: Repository, ref: StreamRef) -> bytes:
    return b"".join(bytes(e.length) if e.data is None else bytes(e.data) for e in repository.read(ref))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(writes, min_size=1, max_size=2))
def test_everything_written_is_read_back(
    runs: list[list[tuple[str, int, list[tuple[str, int, int]], bool, bool]]],
) -> None:
    store = MemoryStore()
    repository = Repository.init(store, KEY, cost=CHEAP, limits=SMALL)
    model: dict[str, bytes] = {}
    refs: dict[str, StreamRef] = {}
    saved: list[tuple[Committed, dict[str, bytes]]] = []
    for run in runs:
        with repository.session("property") as session:
            for name, size, drawn, on_base, reuse in run:
                before = model.get(name) if on_base else None
                extents, model[name] = plan(size, drawn, before)
                base = refs[name] if before is not None else None
                refs[name] = session.write(name, size, offered(extents, reuse), base)
            saved.append((session.commit(b"m", {}, refs.values()), dict(model)))
    other = Repository.open(store, KEY)
    for committed, expected in saved:
        streams = other.load(committed.id).streams
        assert {name: whole(other, ref) for name, ref in streams.items()} == expected
    for one in refs.values():
        for two in refs.values():
            assert (one.digest == two.digest) == (model[one.name] == model[two.name])


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 3 * SEGMENT + 1000), min_size=2, max_size=12))
def test_ranges_give_exactly_what_lies_in_them(cuts: list[int]) -> None:
    data = payload("text", SEGMENT + 7, 1) + bytes(SEGMENT) + payload("text", SEGMENT + 993, 2)
    cuts = sorted(cuts)
    wanted = [(a, b - a) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    repository = Repository.init(MemoryStore(), KEY, cost=CHEAP)
    with repository.session("property") as session:
        ref = session.write_bytes("x", data)
        session.commit(b"", {}, [ref])
    found = [
        (e.offset, bytes(e.length) if e.data is None else bytes(e.data)) for e in repository.read(ref, wanted)
    ]
    assert b"".join(there for _, there in found) == b"".join(data[o : o + n] for o, n in wanted)
    assert all(data[o : o + len(there)] == there for o, there in found)
