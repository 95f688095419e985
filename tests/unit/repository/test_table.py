"""Streams are found by name in every role that may write, without gathering them; backups by what they are of."""

import random
from collections.abc import Iterator

import pytest

from hoarfrost.errors import RoleForbids
from hoarfrost.repository import Passphrase, Repository, StreamRef
from hoarfrost.repository import table as tables
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL

NAMES = [f"object/{i:05}/{'é' * (i % 3)}" for i in range(3000)]


def fill(repository: Repository, scope: str = "") -> str:
    """All streams have the same few contents: it is the table that is looked at."""
    with repository.session("test") as session:
        refs = [session.write_bytes("", b"content %d" % i) for i in range(7)]

        def named() -> Iterator[StreamRef]:
            for i, name in enumerate(sorted(NAMES)):
                ref = refs[i % 7]
                yield StreamRef(name, ref.size, ref.root, ref.digest, i)

        return session.commit(b"m", {}, named(), scope=scope, in_order=True).id


def test_every_stream_is_found_by_a_write_key(repository: Repository, store: MemoryStore) -> None:
    fill(repository)
    repository.add_key(Passphrase("w"), "write", cost=CHEAP)
    (backup,) = Repository.open(store, Passphrase("w"), limits=SMALL).backups()
    wanted = {name: i for i, name in enumerate(sorted(NAMES))}
    for name in random.Random(1).sample(NAMES, 200):
        found = backup.find(name)
        assert found is not None
        assert (found.name, found.read) == (name, wanted[name])
    assert backup.find("object/99999/") is None
    (whole,) = repository.backups()
    assert [ref.name for ref in whole.each_stream()] == sorted(NAMES) == list(whole.streams)


def test_looking_in_order_reads_each_page_once(
    repository: Repository, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(repository)
    (backup,) = repository.backups()
    read: list[int] = []
    before = tables.Table._rows
    monkeypatch.setattr(tables.Table, "_rows", lambda self, n: (read.append(n), before(self, n))[1])
    assert all(backup.find(name) for name in sorted(NAMES))
    pages = max(read) + 1
    assert len(read) == 2 * pages


def test_the_beginnings_of_tags_may_be_the_same(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(repository)
    (backup,) = repository.backups()
    monkeypatch.setattr(tables, "_start", lambda tag: tag[0] % 2)
    assert all((found := backup.find(name)) and found.name == name for name in NAMES[:50])


def test_a_backup_is_found_by_what_it_is_of(repository: Repository, store: MemoryStore) -> None:
    first, _, other = fill(repository, "project a"), fill(repository, "project b"), fill(repository)
    repository.add_key(Passphrase("w"), "write", cost=CHEAP)
    repository.add_key(Passphrase("m"), "maintain", cost=CHEAP)
    for opened in (repository, Repository.open(store, Passphrase("w"))):
        found = opened.latest("project a")
        assert found is not None
        assert found.id == first
        assert opened.latest("project c") is opened.latest("") is None
    second = fill(repository, "project a")
    found = repository.latest("project a")
    assert found is not None
    assert found.id == second != other
    with pytest.raises(RoleForbids):
        Repository.open(store, Passphrase("m")).latest("project a")


def test_streams_that_are_not_gathered_come_in_order(repository: Repository) -> None:
    with repository.session("test") as session:
        refs = [session.write_bytes(name, b"x") for name in ("b", "a", "b")]
        with pytest.raises(ValueError, match="out of order"):
            session.commit(b"", {}, iter(refs[:2]), in_order=True)
        with pytest.raises(ValueError, match="two streams"):
            session.commit(b"", {}, iter(refs))
        assert list(session.commit(b"", {}, iter(refs[:2])).streams) == ["a", "b"]


def test_a_backup_says_what_its_run_did(repository: Repository) -> None:
    data = random.Random(3).randbytes(100_000)
    with repository.session("test") as session:
        first = session.commit(b"", {}, [session.write_bytes("a", data)])
    with repository.session("test") as session:
        refs = [session.write_bytes("a", data), *first.streams.values()]
        second = session.commit(b"", {}, refs[1:])
    assert (first.read, second.read, second.new) == (100_000, 100_000, 0)
    assert first.new >= 100_000 <= first.stored
    assert [(one.read, one.new, one.stored) for one in repository.backups()] == [
        (first.read, first.new, first.stored),
        (second.read, 0, second.stored),
    ]
