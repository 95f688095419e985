"""Packs most of which nobody needs are rewritten: whoever reads or writes meanwhile finds the same bytes."""

import random
from collections.abc import Callable

import pytest

from hoarfrost.errors import HoarfrostError, Missing
from hoarfrost.repository import Extent, Limits, Passphrase, Repack, Repository, Store, StreamRef
from hoarfrost.repository.layout import SEGMENT, PackClass, pack_of
from hoarfrost.repository.pack import PackReader
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.wrapped import WrappedStore
from tests.unit.repository.conftest import CHEAP, SMALL, load_decoder
from tests.unit.repository.test_prune import AT_ONCE, size

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
PIECES = [random.Random(i).randbytes(120_000) for i in range(24)]
ALL = Repack(most=1.0)
NOTHING = Repack(most=0.0)


def back_up(repository: Repository, *numbers: int) -> str:
    with repository.session("test") as session:
        refs = [session.write_bytes(f"{n}", PIECES[n]) for n in numbers]
        return session.commit(b"manifest", {"numbers": list(numbers)}, refs).id


def check_all(repository: Repository, content: Content) -> list[list[int]]:
    for backup in repository.backups():
        assert backup.manifest() == b"manifest"
        for name, ref in backup.streams.items():
            assert content(repository, ref) == PIECES[int(name)]
    assert repository.check(3).damage == ()
    return [backup.summary["numbers"] for backup in repository.backups()]


@pytest.fixture
def worn(repository: Repository) -> Repository:
    """24 pieces in 3 packs, of each of which a quarter is needed."""
    first = back_up(repository, *range(24))
    back_up(repository, *range(0, 24, 4))
    repository.forget(first)
    return repository


def test_what_is_needed_moves_and_the_rest_goes(
    worn: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    before = size(store, "packs/")
    told = again(store).prune(dry_run=True, repack=ALL)
    assert size(store, "packs/") == before
    assert (told.repacked, told.left) == (3, 0)
    assert told.regained > 2_000_000
    done = worn.prune(repack=ALL)
    assert (done.repacked, done.read, done.packs, done.freed) == (3, told.read, told.packs, told.freed)
    assert abs(done.regained - told.regained) < 0.02 * told.regained + 20_000
    assert size(store, "packs/") == done.kept == before - done.freed - done.regained
    assert done.kept < 800_000
    assert check_all(worn, content) == check_all(again(store), content) == [list(range(0, 24, 4))]
    assert again(store).prune(repack=ALL).repacked == 0
    decoder = load_decoder()
    folder = type("Folder", (), {"get": store.get, "cut": store.get_range})()
    folder.list = lambda prefix: sorted(name for name, _ in store.list(prefix + "/"))
    ring = worn._keys.ring.encode()
    ((_, snap),) = (found := decoder.Repository(folder, ring=ring)).backups()
    assert {name: b"".join(found.segments(*row)) for name, *row in found.streams(snap)} == {
        str(n): PIECES[n] for n in range(0, 24, 4)
    }


def test_no_more_than_was_said_is_read_in_a_run_and_the_next_goes_on(
    worn: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    done = worn.prune(repack=NOTHING)
    assert (done.repacked, done.read, done.left, done.regained) == (0, 0, 3, 0)
    turns = []
    while (done := again(store).prune(repack=Repack(most=0.01))).repacked:
        turns.append((done.repacked, done.left))
        assert done.read < 400_000
    assert turns == [(1, 2), (1, 1), (1, 0)]
    assert check_all(again(store), content) == [list(range(0, 24, 4))]


def test_packs_that_are_half_needed_stay(repository: Repository, content: Content) -> None:
    first = back_up(repository, *range(8))
    back_up(repository, *range(5))
    repository.forget(first)
    assert repository.prune(repack=ALL).repacked == 0
    assert repository.prune(repack=Repack(below=0.9, most=1.0)).repacked == 1
    assert check_all(repository, content) == [list(range(5))]


def test_a_maintain_key_says_what_is_left(worn: Repository, store: MemoryStore) -> None:
    worn.add_key(Passphrase("m"), "maintain", cost=CHEAP)
    keeper = Repository.open(store, Passphrase("m"), limits=SMALL)
    assert keeper.prune(repack=ALL, dry_run=True).left == 3
    done = keeper.prune(repack=ALL)
    assert (done.repacked, done.read, done.left) == (0, 0, 3)


def test_a_reader_goes_on_when_packs_are_gone(
    repository: Repository, store: MemoryStore, passphrase: Passphrase
) -> None:
    data = random.Random(1).randbytes(9 * SEGMENT)
    wide = Repository.open(store, passphrase, limits=Limits(pack_bytes=16 << 20))
    with wide.session("test") as session:
        kept = [Extent(n * SEGMENT, SEGMENT, data[n * SEGMENT : (n + 1) * SEGMENT]) for n in range(0, 9, 3)]
        other = session.write("all", len(data), [Extent(0, len(data), data)])
        first = session.commit(b"manifest", {}, [other]).id
    with wide.session("test") as session:
        ref = session.write("some", len(data), kept)
        session.commit(b"manifest", {}, [ref])
    readers = [Repository.open(store, passphrase, limits=Limits(fetches=1)) for _ in range(2)]
    under_way = [iter(readers[0].read(ref)), iter(readers[1].read(ref, ordered=False))]
    begun = [next(one) for one in under_way]
    backup = readers[1].backups()[-1]
    repository.forget(first)
    done = wide.prune(repack=Repack(below=1.1, most=1.0))
    assert done.repacked >= 1
    whole = b"".join(data[e.offset : e.end] if e in kept else bytes(SEGMENT) for e in kept)
    for first_extent, rest in zip(begun, under_way, strict=True):
        found = sorted([first_extent, *rest], key=lambda extent: extent.offset)
        assert b"".join(extent.data for extent in found if extent.data) == whole
    assert list(backup.streams) == ["some"]
    assert backup.manifest() == b"manifest"


def test_a_writer_finds_what_has_moved(
    worn: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    writer = again(store)
    base = writer.backups()[-1].streams["4"]
    assert worn.prune(repack=ALL).repacked
    with writer.session("next") as session:
        same = session.write("4", base.size, [Extent(0, base.size, same=True)], base)
        read = session.write_bytes("8", PIECES[8])
        changed = session.write(
            "4 changed", base.size, [Extent(0, 7, b"changed"), Extent(7, base.size - 7, same=True)], base
        )
        session.commit(b"manifest", {}, [same, read, changed])
    assert (same.new, read.new) == (0, 0)
    reader = again(store)
    assert content(reader, same) == PIECES[4]
    assert content(reader, changed) == b"changed" + PIECES[4][7:]


class Dies(WrappedStore):
    """At a call that changes anything; from then on for good."""

    calls = 0
    at = 0

    def _tick(self) -> None:
        self.calls += 1
        if self.calls >= self.at:
            raise Missing("dead")

    def put_new(self, name: str, data: bytes | memoryview) -> None:
        self._tick()
        super().put_new(name, data)

    def delete(self, name: str) -> None:
        self._tick()
        super().delete(name)


def test_one_that_died_is_gone_on_with(
    worn: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    for at in range(1, 40):
        copy = MemoryStore()
        copy.objects = dict(store.objects)
        dying = Dies(copy)
        dying.at = at
        dead = again(dying)
        try:
            dead.prune(repack=ALL)
            break
        except HoarfrostError:
            assert check_all(again(copy), content) == [list(range(0, 24, 4))]
            copied = any(name not in store.objects for name, _ in copy.list("packs/"))
            done = again(copy).prune(repack=ALL)
            assert done.repacked == 0 if copied else done.repacked <= 3
            assert check_all(again(copy), content) == [list(range(0, 24, 4))]
            assert size(copy, "packs/") < 900_000
    assert 8 < at < 39


def test_two_index_objects_that_list_a_pack_do_no_harm(
    worn: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """A collector died after it had written one anew."""
    kept = {name: data for name, data in store.objects.items() if name.startswith("index/")}
    worn.prune(repack=ALL)
    store.objects.update(kept)
    assert again(store).prune(repack=ALL).repacked == 0
    assert check_all(again(store), content) == [list(range(0, 24, 4))]


def test_a_pack_with_a_damaged_blob_is_left(worn: Repository, store: MemoryStore, again: Again) -> None:
    ref = worn.backups()[0].streams["0"]
    place = worn._blobs.place(ref.root[1:17])
    name = next(name for name, _ in store.list("packs/") if pack_of(name) == place.pack)
    data = bytearray(store.objects[name])
    data[place.entry.offset + 5] ^= 1
    store.objects[name] = bytes(data)
    done = again(store).prune(repack=ALL)
    assert (done.repacked, done.left, done.damaged) == (2, 1, 1)
    assert name in store.objects
    assert {one.stream for one in again(store).check(3).damage} == {"0"}


def test_keys_age_out(worn: Repository, store: MemoryStore, content: Content) -> None:
    leaked = worn._keys
    worn.rotate_keys(Passphrase("correct horse"), cost=CHEAP)
    back_up(worn, 1, 2, 3)
    done = worn.prune(repack=Repack(most=0.0, renew=True))
    assert done.repacked == 0 < done.left
    old = done.left
    told = worn.prune(repack=Repack(most=1.0, renew=True), dry_run=True)
    done = worn.prune(repack=Repack(most=1.0, renew=True))
    assert (told.repacked, done.repacked, done.left) == (old, old, 0)
    classes = set()
    for name, _ in store.list("packs/"):
        pack = pack_of(name)
        assert pack is not None
        purpose = PackClass(store.objects[name][4])
        classes.add(purpose)
        if purpose in (PackClass.DATA, PackClass.NAMES, PackClass.PATCH):
            with pytest.raises(HoarfrostError):
                PackReader.load(store, leaked, pack)
    assert PackClass.DATA in classes
    assert check_all(worn, content) == [list(range(0, 24, 4)), [1, 2, 3]]
    assert worn.prune(repack=Repack(most=1.0, renew=True)).repacked == 0


def test_a_writer_under_way_keeps_what_it_leans_on(
    worn: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """It began before, and refers to what nobody else needs, in a pack that is being rewritten."""
    writer = again(store)
    with writer.session("slow") as session:
        refs = [session.write_bytes("1", PIECES[1]), session.write_bytes("0", PIECES[0])]
        assert [ref.new for ref in refs] == [0, 0]

        class Commits(WrappedStore):
            def put_new(self, name: str, data: bytes | memoryview) -> None:
                super().put_new(name, data)
                if name.endswith("/mark"):
                    session.commit(b"manifest", {"numbers": [0, 1]}, refs)

        done = again(Commits(store)).prune(repack=ALL)
    assert (done.repacked, done.left) == (2, 1)
    assert check_all(again(store), content) == [list(range(0, 24, 4)), [0, 1]]
    assert again(store).prune(repack=ALL, patience=AT_ONCE).repacked <= 1
    assert check_all(again(store), content) == [list(range(0, 24, 4)), [0, 1]]
