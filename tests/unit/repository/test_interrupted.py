"""Runs that die or run out of space: earlier backups are whole, what was sent is used."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hoarfrost.errors import RepositoryError, StoreFull
from hoarfrost.repository import Cost, Extent, Passphrase, Repository, Store, StreamRef, open_store
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.fault_stores import Crash, CrashingStore, SmallStore

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
OLD = b"old" * 1000
NEW = [random.Random(i).randbytes(700_000) for i in range(6)]


@pytest.fixture
def aged(repository: Repository, store: MemoryStore) -> MemoryStore:
    with repository.session("old") as session:
        session.commit(b"old", {}, [session.write_bytes("old", OLD)])
    return store


def write_new(repository: Repository) -> int:
    """Bytes that were new."""
    with repository.session("new") as session:
        refs = [session.write_bytes(f"new/{i}", data) for i, data in enumerate(NEW)]
        session.commit(b"new", {}, refs)
    return sum(ref.new for ref in refs)


def copied(store: MemoryStore) -> MemoryStore:
    other = MemoryStore()
    other.objects = dict(store.objects)
    return other


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_put_loses_nothing_that_was_committed(
    aged: MemoryStore, again: Again, content: Content, after: bool
) -> None:
    resent = []
    for at in range(1, 100):
        store = copied(aged)
        crashing = CrashingStore(store, at, after=after)
        try:
            write_new(again(crashing))
        except Crash:
            finished = False
        else:
            finished = True
            assert crashing.puts < at
        repository = again(store)
        names = [list(backup.streams) for backup in repository.backups()]
        committed = finished or (
            after and len(names) == 2
        )  # died after the last put: the backup is there, and whole
        assert names == ([["old"], [f"new/{i}" for i in range(6)]] if committed else [["old"]])
        for backup in repository.backups():
            for name, ref in backup.streams.items():
                assert content(repository, ref) == (OLD if name == "old" else NEW[int(name[-1])])
        resent.append(write_new(repository))
        assert [content(repository, ref) for ref in repository.backups()[-1].streams.values()] == NEW
        if finished:
            break
    assert resent[0] >= sum(map(len, NEW)) - after * 2 * 700_000
    assert resent[-1] == 0
    assert len(resent) >= 8


def test_leaving_without_commit_shows_nothing_and_the_next_run_goes_on(
    aged: MemoryStore, again: Again, content: Content
) -> None:
    repository = again(aged)
    with pytest.raises(KeyboardInterrupt), repository.session("stopped") as session:
        for i, data in enumerate(NEW[:4]):
            session.write_bytes(f"new/{i}", data)
        raise KeyboardInterrupt
    assert len(repository.backups()) == 1
    assert write_new(again(aged)) <= 3 * 700_000


def test_no_space_left_says_so_and_damages_nothing(aged: MemoryStore, again: Again, content: Content) -> None:
    for room in (0, 500, 1_000_000, 2_500_000, 4_200_000):
        store = copied(aged)
        with pytest.raises(StoreFull):
            write_new(again(SmallStore(store, room)))
        repository = again(store)
        (backup,) = repository.backups()
        assert content(repository, backup.streams["old"]) == OLD
        write_new(repository)
        assert [content(repository, ref) for ref in repository.backups()[1].streams.values()] == NEW


def test_after_a_failure_nothing_is_committed(aged: MemoryStore, again: Again) -> None:
    repository = again(SmallStore(aged, 500))
    with repository.session("full") as session:
        ref = session.write_bytes("x", NEW[0])
        for _ in range(2):
            with pytest.raises(StoreFull):
                session.commit(b"", {}, [ref])
    assert len(repository.backups()) == 1


def test_a_session_is_used_once(repository: Repository) -> None:
    with repository.session("once") as session:
        session.commit(b"", {}, [])
        with pytest.raises(ValueError, match="committed already"):
            session.write_bytes("late", b"")
    with pytest.raises(ValueError, match="not open"):
        repository.session("x").write_bytes("x", b"")


CHILD = """
import sys, time
from hoarfrost.repository import Limits, Passphrase, Repository, open_store
repository = Repository.open(open_store(sys.argv[1]), Passphrase("p"), limits=Limits(pack_bytes=1 << 20))
with repository.session("the other run") as session:
    session.write_bytes("x", bytes(range(256)) * 10)
    session._parts[0].flush()
    print("ready", flush=True)
    time.sleep(60)
"""


def test_two_processes_write_at_once_and_one_that_is_killed_stops_nobody(
    tmp_path: Path, content: Content
) -> None:
    store = open_store(str(tmp_path / "r"))
    repository = Repository.init(store, Passphrase("p"), cost=Cost(1, 64, 1))
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "r")], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with repository.session("me") as session:
            session.commit(b"", {}, [session.write_bytes("mine", b"mine" * 99)])
        assert len(repository.backups()) == 1
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
    with repository.session("me") as session:
        ref = session.write_bytes("x", bytes(range(256)) * 10)
        session.commit(b"", {}, [ref])
    assert ref.new == 0
    assert content(repository, ref) == bytes(range(256)) * 10
    assert [
        name for name, _ in store.list("sessions/")
    ] != []  # of the killed one: a collector waits, or gives it up


def test_two_sessions_of_one_process_write_at_once(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    other = again(store)
    with repository.session("first") as first, other.session("second") as second:
        refs = [first.write_bytes("a", NEW[0]), second.write_bytes("b", NEW[0])]
        first.commit(b"", {}, refs[:1])
        second.commit(b"", {}, refs[1:])
    assert [content(repository, one) for b in repository.backups() for one in b.streams.values()] == [
        NEW[0]
    ] * 2
    assert list(store.list("sessions/")) == []


def test_what_an_earlier_session_left_is_a_base_only_while_it_is_there(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    with repository.session("left") as session:
        ref = session.write_bytes("x", NEW[0])
        session._open()[0].flush()
    with again(store).session("next") as session:
        assert session.write("x", ref.size, [Extent(0, ref.size, same=True)], ref).digest == ref.digest
    for name, _ in list(store.list("packs/")):
        store.delete(name)
    with again(store).session("later") as session:
        with pytest.raises(RepositoryError, match="being removed"):
            session.write("x", ref.size, [Extent(0, ref.size, same=True)], ref)
        with pytest.raises(RepositoryError, match="being removed"):
            session.commit(b"", {}, [ref])
