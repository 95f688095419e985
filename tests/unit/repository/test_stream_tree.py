"""Maps of streams: the same root whichever way it came about, for sizes far beyond what a test can store."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoarfrost.errors import Damaged
from hoarfrost.repository.identity import fingerprints
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK, ZERO_ID, Kind
from hoarfrost.repository.map_builder import MapBuilder
from hoarfrost.repository.page import PagePrints, decode_page, decode_prints, encode_page, encode_prints
from hoarfrost.repository.recipe import SegmentRef, Source
from hoarfrost.repository.ring import Ring
from hoarfrost.repository.tree import StreamTree, aligned, top_level

KEYS = Keys(Ring.new(bytes(16)))
BLANK = bytes(64 * 16)


class Nodes(dict[bytes, bytes]):
    def put(self, kind: Kind, content: bytes) -> bytes:
        found = next((key for key, value in self.items() if value == content), None)
        node = found or bytes((kind,)) + len(self).to_bytes(15, "big")
        self[node] = content
        return node

    def read(self, kind: Kind, node: bytes) -> bytes:
        assert node[0] == kind
        return self[node]


def segment(number: int) -> tuple[SegmentRef, bytes]:
    if number % 7 == 0:
        return SegmentRef(ZERO_ID), BLANK
    name = number.to_bytes(15, "big") + b"s"
    sources = (Source(b"b" * 16, 60, (1 << 59) - 1), Source(name, 2, 3 << 60)) if number % 5 == 0 else ()
    return SegmentRef(name, sources), (name * 64)


def builder(nodes: Nodes, segments: int, base: StreamTree | None = None) -> MapBuilder:
    def compared(page: int) -> PagePrints | None:
        return base.prints(page) if base and page * 64 < base.segments else None

    return MapBuilder(KEYS, segments * SEGMENT, SUBBLOCK, nodes.put, compared)


def test_a_large_empty_stream_has_a_small_root_and_no_nodes() -> None:
    nodes = Nodes()
    count = (100 << 40) // SEGMENT
    made = builder(nodes, count)
    made.zeros(0, count)
    root = made.root().encode()
    assert len(root) <= 65
    assert not nodes
    tree = StreamTree(100 << 40, root, nodes.read)
    assert [(run.first, run.last) for run in tree.runs(0, count)][-1][1] == count


@given(st.integers(1, 20_000), st.data())
def test_aligned_entries_cover_the_range_once(segments: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, segments - 1))
    last = data.draw(st.integers(first, segments))
    at = first
    for level, index in aligned(first, last, segments, top_level(segments)):
        assert index * 64**level == at
        at = min((index + 1) * 64**level, segments)
    assert at == last


@settings(deadline=None)
@given(st.integers(1, 600), st.integers(1, 600), st.data())
def test_a_copied_map_equals_one_made_segment_by_segment(old: int, new: int, data: st.DataObject) -> None:
    nodes = Nodes()
    base = builder(nodes, old)
    for number in range(old):
        base.add(*segment(number))
    tree = StreamTree(old * SEGMENT, base.root().encode(), nodes.read)
    kept = data.draw(st.integers(0, min(old, new)))
    copied, single = builder(nodes, new, tree), builder(nodes, new)
    copied.copy(tree, 0, kept)
    copied.zeros(kept, new)
    for number in range(new):
        single.add(*(segment(number) if number < kept else (SegmentRef(ZERO_ID), BLANK)))
    roots = [made.root() for made in (copied, single)]
    assert roots[0].content == roots[1].content
    for root in roots:
        found = StreamTree(new * SEGMENT, root.encode(), nodes.read)
        seen = [run.ref for run in found.runs(0, new) for _ in range(run.first, run.last)]
        assert seen == [segment(n)[0] if n < kept else SegmentRef(ZERO_ID) for n in range(new)]
        for page in range(-(-new // 64)):
            prints = found.prints(page)
            assert prints is not None
            numbers = range(page * 64, min(page * 64 + 64, new))
            assert prints.whole == b"".join(segment(n)[1] if n < kept else BLANK for n in numbers)


@given(st.binary(max_size=300), st.integers(1, 64), st.sampled_from([SUBBLOCK, 16384]))
def test_any_bytes_are_a_page_or_damage(junk: bytes, segments: int, sub: int) -> None:
    for decode in (lambda: decode_page(junk, segments, sub), lambda: decode_prints(junk)):
        try:
            assert len(decode()) > 0
        except Damaged as error:
            assert error.sentence


def test_a_page_comes_back_with_its_recipes() -> None:
    refs = [segment(number)[0] for number in range(64)]
    assert decode_page(encode_page(refs, SUBBLOCK), 64, SUBBLOCK) == refs


def test_fingerprints_that_changed_little_are_kept_as_a_difference() -> None:
    whole = b"".join(segment(n)[1] for n in range(64))
    first, base = encode_prints(whole, 64, SUBBLOCK, None)
    assert (decode_prints(first), base) == (whole, ZERO_ID)
    changed = whole[:1600] + b"x" * 16 + bytes(16) + whole[1632:]
    there = PagePrints(whole, b"p" * 16, whole)
    second, base = encode_prints(changed, 64, SUBBLOCK, there)
    assert base == b"p" * 16
    assert len(second) == 2 + 512 + 32
    assert decode_prints(second, whole) == changed
    third, base = encode_prints(bytes(reversed(whole)), 64, SUBBLOCK, there)
    assert base == ZERO_ID
    assert decode_prints(third) == bytes(reversed(whole))


def test_a_root_that_does_not_fit_its_size_is_damage() -> None:
    for size, root in (
        (SEGMENT, b"\x00" + bytes(64)),
        (SEGMENT, b""),
        (SEGMENT, b"\xff" + bytes(64)),
        (2 * SEGMENT, b"\x00" + bytes(16)),
        (2 * SEGMENT, b"\x02" + bytes(64)),
    ):
        with pytest.raises(Damaged):
            StreamTree(size, root, Nodes().read)


def test_fingerprints_that_are_known_are_not_made_again() -> None:
    data = memoryview(bytes(SUBBLOCK) + b"a" * SUBBLOCK + b"b" * 100)
    whole = fingerprints(KEYS, data, SUBBLOCK)
    assert len(whole) == 64 * 16
    assert whole[:16] == ZERO_ID
    assert fingerprints(KEYS, data, SUBBLOCK, 0b101, whole) == whole
    assert fingerprints(KEYS, data, SUBBLOCK, 0b011, b"k" * 32)[:32] == b"k" * 32
