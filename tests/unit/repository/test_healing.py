"""What a check finds damaged is sent again by the next backup, and nothing is lost for what a check says."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from hoarfrost.errors import Damaged
from hoarfrost.repository import (
    Extent,
    Passphrase,
    Patience,
    Repack,
    Repository,
    Role,
    Store,
    StreamRef,
)
from hoarfrost.repository.found import add_doubts, put_verified, read_verified
from hoarfrost.repository.layout import DAMAGED, SEGMENT, VERIFIED, PackClass, pack_object, pack_of
from hoarfrost.repository.recipe import SegmentRef
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.readonly import ReadOnlyStore
from hoarfrost.repository.tree import StreamTree
from tests.unit.repository.conftest import CHEAP, SMALL, load_decoder

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
PIECES = {f"piece {i}": random.Random(i).randbytes(300_000) for i in range(8)}
ALL = Repack(most=1.0)


def back_up(repository: Repository) -> int:
    """Bytes that were not there."""
    with repository.session("test") as session:
        refs = [session.write_bytes(name, data) for name, data in PIECES.items()]
        return session.commit(b"manifest", {}, refs).new


def names(store: MemoryStore, prefix: str) -> list[str]:
    return [name for name, _ in store.list(prefix)]


def flip(repository: Repository, store: MemoryStore, name: str) -> str:
    """A bit of a stream's only segment; the pack it is in."""
    repository._catalogue.refresh()
    place = repository._blobs.place(repository.backups()[0].streams[name].root[1:17])
    pack = pack_object(place.pack)
    data = bytearray(store.objects[pack])
    data[place.entry.offset + 99] ^= 8
    store.objects[pack] = bytes(data)
    return pack


def test_the_next_backup_heals_earlier_ones(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    back_up(repository)
    bad = flip(repository, store, "piece 3")
    assert back_up(again(store)) == 0  # nobody knows yet
    found = again(store).check(3)
    assert ({one.stream for one in found.damage}, found.told) == ({"piece 3"}, 1)
    assert {one.stream for one in again(store).check(1).damage} == {"piece 3"}
    assert again(store).check(3).told == 0  # known already
    assert back_up(again(store)) == 300_000
    reader = again(store)
    for backup in reader.backups():
        assert {name: content(reader, ref) for name, ref in backup.streams.items()} == PIECES
    assert again(store).check(3).damage == ()
    assert len(names(store, DAMAGED)) == 1
    assert again(store).prune(repack=ALL).repacked == 1
    assert bad not in store.objects
    assert names(store, DAMAGED) == []
    assert again(store).check(3).damage == ()


def test_a_pack_with_the_only_copy_stays(repository: Repository, store: MemoryStore, again: Again) -> None:
    back_up(repository)
    bad = flip(repository, store, "piece 0")
    again(store).check(3)
    again(store).prune(repack=Repack(below=1.1, most=1.0))
    assert bad in store.objects
    assert {one.stream for one in again(store).check(3).damage} == {"piece 0"}
    for backup in repository.backups():
        repository.forget(backup.id)
    again(store).prune()
    assert names(store, "packs/") == names(store, DAMAGED) == []


@pytest.mark.parametrize("healed", [True, False])
@pytest.mark.parametrize("role", ["read", "maintain"])
def test_a_pack_that_is_damaged_as_a_whole_goes_when_nobody_needs_it(
    repository: Repository, store: MemoryStore, again: Again, role: Role, healed: bool
) -> None:
    def write() -> None:
        with again(store).session("test") as session:
            session.commit(b"", {}, [session.write_bytes("piece 1", PIECES["piece 1"])])

    repository.add_key(Passphrase("k"), role, cost=CHEAP)
    write()
    bad = flip(repository, store, "piece 1")
    again(store).check(3)
    if healed:
        write()
    keeper = Repository.open(store, Passphrase("k"), limits=SMALL)
    keeper.prune()
    # Who cannot read cannot prove that the other place is right
    assert (bad not in store.objects) == (healed and role == "read")
    assert {one.stream for one in again(store).check(3).damage} == (set() if healed else {"piece 1"})
    for backup in repository.backups():
        repository.forget(backup.id)
    keeper.prune()
    assert names(store, "packs/") == names(store, DAMAGED) == []


def test_a_false_alarm_is_taken_back(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    back_up(repository)
    repository._catalogue.refresh()
    ref = repository.backups()[0].streams["piece 1"]
    blob = ref.root[1:17]
    add_doubts(store, repository._keys, {(repository._blobs.place(blob).pack, blob)})
    assert content(again(store), ref) == PIECES["piece 1"]
    assert [one.stream for one in again(store).check(1).damage] == ["piece 1"]
    assert again(store).check(2).damage == ()
    assert names(store, DAMAGED) == []
    assert again(store).check(1).damage == ()


def test_a_false_alarm_costs_a_writer_under_way_nothing(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """It leans on what was sound when it began; then that is called damaged, and the earlier backup goes."""
    back_up(repository)
    (first,) = repository.backups()
    with again(store).session("slow") as session:
        ref = session.write_bytes("piece 1", PIECES["piece 1"])
        assert ref.new == 0
        blob = ref.root[1:17]
        repository._catalogue.refresh()
        add_doubts(store, repository._keys, {(repository._blobs.place(blob).pack, blob)})
        repository.forget(first.id)

        def commit(_: float) -> None:
            session.commit(b"manifest", {}, [ref])

        again(store).prune(patience=Patience(wait=timedelta(minutes=1), sleep=commit))
    assert content(again(store), ref) == PIECES["piece 1"]
    assert again(store).check(3).damage == ()


def test_of_two_places_the_one_beside_damage_goes(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """Two who write at once store the same; in the pack of the first more is damaged than has been found."""
    ours = {name: data[:100_000] for name, data in PIECES.items() if name < "piece 2"}
    with again(store).session("first") as first, again(store).session("second") as second:
        both = [[one.write_bytes(name, data) for name, data in ours.items()] for one in (first, second)]
        second.write_bytes("not needed", PIECES["piece 3"])
        for session, refs in zip((first, second), both, strict=True):
            session.commit(b"manifest", {}, refs)
    repository._catalogue.refresh()
    index = repository._catalogue.index
    packs = [
        {index._names[int(index._runs[run]["pack"][row])] for run, row in index._rows(ref.root[1:17])}
        for ref in both[0]
    ]
    assert packs[0] == packs[1]
    (worse,) = (one for one in packs[0] if len(store.objects[pack_object(one)]) < 300_000)
    store.objects[pack_object(worse)] = (
        store.objects[pack_object(worse)][:100] + bytes(180_000) + store.objects[pack_object(worse)][180_100:]
    )
    add_doubts(store, repository._keys, {(worse, both[0][0].root[1:17])})
    again(store).prune(repack=ALL)
    reader = again(store)
    assert [content(reader, ref) for ref in both[0]] == list(ours.values())
    assert reader.check(3).damage == ()


def test_a_pack_is_not_proven_in_the_future(repository: Repository, store: MemoryStore, again: Again) -> None:
    back_up(repository)
    again(store).check(3)
    verified = read_verified(store, repository._keys)
    put_verified(
        store, repository._keys, {pack: time + timedelta(days=999) for pack, time in verified.items()}
    )
    assert again(store).check(3, max_age=timedelta(days=7)).recent == 0


def test_the_decoder_reads_what_was_healed_and_what_is_listed_but_gone(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    back_up(repository)
    listed = {name: store.objects[name] for name in names(store, "index/")}
    bad = flip(repository, store, "piece 3")
    again(store).check(3)
    back_up(again(store))
    assert decoded(store) == [PIECES] * 2
    again(store).prune(repack=ALL)
    assert bad not in store.objects
    store.objects.update(listed)  # as if the collector had died before it wrote them anew
    assert decoded(store) == [PIECES] * 2


def decoded(store: MemoryStore) -> list[dict[str, bytes]]:
    """Each backup as the decoder has it, whichever of two index objects comes first."""
    decoder, found = load_decoder(), []
    for turn in (1, -1):
        folder = Objects(store, turn)
        repository = decoder.Repository(folder, "correct horse")
        found.append(
            [
                {name: b"".join(repository.segments(*row)) for name, *row in repository.streams(snap)}
                for _, snap in repository.backups()
            ]
        )
    assert found[0] == found[1]
    return list(found[0])


class Objects:
    def __init__(self, store: MemoryStore, turn: int) -> None:
        self._store, self._turn = store, turn

    def get(self, name: str) -> bytes:
        return self._store.objects[name]

    def cut(self, name: str, offset: int, length: int) -> bytes:
        if name not in self._store.objects:
            raise FileNotFoundError(name)
        return self._store.get_range(name, offset, length)

    def list(self, prefix: str) -> list[str]:
        found = sorted(name for name, _ in self._store.list(prefix + "/"))
        return found[:: self._turn] if prefix == "index" else found


def test_a_store_that_is_only_read_is_checked_all_the_same(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    back_up(repository)
    flip(repository, store, "piece 2")
    found = again(ReadOnlyStore(store)).check(3)
    assert ([one.stream for one in found.damage], found.told) == (["piece 2"], 0)
    assert names(store, DAMAGED) == names(store, VERIFIED) == []


def test_what_cannot_be_opened_is_as_if_it_were_not_there(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    back_up(repository)
    store.put_new(DAMAGED + "00" * 16, b"not sealed")
    store.put_new(VERIFIED + "00" * 16, b"not sealed")
    bomb = DAMAGED + "11" * 16
    huge = b"\x28\xb5\x2f\xfd\xc0\x00" + (1 << 60).to_bytes(8, "little")  # a frame that claims 2^60 bytes
    store.put_new(bomb, repository._keys.seal(PackClass.META, bomb, huge))
    assert back_up(again(store)) == 0
    assert again(store).check(3, max_age=timedelta(days=1)).damage == ()


def test_what_was_proven_lately_is_not_read_again(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    back_up(repository)
    whole = again(store).check(3)
    assert (whole.left, whole.recent) == (0, 0)
    found = again(store).check(3, max_age=timedelta(days=7))
    assert (found.read, found.recent, found.left) == (0, whole.blobs, 0)
    bad = flip(repository, store, "piece 5")
    assert again(store).check(3, max_age=timedelta(days=7)).damage == ()
    verified = read_verified(store, repository._keys)
    assert {pack_object(pack) for pack in verified} == set(names(store, "packs/"))
    pack = pack_of(bad)
    assert pack is not None
    verified[pack] -= timedelta(days=8)
    put_verified(store, repository._keys, verified)
    assert len(names(store, VERIFIED)) == 1
    found = again(store).check(3, max_age=timedelta(days=7), budget=1)
    assert [one.stream for one in found.damage] == ["piece 5"]
    assert read_verified(store, repository._keys)[pack] == verified[pack]  # not proven


def test_a_small_budget_gets_through_everything(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    back_up(repository)
    whole = again(store).check(3).blobs
    store.objects.pop(names(store, VERIFIED)[0])
    turns = 0
    while (found := again(store).check(3, budget=400_000, max_age=timedelta(days=1))).left:
        assert 0 < found.read < 1_500_000
        turns += 1
    assert found.recent + found.blobs == whole
    assert 1 < turns < len(names(store, "packs/"))


def test_a_maintain_key_tells_what_is_known(repository: Repository, store: MemoryStore, again: Again) -> None:
    back_up(repository)
    flip(repository, store, "piece 6")
    again(store).check(3)
    repository.add_key(Passphrase("m"), "maintain", cost=CHEAP)
    keeper = Repository.open(store, Passphrase("m"), limits=SMALL)
    assert len(keeper.check(1).damage) == 1


def test_what_is_lost_is_not_carried_on_as_the_same(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """Neither where a check has found it damaged nor where its pack is gone; the bytes themselves heal it."""
    data = random.Random(9).randbytes(3 * SEGMENT)
    with repository.session("test") as session:
        ref = session.write("disk", len(data), [Extent(0, len(data), data)])
        session.commit(b"", {}, [ref])
    first = repository._blobs.place(pages(repository, ref)[0].id)
    whole = dict(store.objects)
    for gone in (False, True):
        store.objects.clear()
        store.objects.update(whole)
        if gone:
            store.delete(pack_object(first.pack))
        else:
            add_doubts(store, repository._keys, {(first.pack, first.entry.id)})
        with again(store).session("test") as session:
            with pytest.raises(Damaged, match=r"'disk'.*bytes 0 to 4194304"):
                session.write("disk", len(data), [Extent(0, len(data), same=True)], ref)
            sound = session.write("disk", len(data), [Extent(SEGMENT, 2 * SEGMENT, same=True)], ref)
            assert sound.new == 0
            healed = session.write("disk", len(data), [Extent(0, len(data), data)], ref)
            session.commit(b"", {}, [healed])
        assert content(again(store), healed) == data


def pages(repository: Repository, ref: StreamRef) -> list[SegmentRef]:
    repository._catalogue.refresh()
    return StreamTree(ref.size, ref.root, repository._blobs.content).page(0)
