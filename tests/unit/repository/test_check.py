"""Every damage is found at the level that promises it, and named by backup, stream and range."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from hoarfrost.errors import RoleForbids
from hoarfrost.repository import Extent, Passphrase, Repository, Store, segment_writer
from hoarfrost.repository.layout import SEGMENT, Kind, pack_object
from hoarfrost.repository.reach import Reach
from hoarfrost.repository.recipe import Lean
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.usage import Live
from tests.unit.repository.conftest import CHEAP

Again = Callable[[Store], Repository]
DATA = random.Random(5).randbytes(5 * SEGMENT + 100)


@pytest.fixture
def backup(repository: Repository) -> str:
    with repository.session("test") as session:
        refs = [session.write_bytes("big", DATA), session.write_bytes("small", b"small" * 99)]
        return session.commit(b"manifest", {}, refs).id


def place(repository: Repository, stream: str, segment: int) -> tuple[str, int, int]:
    """(pack, offset, length) of a segment of a stream."""
    from hoarfrost.repository.tree import StreamTree

    repository._catalogue.refresh()
    ref = repository.backups()[0].streams[stream]
    (blob,) = StreamTree(ref.size, ref.root, repository._blobs.content).segment(segment).blobs
    pack, entry = repository._catalogue.index.find(blob) or (b"", None)
    assert entry is not None
    return pack_object(pack), entry.offset, entry.length


def test_nothing_is_wrong(repository: Repository, backup: str) -> None:
    for level, blobs in ((1, 0), (2, 12), (3, 12), (4, 12)):
        found = repository.check(level)  # type: ignore[arg-type]
        assert (found.damage, found.backups, found.left) == ((), 1, 0)
        assert found.blobs >= min(blobs, 11)
    assert repository.check(3).read > len(DATA)


def test_a_budget_is_kept_and_the_choice_is_random(repository: Repository, backup: str) -> None:
    found = [repository.check(2, budget=SEGMENT + SEGMENT // 2) for _ in range(6)]
    assert all(one.read < 3 * SEGMENT and one.left > 0 for one in found)
    assert len({one.read for one in found}) > 1


def test_a_lost_pack_is_named_at_level_1(
    repository: Repository, store: MemoryStore, again: Again, backup: str
) -> None:
    pack, _, _ = place(repository, "big", 3)
    store.delete(pack)
    (damage,) = again(store).check(1).damage
    assert (damage.backup, damage.stream, damage.offset, damage.length) == (
        backup,
        "big",
        3 * SEGMENT,
        SEGMENT,
    )
    assert "is in no pack" in damage.why
    repository.add_key(Passphrase("m"), "maintain", cost=CHEAP)
    keeper = Repository.open(store, Passphrase("m"))
    assert [(one.offset, one.length) for one in keeper.check(1).damage] == [(3 * SEGMENT, SEGMENT)]
    with pytest.raises(RoleForbids):
        keeper.check(2)


def test_a_shortened_pack_is_named_at_level_1(
    repository: Repository, store: MemoryStore, again: Again, backup: str
) -> None:
    pack, _, _ = place(repository, "big", 5)
    store.objects[pack] = store.objects[pack][:-1]
    assert ("big", 5 * SEGMENT, 100) in [
        (one.stream, one.offset, one.length) for one in again(store).check().damage
    ]


@pytest.mark.parametrize("segment", range(6))
def test_a_flipped_bit_is_named_when_all_is_read(
    repository: Repository, store: MemoryStore, again: Again, backup: str, segment: int
) -> None:
    pack, offset, length = place(repository, "big", segment)
    data = bytearray(store.objects[pack])
    data[offset + length // 2] ^= 1
    store.objects[pack] = bytes(data)
    assert again(store).check(1).damage == ()
    (damage,) = again(store).check(3).damage
    assert (damage.stream, damage.offset) == ("big", segment * SEGMENT)
    assert damage.length == min(SEGMENT, len(DATA) - segment * SEGMENT)
    assert f"is damaged at {offset}+{length}" in damage.why


def test_any_flipped_bit_of_any_pack_is_found(
    store: MemoryStore, again: Again, repository: Repository
) -> None:
    """Of what a blob is sealed in; heads and directories are repeated by the index."""
    with repository.session("test") as session:
        session.commit(
            b"manifest", {"a": 1}, [session.write_bytes(f"s{i}", bytes([i + 1]) * 70_000) for i in range(3)]
        )
    found = again(store)
    found._catalogue.refresh()
    kinds = set()
    live = Live(found._catalogue.index)
    for ids in Reach(found._blobs.content, live.fresh).backup(found.backups()[0]):
        live.need(ids)
    live.settle()
    for pack_name, entry in [
        place for places in live.each_pack(set(found._catalogue.index.packs)) for place in places
    ]:
        pack = pack_object(pack_name)
        kept = store.objects[pack]
        data = bytearray(kept)
        data[entry.offset + entry.length // 3] ^= 4
        store.objects[pack] = bytes(data)
        damage = again(store).check(3).damage
        assert damage, Kind(entry.kind)
        kinds.add(Kind(entry.kind))
        store.objects[pack] = kept
    assert kinds >= {Kind.SEGMENT, Kind.ROWS, Kind.NAMES, Kind.MANIFEST}
    assert again(store).check(3).damage == ()


def test_level_4_restores_each_stream_once_the_newest_first(repository: Repository, backup: str) -> None:
    with repository.session("again") as session:
        ref = repository.backups()[0].streams["big"]
        assert session.keep(ref)
        session.commit(b"manifest", {}, [ref, session.write_bytes("other", b"other" * 50)])
    found = repository.check(4)
    assert (found.damage, found.unrestored) == ((), 0)
    assert found.restored == len(DATA) + 5 * 99 + 5 * 50
    few = repository.check(4, budget=100)
    assert (few.restored, few.unrestored) == (len(DATA), 2)


def test_a_segment_that_is_put_together_wrongly_is_found_at_level_4(
    repository: Repository, backup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a fault of the writer: each blob is right, and the map of the newer backup takes too little of one."""
    changed = bytearray(DATA)
    changed[70_000:70_100] = bytes(range(100))
    lean = segment_writer.lean

    def forgets(*given: Any) -> Lean:
        made = lean(*given)
        return made._replace(sources=tuple(one._replace(used=one.used & ~1) for one in made.sources))

    monkeypatch.setattr(segment_writer, "lean", forgets)
    with repository.session("wrong") as session:
        base = repository.backups()[0].streams["big"]
        ref = session.write("big", len(DATA), [Extent(0, len(DATA), bytes(changed))], base=base)
        wrong = session.commit(b"manifest", {}, [ref]).id
    assert repository.check(3).damage == ()
    (damage,) = repository.check(4).damage
    assert (damage.backup, damage.stream, damage.length) == (wrong, "big", len(DATA))
    assert "bytes 0 to 4194304" in damage.why
