"""Runs that die or run out of space: earlier backups are whole, what was sent is used."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hoarfrost.errors import RepositoryInUse, StoreFull
from hoarfrost.repository import Cost, Passphrase, Repository, Store, StreamRef, open_store
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
    repository = again(SmallStore(aged, 0))
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


def test_one_writer_at_a_time_and_a_killed_one_leaves_no_lock(tmp_path: Path, content: Content) -> None:
    store = open_store(str(tmp_path / "r"))
    repository = Repository.init(store, Passphrase("p"), cost=Cost(1, 64, 1))
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "r")], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        for attempt in (lambda: repository.session("me").__enter__(), lambda: repository.delete("x")):
            with pytest.raises(RepositoryInUse, match=rf"the other run \({child.pid}@.*since 20") as caught:
                attempt()
            assert caught.value.exit_code == 11
        assert repository.backups() == []
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
    with repository.session("me") as session:
        ref = session.write_bytes("x", bytes(range(256)) * 10)
        session.commit(b"", {}, [ref])
    assert ref.new == 0
    assert content(repository, ref) == bytes(range(256)) * 10


def test_one_writer_at_a_time_within_a_process(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    with (
        repository.session("first"),
        pytest.raises(RepositoryInUse, match="first"),
        again(store).session("second"),
    ):
        pass
