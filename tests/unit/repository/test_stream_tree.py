"""Maps of streams: the same root whichever way it came about, for sizes far beyond what a test can store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoarfrost.errors import Damaged
from hoarfrost.repository.layout import SEGMENT, ZERO_ID
from hoarfrost.repository.tree import StreamTree, TreeBuilder, aligned, root_level


class Nodes(dict[bytes, bytes]):
    def put(self, content: bytes) -> bytes:
        node = b"n" + len(self).to_bytes(7, "big") + hash(content).to_bytes(8, "big", signed=True)
        found = next((key for key, value in self.items() if value == content), node)
        self[found] = content
        return found


def segment(number: int) -> bytes:
    return ZERO_ID if number % 7 == 0 else b"s" + number.to_bytes(15, "big")


def test_a_large_empty_stream_has_a_small_root_and_no_nodes() -> None:
    nodes = Nodes()
    count = (100 << 40) // SEGMENT
    builder = TreeBuilder(count, nodes.put)
    builder.zeros(0, count)
    root = builder.root()
    assert len(root) <= 65
    assert not nodes
    tree = StreamTree(100 << 40, root, nodes.__getitem__)
    assert [(run.first, run.last) for run in tree.runs(0, count)][-1][1] == count


@given(st.integers(1, 20_000), st.data())
def test_aligned_nodes_cover_the_range_once(segments: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, segments - 1))
    last = data.draw(st.integers(first, segments))
    at = first
    for level, index in aligned(first, last, segments, root_level(segments)):
        assert index * 64**level == at
        at = min((index + 1) * 64**level, segments)
    assert at == last


@given(st.integers(1, 9000), st.integers(1, 9000), st.data())
def test_a_copied_map_equals_one_made_segment_by_segment(old: int, new: int, data: st.DataObject) -> None:
    nodes = Nodes()
    base = TreeBuilder(old, nodes.put)
    for number in range(old):
        base.add(segment(number))
    tree = StreamTree(old * SEGMENT, base.root(), nodes.__getitem__)
    kept = data.draw(st.integers(0, min(old, new)))
    copied, single = TreeBuilder(new, nodes.put), TreeBuilder(new, nodes.put)
    copied.copy(tree, 0, kept)
    copied.zeros(kept, new)
    for number in range(new):
        single.add(segment(number) if number < kept else ZERO_ID)
    assert copied.root() == single.root()
    found = StreamTree(new * SEGMENT, copied.root() or b"", nodes.__getitem__)
    seen = [run.id for run in found.runs(0, new) for _ in range(run.first, run.last)]
    assert seen == [segment(number) if number < kept else ZERO_ID for number in range(new)]


def test_a_root_that_does_not_fit_its_size_is_damage() -> None:
    with pytest.raises(Damaged):
        StreamTree(SEGMENT, b"\x00" + ZERO_ID * 2, bytes)
    with pytest.raises(Damaged):
        StreamTree(SEGMENT, b"\x01" + ZERO_ID, bytes)
