"""What is known is not stored again, what is zero is not stored at all, and the figures say so."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from hoarfrost.repository import Extent, Repository, Store, StreamRef, stream_writer
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK
from hoarfrost.repository.segment_writer import Done, New, SegmentWriter
from hoarfrost.repository.stores.memory import MemoryStore

Content = Callable[[Repository, StreamRef], bytes]
DATA = random.Random(1).randbytes(2 * SEGMENT + 12_345)


def packed(store: MemoryStore) -> int:
    return sum(size for _, size in store.list("packs/"))


def test_the_same_content_again_stores_next_to_nothing(
    repository: Repository, store: MemoryStore, again: Callable[[Store], Repository]
) -> None:
    with repository.session("first") as session:
        one = session.write_bytes("one", DATA)
        session.commit(b"", {}, [one])
    assert (one.read, one.new) == (len(DATA), len(DATA))
    assert len(DATA) < one.stored < len(DATA) * 1.001
    before = packed(store)
    with again(store).session("second") as session:
        two = session.write_bytes("two", DATA)
        session.commit(b"", {}, [two])
    assert (two.read, two.new, two.stored, two.digest) == (len(DATA), 0, 0, one.digest)
    assert packed(store) - before < 1000


def test_zeros_cost_nothing_however_many(repository: Repository) -> None:
    with repository.session("zeros") as session:
        sparse = session.write("sparse", 64 << 40, [])
        read = session.write("read", 3 * SEGMENT, [Extent(0, 3 * SEGMENT, bytes(3 * SEGMENT))])
    assert (sparse.new, sparse.stored, sparse.read) == (0, 0, 0)
    assert (read.new, read.stored, read.read) == (0, 0, 3 * SEGMENT)
    assert len(sparse.root) <= 65


def test_zero_blocks_come_back_as_zeros_without_data(repository: Repository) -> None:
    data = b"x" * SUBBLOCK + bytes(2 * SUBBLOCK) + b"y" + bytes(SEGMENT)
    with repository.session("zeros") as session:
        ref = session.write_bytes("z", data)
        session.commit(b"", {}, [ref])
    found = [(e.offset, e.length, e.kind) for e in repository.read(ref)]
    assert found[:3] == [
        (0, SUBBLOCK, "data"),
        (SUBBLOCK, 2 * SUBBLOCK, "zero"),
        (3 * SUBBLOCK, SUBBLOCK, "data"),
    ]
    assert found[3:] == [(4 * SUBBLOCK, len(data) - 4 * SUBBLOCK, "zero")]


def test_the_map_names_what_is_not_zero_without_reading_data(
    repository: Repository, store: MemoryStore
) -> None:
    size = (1 << 40) + 9
    far = 1000 * SEGMENT + 3
    with repository.session("map") as session:
        extents = [Extent(0, 5, b"first"), Extent(far, SEGMENT, DATA[:SEGMENT]), Extent(size - 4, 4, b"last")]
        ref = session.write("disk", size, extents)
        session.commit(b"", {}, [ref])
    data = max(store.list("packs/"), key=lambda item: item[1])[0]
    del store.objects[data]
    tail = size // SEGMENT * SEGMENT
    assert list(repository.map(ref)) == [(0, SEGMENT), (1000 * SEGMENT, 2 * SEGMENT), (tail, size - tail)]


def test_an_unchanged_terabyte_is_one_reference(repository: Repository, content: Content) -> None:
    size = (1 << 40) + 5
    with repository.session("tera") as session:
        base = session.write("disk", size, [Extent(size - 5, 5, b"hello")])
        kept = session.write("disk", size, [Extent(0, size, same=True)], base)
        grown = session.write("disk", size + 1, [Extent(0, size, same=True), Extent(size, 1, b"!")], base)
        session.commit(b"", {}, [grown])
    assert (kept.digest, kept.read, kept.stored) == (base.digest, 0, 0)
    assert b"".join(bytes(e.data) for e in repository.read(grown, [(size - 5, 6)]) if e.data) == b"hello!"


def test_one_changed_sub_block_reads_only_itself(repository: Repository, content: Content) -> None:
    with repository.session("base") as session:
        base = session.write_bytes("disk", DATA)
        at, end = SEGMENT + 8192, SEGMENT + 8192 + 4096
        extents = [
            Extent(0, at, same=True),
            Extent(at, 4096, b"n" * 4096),
            Extent(end, len(DATA) - end, same=True),
        ]
        changed = session.write("disk", len(DATA), extents, base)
        session.commit(b"", {}, [changed])
    assert (changed.read, changed.new) == (4096, SUBBLOCK)
    assert changed.stored < SUBBLOCK + 2000
    assert content(repository, changed) == DATA[:at] + b"n" * 4096 + DATA[end:]


def test_writers_in_threads_share_packs_and_store_nothing_twice(
    repository: Repository, store: MemoryStore, content: Content
) -> None:
    common = random.Random(2).randbytes(SEGMENT + 1)
    refs: dict[str, StreamRef] = {}

    with repository.session("threads") as session:

        def run(number: int) -> None:
            for turn in range(3):
                name = f"{number}/{turn}"
                own = random.Random(name).randbytes(50_000)
                refs[name] = session.write_bytes(name, common + own)
                refs[name + "s"] = session.write_bytes(name + "s", own)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        session.commit(b"", {}, refs.values())
    assert len(refs) == 24
    unique = SEGMENT + 12 * (50_001 + 50_000)
    assert sum(ref.new for ref in refs.values()) == unique
    assert unique < packed(store) < unique * 1.01
    for name, ref in refs.items():
        own = random.Random(name.rstrip("s")).randbytes(50_000)
        assert content(repository, ref) == (own if name.endswith("s") else common + own)


def test_a_hundred_small_streams_share_packs(repository: Repository, store: MemoryStore) -> None:
    with repository.session("small") as session:
        refs = [session.write_bytes(f"o/{i}", b"%d" % i * 100) for i in range(100)]
        session.commit(b"", {}, refs)
    assert len(list(store.list("packs/"))) == 3  # data, maps, names
    assert all(len(ref.root) == 17 for ref in refs)


@pytest.mark.parametrize(
    "extents",
    [
        [Extent(0, 10, bytes(9))],
        [Extent(5, 5), Extent(0, 5)],
        [Extent(0, 10), Extent(9, 1)],
        [Extent(0, 101)],
        [Extent(0, 10, same=True)],
        [Extent(-1, 10)],
    ],
)
def test_extents_that_make_no_stream_are_refused_and_harm_no_other(
    repository: Repository, content: Content, extents: list[Extent]
) -> None:
    with repository.session("wrong") as session:
        with pytest.raises(ValueError, match="extent"):
            session.write("bad", 100, extents)
        good = session.write_bytes("good", b"good")
        session.commit(b"", {}, [good])
    assert content(repository, good) == b"good"


def test_a_source_that_fails_harms_no_other_stream(repository: Repository, content: Content) -> None:
    def failing() -> list[Extent]:
        yield Extent(0, SEGMENT, DATA[:SEGMENT])
        raise ConnectionError("gone")

    with repository.session("fail") as session:
        with pytest.raises(ConnectionError):
            session.write("bad", 2 * SEGMENT, failing())
        good = session.write_bytes("good", DATA)
        session.commit(b"", {}, [good])
    assert content(repository, good) == DATA


def test_a_source_that_fails_waits_for_what_it_has_begun_to_store(
    repository: Repository, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another stream may lean on a segment that the failing one has claimed, and be committed."""
    claimed, go_on = threading.Event(), threading.Event()
    keep = SegmentWriter.keep

    def slow(self: SegmentWriter, new: New) -> Done:
        claimed.set()
        assert go_on.wait(60)
        return keep(self, new)

    def failing() -> Iterator[Extent]:
        yield Extent(0, SEGMENT, DATA[:SEGMENT])
        yield Extent(SEGMENT, SEGMENT, DATA[SEGMENT : 2 * SEGMENT])
        assert claimed.wait(60)
        raise ConnectionError("gone")

    def write() -> None:
        with pytest.raises(ConnectionError):
            session.write("bad", 3 * SEGMENT, failing())

    with repository.session("fail") as session:
        monkeypatch.setattr(SegmentWriter, "keep", slow)
        thread = threading.Thread(target=write)
        thread.start()
        assert claimed.wait(60)
        thread.join(0.2)
        assert thread.is_alive()
        go_on.set()
        thread.join()
        good = session.write_bytes("good", DATA)
        session.commit(b"", {}, [good])
    assert content(repository, good) == DATA


def test_a_segment_that_takes_long_holds_up_what_is_known_after_it(
    repository: Repository, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the results of a whole stream would wait in memory. They come in order all the same."""
    monkeypatch.setattr(stream_writer, "_AHEAD", 4)
    known, many = b"k" * SEGMENT, 12
    far, go_on, asked = threading.Event(), threading.Event(), 0
    keep = SegmentWriter.keep

    def slow(self: SegmentWriter, new: New) -> Done:
        assert go_on.wait(60)
        return keep(self, new)

    def source() -> Iterator[Extent]:
        nonlocal asked
        yield Extent(0, SEGMENT, DATA[:SEGMENT])
        for asked in range(1, many):
            if asked == 4:
                far.set()
            yield Extent(asked * SEGMENT, SEGMENT, known)

    with repository.session("slow") as session, ThreadPoolExecutor(1) as pool:
        session.write_bytes("known", known)
        monkeypatch.setattr(SegmentWriter, "keep", slow)
        written = pool.submit(session.write, "long", many * SEGMENT, source())
        assert far.wait(60)
        wait([written], 0.2)
        read_meanwhile = asked
        go_on.set()
        ref = written.result()
        assert read_meanwhile == 4
        session.commit(b"", {}, [ref])
    assert content(repository, ref) == DATA[:SEGMENT] + known * (many - 1)
