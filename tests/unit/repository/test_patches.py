"""What changed is stored, not what is around it; and no segment comes to lean on too much."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from hoarfrost.repository import Extent, Repository, Store, StreamRef
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK
from hoarfrost.repository.recipe import MOST_SOURCES, Lean, Source, is_bounded
from hoarfrost.repository.stores.counted import CountedStore
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.tree import StreamTree
from tests.unit.repository.fault_stores import Crash, CrashingStore

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
DATA = random.Random(1).randbytes(3 * SEGMENT)


def touched(data: bytes, places: list[int], seed: int = 0) -> bytes:
    """4 KiB of new bytes at each place."""
    out = bytearray(data)
    for place in places:
        out[place : place + 4096] = random.Random(f"{seed}/{place}").randbytes(4096)
    return bytes(out)


def put(
    repository: Repository, data: bytes, base: StreamRef | None = None, lineage: StreamRef | None = None,
    sub_block: int | None = None,
) -> StreamRef:  # fmt: skip
    with repository.session("patches") as session:
        ref = session.write("disk", len(data), [Extent(0, len(data), data)], base, lineage, sub_block)
        session.commit(b"", {}, [ref])
    return ref


def leaning(repository: Repository, ref: StreamRef) -> list[int]:
    """On how many blobs each segment leans."""
    tree = StreamTree(ref.size, ref.root, repository._blobs.content)
    return [len(tree.segment(number).blobs) for number in range(tree.segments)]


@pytest.mark.parametrize("sub_block", [65536, 16384])
def test_changed_sub_blocks_alone_are_stored(
    repository: Repository, content: Content, sub_block: int
) -> None:
    base = put(repository, DATA, sub_block=sub_block)
    changed = touched(DATA, [10 * SUBBLOCK, SEGMENT + 5000, 2 * SEGMENT + 7 * SUBBLOCK])
    ref = put(repository, changed, base)
    assert ref.new == 3 * sub_block
    assert 3 * sub_block < ref.stored < 3 * sub_block + 5000
    assert content(repository, ref) == changed
    assert leaning(repository, ref) == [2, 2, 2]


def test_the_lineage_stands_in_where_there_is_no_base(repository: Repository, content: Content) -> None:
    image = put(repository, DATA)
    disk = touched(DATA, [100_000])[: 2 * SEGMENT] + bytes(SEGMENT) + b"more" * 1000
    ref = put(repository, disk, lineage=image)
    assert ref.new == SUBBLOCK + 4000
    assert ref.stored < SUBBLOCK + 8000
    assert content(repository, ref) == disk
    again = touched(disk, [5 * SUBBLOCK], 1)
    assert put(repository, again, base=ref, lineage=image).new == SUBBLOCK


def test_a_hint_of_another_grain_does_not_help(repository: Repository, content: Content) -> None:
    image = put(repository, DATA, sub_block=16384)
    ref = put(repository, DATA, lineage=image, sub_block=65536)
    assert ref.new == len(DATA)
    ref = put(repository, touched(DATA, [0]), base=image, sub_block=65536)
    assert content(repository, ref) == touched(DATA, [0])
    with pytest.raises(ValueError, match="sub-blocks"):
        put(repository, DATA, sub_block=4096)


def test_fragmentation_is_bounded(repository: Repository, content: Content) -> None:
    data = DATA[:SEGMENT]
    ref = put(repository, data)
    most, whole = 0, 0
    for turn in range(40):
        data = touched(data, [(turn * 7 % 64) * SUBBLOCK], turn)
        ref = put(repository, data, ref)
        (lean,) = leaning(repository, ref)
        most, whole = max(most, lean), whole + (lean == 1)
    assert most == MOST_SOURCES
    assert whole == 40 // MOST_SOURCES
    assert content(repository, ref) == data


def test_what_a_segment_may_lean_on() -> None:
    base = Source(b"b" * 16, 64, (1 << 64) - 1)

    def bounded(*sources: Source, new: int = 1) -> bool:
        return is_bounded(Lean(sources, (1 << new) - 1))

    assert bounded(base)
    assert not bounded()
    assert not bounded(base._replace(used=(1 << 31) - 1))  # less than half of the base is alive
    assert bounded(base._replace(used=(1 << 32) - 1))
    assert bounded(base, *[Source(b"p" * 16, 1, 1)] * 14)
    assert not bounded(base, *[Source(b"p" * 16, 1, 1)] * 15)  # with the new patch one too many
    assert bounded(base, *[Source(b"p" * 16, 1, 0)] * 15)  # nothing is taken from these any more
    assert not bounded(base, *[Source(b"p" * 16, 60, 1)] * 3)  # reads much to use little
    assert bounded(Source(b"b" * 16, 2, 3), new=60)  # what grows leans on what was there


def test_parts_that_become_zero_are_dropped(repository: Repository, content: Content) -> None:
    base = put(repository, DATA)
    holed = DATA[:SUBBLOCK] + bytes(3 * SUBBLOCK) + DATA[4 * SUBBLOCK : SEGMENT] + bytes(2 * SEGMENT)
    ref = put(repository, holed, base)
    assert ref.new == 0
    assert content(repository, ref) == holed
    assert leaning(repository, ref) == [1, 0, 0]


def test_a_blob_that_is_lost_is_not_leant_on(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    base = put(repository, DATA)
    for name, size in list(store.list("packs/")):
        if size > SEGMENT:
            del store.objects[name]
    other = again(store)
    changed = touched(DATA, [0])
    ref = put(other, changed, base)
    assert ref.new == 3 * SEGMENT
    assert content(again(store), ref) == changed


def test_each_part_of_a_pack_is_fetched_once(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    data = DATA + DATA[:SEGMENT] + DATA
    base = put(repository, data)
    ref = put(repository, touched(data, [0, SEGMENT, 4 * SEGMENT]), base)
    spans: list[tuple[str, int, int]] = []

    class Watched(CountedStore):
        def get_range(self, name: str, offset: int, length: int) -> bytes:
            if length > 1000:
                spans.append((name, offset, offset + length))
            return super().get_range(name, offset, length)

    other = again(Watched(store))
    assert sum(extent.length for extent in other.read(ref, ordered=False)) == len(data)
    spans.sort()
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))
    assert sum(end - start for _, start, end in spans) < 3.4 * SEGMENT


@pytest.mark.parametrize("ordered", [True, False])
def test_a_small_range_of_a_large_stream_takes_few_requests(
    repository: Repository, store: MemoryStore, again: Again, ordered: bool
) -> None:
    size = 1 << 40
    with repository.session("large") as session:
        extents = [Extent(n * (1 << 36), SEGMENT, DATA[:SEGMENT]) for n in range(8)]
        ref = session.write("disk", size, extents)
        session.commit(b"", {}, [ref])
    counted = CountedStore(store)
    other = again(counted)
    list(other.read(ref, [(0, 1)]))
    before = counted.requests["get"]
    wanted = [(3 * (1 << 36) + 5, 10), (size - 9, 9)]
    found = {extent.offset: extent for extent in other.read(ref, wanted, ordered=ordered)}
    assert found[wanted[0][0]].data == DATA[5:15]
    assert found[size - 9].data is None
    assert counted.requests["get"] - before <= 8


@pytest.mark.parametrize("at", [3, 6, 9, 12])
def test_a_killed_run_sends_no_pack_twice_that_came_through(
    repository: Repository, store: MemoryStore, again: Again, content: Content, at: int
) -> None:
    """A segment a pack: those that are not there were open or on their way, and no more than that is sent again."""
    data = random.Random(at).randbytes(12 * SEGMENT)
    with pytest.raises(Crash):
        put(again(CrashingStore(store, at, after=True)), data)
    stored = sum(size for name, size in store.list("packs/") if size > SEGMENT) // SEGMENT
    ref = put(again(store), data)
    assert ref.new == (12 - stored) * SEGMENT
    assert 0 < stored < 12
    assert content(repository, ref) == data


def test_scattered_changes_of_a_large_stream_take_few_requests(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    """Maps are fetched many pages at a time: a terabyte with a change in each page is not 4096 round trips."""
    pages, size = 100, 100 << 28
    with again(store).session("first") as session:
        extents = [Extent(n << 28, 4096, DATA[:4096]) for n in range(pages)]
        base = session.write("disk", size, extents)
        session.commit(b"", {}, [base])
    counted = CountedStore(store)
    extents = []
    for n in range(pages):
        extents += [Extent(n << 28, SUBBLOCK, DATA[n * 4096 : n * 4096 + SUBBLOCK])]
        extents += [Extent((n << 28) + SUBBLOCK, (1 << 28) - SUBBLOCK, same=True)]
    with again(counted).session("second") as session:
        before = counted.requests["get"]
        ref = session.write("disk", size, extents, base)
        assert counted.requests["get"] - before <= 10
        session.commit(b"", {}, [ref])
    assert ref.read == pages * SUBBLOCK


def test_what_scattered_changes_drag_along_is_compressed_harder(
    repository: Repository, content: Content
) -> None:
    words = [random.Random(word).randbytes(5) for word in range(3000)]
    text = b"".join(random.Random(2).choices(words, k=SEGMENT // 5 + 1))[:SEGMENT]
    base = put(repository, text)
    joined = touched(text, [at * SUBBLOCK for at in range(8)])
    apart = touched(text, [at * SUBBLOCK for at in range(0, 16, 2)])
    one, other = put(repository, joined, base), put(repository, apart, base)
    assert one.new == other.new == 8 * SUBBLOCK
    assert other.stored < 0.9 * one.stored
    assert content(repository, one) == joined
    assert content(repository, other) == apart
