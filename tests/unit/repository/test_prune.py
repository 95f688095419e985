"""What no backup needs is given back, and nothing else; whoever is at work is not disturbed."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from hoarfrost.errors import Damaged, HoarfrostError, Missing, RepositoryError, RepositoryInUse, RoleForbids
from hoarfrost.repository import Extent, Passphrase, Patience, Repository, Store, StreamRef
from hoarfrost.repository.generation import Claim, Generations, Mark, Seal
from hoarfrost.repository.layout import SEGMENT, pack_of
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.wrapped import WrappedStore
from tests.unit.repository.conftest import CHEAP, SMALL

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
DATA = [random.Random(i).randbytes(900_000) for i in range(8)]
AT_ONCE = Patience(lease=timedelta(0))


def back_up(repository: Repository, *numbers: int) -> str:
    with repository.session("test") as session:
        refs = [session.write_bytes(f"stream {n}", DATA[n]) for n in numbers]
        return session.commit(b"manifest", {"numbers": list(numbers)}, refs).id


def check_all(repository: Repository, content: Content) -> list[list[int]]:
    """Which backups there are; every byte of theirs is right."""
    for backup in repository.backups():
        assert backup.manifest() == b"manifest"
        for name, ref in backup.streams.items():
            assert content(repository, ref) == DATA[int(name[-1])]
    return [backup.summary["numbers"] for backup in repository.backups()]


def size(store: MemoryStore, prefix: str = "") -> int:
    return sum(length for _, length in store.list(prefix))


def test_what_a_forgotten_backup_alone_used_is_freed(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    first = back_up(repository, 0, 1, 2)
    back_up(repository, 2, 3)
    assert repository.prune().packs == 0
    repository.forget(first)
    before, packs = size(store), size(store, "packs/")
    told = again(store).prune(dry_run=True)
    assert size(store) == before
    assert told.freed > 1_500_000
    done = repository.prune()
    assert (done.freed, done.packs) == (told.freed, told.packs)
    assert size(store, "packs/") == packs - done.freed == done.kept
    assert check_all(repository, content) == check_all(again(store), content) == [[2, 3]]
    assert again(store).prune().packs == 0
    assert back_up(again(store), 0, 1) in [backup.id for backup in repository.backups()]
    assert check_all(again(store), content) == [[2, 3], [0, 1]]


def test_everything_goes_when_all_is_forgotten(repository: Repository, store: MemoryStore) -> None:
    repository.forget(back_up(repository, 0, 1))
    repository.prune()
    assert size(store, "packs/") == size(store, "index/") == 0


def test_no_data_is_read(repository: Repository, store: MemoryStore) -> None:
    class Watched(WrappedStore):
        read = 0

        def get_range(self, name: str, offset: int, length: int) -> bytes:
            self.read += length
            return super().get_range(name, offset, length)

    with repository.session("test") as session:
        ref = session.write(
            "big", 12 * SEGMENT, [Extent(0, 12 * SEGMENT, random.Random(1).randbytes(12 * SEGMENT))]
        )
        session.commit(b"", {}, [ref])
    repository.forget(back_up(repository, 1))
    watched = Watched(store)
    assert Repository.open(watched, Passphrase("correct horse"), limits=SMALL).prune().packs
    assert watched.read < 100_000


def test_the_index_lists_no_more_than_there_is(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    first = back_up(repository, *range(6))
    back_up(repository, 0, 7)
    repository.forget(first)
    repository.prune()
    there = {pack_of(name) for name, _ in store.list("packs/")}
    requests = Repository.open(store, Passphrase("correct horse"), limits=SMALL)
    listed = requests._catalogue
    assert listed.refresh() == []  # each pack is listed
    assert set(listed.index.packs) == there


def test_a_writer_under_way_is_waited_for_and_goes_on(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    old = back_up(repository, 0)
    with again(store).session("slow") as session:
        ref = session.write_bytes("stream 1", DATA[1])
        repository.forget(old)
        waiting = repository.prune()
        assert waiting.packs == 0
        assert waiting.waiting[0].startswith("slow (")
        session.commit(b"manifest", {"numbers": [1]}, [ref])
    assert repository.prune().packs > 0
    assert check_all(again(store), content) == [[1]]


def test_a_forecast_names_who_would_be_waited_for_and_who_given_up(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    with again(store).session("slow") as session:
        before = dict(store.objects)
        for patience, part in ((None, "waiting"), (AT_ONCE, "given_up")):
            would = repository.prune(dry_run=True, patience=patience)
            (owner,) = getattr(would, part)
            assert owner.startswith("slow (") and len(would.waiting + would.given_up) == 1
        assert store.objects == before
        session.commit(b"manifest", {"numbers": []}, [])
        would = repository.prune(dry_run=True)
        assert would.waiting == would.given_up == ()


def test_waiting_ends_when_the_writer_does(repository: Repository, store: MemoryStore, again: Again) -> None:
    repository.forget(back_up(repository, 0))
    session = again(store).session("slow")
    session.__enter__()
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            session.__exit__(None, None, None)

    done = repository.prune(patience=Patience(wait=timedelta(minutes=1), sleep=sleep))
    assert len(naps) == 3
    assert done.packs > 0


def test_a_writer_that_is_given_up_cannot_commit(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    repository.forget(back_up(repository, 0))
    with again(store).session("dead") as session:
        ref = session.write_bytes("stream 1", DATA[1])
        done = repository.prune(patience=AT_ONCE)
        assert done.packs > 0
        assert done.given_up[0].startswith("dead (")
        with pytest.raises(RepositoryError, match="took this run for dead"):
            session.commit(b"manifest", {"numbers": [1]}, [ref])
    assert repository.backups() == []
    back_up(again(store), 1)
    assert check_all(again(store), content) == [[1]]


def test_a_writer_does_not_lean_on_what_is_marked(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """A collector that fell asleep after its mark, and wakes when the writer has what it needs."""
    old = back_up(repository, 0)
    base = repository.load(old).streams["stream 0"]
    repository.forget(old)
    ours = {pack_of(name) for name, _ in store.list("packs/")}
    generations = Generations(store, repository._keys)
    generations.put(1, Claim("asleep", ""))
    generations.put(1, Mark(b"".join(pack for pack in ours if pack), []))
    with again(store).session("late") as session:
        with pytest.raises(RepositoryError, match="being removed"):
            session.write("stream 0", base.size, [Extent(0, base.size, same=True)], base)
        ref = session.write_bytes("stream 0", DATA[0])
        assert ref.new == len(DATA[0])
        for name, _ in list(store.list("packs/")):
            if pack_of(name) in ours:
                store.delete(name)
        session.commit(b"manifest", {"numbers": [0]}, [ref])
    assert check_all(again(store), content) == [[0]]


def test_a_collection_that_died_is_void_or_is_finished(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    repository.forget(back_up(repository, 0))
    back_up(repository, 1)

    class Dies(WrappedStore):
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

    finished = 0
    for at in range(1, 40):
        copy = MemoryStore()
        copy.objects = dict(store.objects)
        dying = Dies(copy)
        repository = again(dying)
        dying.at = at
        try:
            repository.prune()
            finished += 1
        except HoarfrostError:
            pass_on = again(copy)
            assert check_all(pass_on, content) == [[1]]
            back_up(again(copy), 0)
            pass_on.prune()
            assert check_all(again(copy), content) == [[1], [0]]
    assert 0 < finished < 35


def test_two_collectors_do_not_share_a_number(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    repository.forget(back_up(repository, 0))

    class Interrupted(WrappedStore):
        """Another collector runs, whole, before this one's seal."""

        def put_new(self, name: str, data: bytes | memoryview) -> None:
            if name == "gc/00000001/seal" and name not in store.objects:
                again(store).prune()
            super().put_new(name, data)

    with pytest.raises(RepositoryInUse, match="taken the place"):
        again(Interrupted(store)).prune()
    assert size(store, "packs/") == 0
    assert again(store).prune().packs == 0


def test_a_void_collection_stops_nobody(repository: Repository, store: MemoryStore) -> None:
    back_up(repository, 0)
    generations = Generations(store, repository._keys)
    packs = b"".join(pack for name, _ in store.list("packs/") if (pack := pack_of(name)))
    generations.put(1, Mark(packs, []))
    generations.put(1, Seal("void"))
    assert generations.standing().doomed == set()
    with repository.session("next") as session:
        assert session.write_bytes("stream 0", DATA[0]).new == 0


def test_a_damaged_mark_stops_writers_until_the_next_prune(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    back_up(repository, 0)
    Generations(store, repository._keys).put(1, Mark(b"", []))
    store.objects["gc/00000001/mark"] = store.objects["gc/00000001/mark"][:-1]
    with pytest.raises(Damaged, match="gc/00000001/mark is damaged") as caught:
        back_up(again(store), 1)
    assert "prune" in caught.value.hint
    again(store).prune()
    back_up(again(store), 1)
    assert check_all(again(store), content) == [[0], [1]]
    assert [name for name, _ in store.list("sessions/")] == []


def test_roles(repository: Repository, store: MemoryStore, content: Content, again: Again) -> None:
    repository.add_key(Passphrase("w"), "write", cost=CHEAP)
    repository.add_key(Passphrase("m"), "maintain", cost=CHEAP)
    repository.forget(back_up(repository, 0))
    back_up(repository, 1)
    with pytest.raises(RoleForbids):
        Repository.open(store, Passphrase("w")).prune()
    assert Repository.open(store, Passphrase("m")).prune().packs > 0
    assert check_all(again(store), content) == [[1]]
