"""What a check finds damaged is sent again by the next backup, and nothing is lost for what a check says."""

import random
from collections.abc import Callable
from datetime import timedelta

from hoarfrost.repository import Passphrase, Repack, Repository, Store, StreamRef
from hoarfrost.repository.found import add_doubts, put_verified, read_verified
from hoarfrost.repository.layout import DAMAGED, VERIFIED, pack_object, pack_of
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.readonly import ReadOnlyStore
from tests.unit.repository.conftest import CHEAP, SMALL

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
