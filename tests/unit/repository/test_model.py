"""The repository against a dict: streams that descend from each other, backups kept and forgotten, other processes.

Streams are a few sub-blocks in a few segments, so that references, patches, patches of patches, segments written whole
again and zeros all come up; everything is read back by the product, in both orders, and at the end by the decoder.
"""

import random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from hoarfrost.repository import Committed, Extent, Passphrase, Repository, StreamRef
from hoarfrost.repository.layout import SEGMENT
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL, load_decoder
from tests.unit.repository.test_format import Objects

KEY, WRITER = Passphrase("p"), Passphrase("w")
GRAIN = 16384

edits = st.lists(
    st.tuples(
        st.integers(0, 2 * SEGMENT), st.sampled_from([1, 4096, GRAIN, 70_000, SEGMENT]), st.integers(0, 3)
    ),
    max_size=6,
)
hows = st.sampled_from(["all", "changed", "write key"])
resized = st.sampled_from([0, 0, 0, 1, GRAIN, -1, -SEGMENT, SEGMENT])


class Stream:
    """What was written, as the model knows it."""

    def __init__(self, ref: StreamRef, data: bytes, sub: int) -> None:
        self.ref, self.data, self.sub = ref, data, sub


def edited(
    data: bytes, changes: list[tuple[int, int, int]], size: int
) -> tuple[bytes, list[tuple[int, int]]]:
    """(the new bytes, the ranges that changed), seed 0 writing zeros."""
    out = bytearray(data[:size].ljust(size, b"\0"))
    touched = [(len(data), size)] if size > len(data) else []
    for offset, length, seed in changes:
        end = min(offset + length, size)
        if offset < end:
            out[offset:end] = random.Random(seed).randbytes(end - offset) if seed else bytes(end - offset)
            touched.append((offset, end))
    return bytes(out), touched


def changed_only(data: bytes, touched: list[tuple[int, int]], grain: int, old: int) -> list[Extent]:
    """The changed ranges, widened to ``grain``, and ``same`` for the rest."""
    extents, at = [], 0
    for start, end in sorted(touched):
        start = max(start // grain * grain, at)
        end = min(-(-end // grain) * grain, len(data))
        if start >= end:
            continue
        if start > at:
            extents.append(Extent(at, start - at, same=True))
        extents.append(Extent(start, end - start, data[start:end]))
        at = end
    tail = min(old, len(data))
    return [*extents, Extent(at, tail - at, same=True)] if at < tail else extents


class Model(RuleBasedStateMachine):
    streams = Bundle("streams")
    backups = Bundle("backups")

    @initialize()
    def start(self) -> None:
        self.store = MemoryStore()
        self.repository = Repository.init(self.store, KEY, cost=CHEAP, limits=SMALL)
        self.repository.add_key(WRITER, "write", cost=CHEAP)
        self.kept: dict[str, dict[str, bytes]] = {}
        self.made = 0

    def named(self) -> str:
        self.made += 1
        return f"stream {self.made}"

    @rule(target=streams, size=st.sampled_from([0, 5, GRAIN, SEGMENT, 2 * SEGMENT + 77]), changes=edits,
          sub=st.sampled_from([65536, 16384]))  # fmt: skip
    def first(self, size: int, changes: list[tuple[int, int, int]], sub: int) -> Stream:
        data, _ = edited(b"", changes, size)
        return self.commit(data, [Extent(0, size, data)], None, None, sub)

    @rule(
        target=streams,
        base=streams,
        changes=edits,
        more=resized,
        how=st.sampled_from(["all", "changed", "write key"]),
    )
    def next(self, base: Stream, changes: list[tuple[int, int, int]], more: int, how: str) -> Stream:
        size = max(len(base.data) + (more if how != "write key" else 0), 0)
        data, touched = edited(base.data, changes, size)
        grain = base.sub if how == "write key" else 1
        extents = (
            [Extent(0, size, data)] if how == "all" else changed_only(data, touched, grain, len(base.data))
        )
        return self.commit(data, extents, base, None, base.sub, WRITER if how == "write key" else KEY)

    @rule(target=streams, parent=streams, changes=edits)
    def descend(self, parent: Stream, changes: list[tuple[int, int, int]]) -> Stream:
        data, _ = edited(parent.data, changes, len(parent.data))
        return self.commit(data, [Extent(0, len(data), data)], None, parent, parent.sub)

    @rule(target=streams, base=streams, parent=streams, changes=edits)
    def both(self, base: Stream, parent: Stream, changes: list[tuple[int, int, int]]) -> Stream:
        data, _ = edited(base.data, changes, len(base.data))
        data = data[: SEGMENT // 2] + parent.data[SEGMENT // 2 : len(data)].ljust(
            len(data) - SEGMENT // 2, b"\0"
        )
        data = data[: len(base.data)]
        return self.commit(data, [Extent(0, len(data), data)], base, parent, base.sub)

    def commit(
        self, data: bytes, extents: list[Extent], base: Stream | None, parent: Stream | None, sub: int,
        secret: Passphrase = KEY,
    ) -> Stream:  # fmt: skip
        repository = Repository.open(self.store, secret, limits=SMALL)
        with repository.session("model") as session:
            ref = session.write(
                self.named(), len(data), extents, base and base.ref, parent and parent.ref, sub
            )
            backup = session.commit(b"m", {}, [ref])
        self.kept[backup.id] = {ref.name: data}
        return Stream(ref, data, sub)

    @rule(some=st.lists(streams, max_size=3, unique_by=lambda one: one.ref.name), target=backups)
    def keep_several(self, some: list[Stream]) -> Committed:
        with self.repository.session("model") as session:
            backup = session.commit(b"m", {}, [one.ref for one in some])
        self.kept[backup.id] = {one.ref.name: one.data for one in some}
        return backup

    @rule(backup=consumes(backups))
    def forget(self, backup: Committed) -> None:
        self.repository.delete(backup.id)
        del self.kept[backup.id]

    @rule(
        one=streams, cuts=st.lists(st.integers(0, 3 * SEGMENT), min_size=2, max_size=8), ordered=st.booleans()
    )
    def read(self, one: Stream, cuts: list[int], ordered: bool) -> None:
        cuts = sorted(min(cut, len(one.data)) for cut in cuts)
        wanted = [(a, b - a) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        found = bytearray(b"\xaa" * len(one.data))
        seen = 0
        for extent in self.repository.read(one.ref, wanted, ordered=ordered):
            found[extent.offset : extent.end] = extent.data or bytes(extent.length)
            seen += extent.length
        assert seen == sum(length for _, length in wanted)
        for offset, length in wanted:
            assert found[offset : offset + length] == one.data[offset : offset + length]

    @rule(one=streams, other=streams)
    def compare(self, one: Stream, other: Stream) -> None:
        if one.sub == other.sub:
            assert (one.ref.digest == other.ref.digest) == (one.data == other.data)
        assert len(one.ref.root) <= 65

    @invariant()
    def all_backups_are_listed(self) -> None:
        if hasattr(self, "repository"):
            assert {backup.id for backup in self.repository.backups()} == set(self.kept)

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        decoder = load_decoder().Repository(Objects(self.store.objects), "p")
        found = {
            backup: {name: b"".join(decoder.segments(*row)) for name, *row in decoder.streams(snap)}
            for backup, snap in decoder.backups()
        }
        assert found == self.kept


Model.TestCase.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
test_the_repository_is_a_dict = Model.TestCase
