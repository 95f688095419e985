"""The façade: make, open, list, load, delete, count."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from blake3 import blake3

from hoarfrost.errors import NoRepository, NoSuchBackup, UsageError
from hoarfrost.repository import Cost, Passphrase, Repository, Store, StreamRef, open_store, table
from hoarfrost.repository.stores.memory import MemoryStore

Again = Callable[[Store], Repository]
CHEAP = Cost(1, 64, 1)


def test_a_folder_that_holds_anything_is_refused(tmp_path: Path, passphrase: Passphrase) -> None:
    (tmp_path / "photos").mkdir()
    Repository.init(open_store(str(tmp_path / "new/deep")), passphrase, cost=CHEAP)
    Repository.init(open_store(str(tmp_path / "photos")), passphrase, cost=CHEAP)
    with pytest.raises(UsageError, match="already"):
        Repository.init(open_store(str(tmp_path / "photos")), passphrase, cost=CHEAP)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/My File.txt").touch()
    with pytest.raises(UsageError, match="My File"):
        Repository.init(open_store(str(tmp_path / "full")), passphrase, cost=CHEAP)


def test_opening_makes_nothing(tmp_path: Path, passphrase: Passphrase) -> None:
    for path in (tmp_path / "nothing", tmp_path / "file" / "below"):
        (tmp_path / "file").touch()
        with pytest.raises(NoRepository):
            Repository.open(open_store(str(path)), passphrase)
        assert not path.exists()


def test_an_init_that_was_interrupted_can_be_done_again(
    store: MemoryStore, again: Again, passphrase: Passphrase
) -> None:
    store.put_new("keys/" + "0" * 32, b"of another init")
    repository = Repository.init(store, passphrase, cost=CHEAP)
    assert again(store).id == repository.id
    assert len(list(store.list("keys/"))) == 1


def test_backups_are_listed_in_order_and_found_by_their_beginning(repository: Repository) -> None:
    made = []
    for number in range(4):
        with repository.session("list") as session:
            ref = session.write_bytes("n", b"%d" % number)
            made.append(session.commit(b"manifest %d" % number, {"number": number, "text": "\u00e9"}, [ref]))
    assert [backup.summary["number"] for backup in repository.backups()] == [0, 1, 2, 3]
    found = repository.load(made[2].id[:20])
    assert (found.id, found.manifest(), found.summary["text"]) == (made[2].id, b"manifest 2", "\u00e9")
    assert found.time.endswith("+00:00")
    assert dict(found.streams) == dict(made[2].streams)
    for wrong in ("", "zz", made[0].id + "0"):
        with pytest.raises(NoSuchBackup):
            repository.load(wrong)
    repository.delete(made[2].id)
    assert [backup.summary["number"] for backup in repository.backups()] == [0, 1, 3]


def test_an_ambiguous_beginning_is_said(repository: Repository) -> None:
    for _ in range(17):  # two of 17 begin with the same of 16 digits
        with repository.session("x") as session:
            session.commit(b"", {}, [])
    digits = [backup.id[0] for backup in repository.backups()]
    twice = next(digit for digit in digits if digits.count(digit) > 1)
    with pytest.raises(NoSuchBackup, match="beginning of"):
        repository.load(twice)


def test_listing_reads_one_small_object_a_backup(
    repository: Repository, store: MemoryStore, again: Again
) -> None:
    with repository.session("x") as session:
        refs = [session.write_bytes(f"{i}", b"%d" % i) for i in range(500)]
        session.commit(b"m" * 9_000_000, {}, refs)
    other = again(store)
    before = other.totals().requests
    other.backups()
    assert other.totals().requests - before <= 8  # 2 x totals' own included
    assert sum(size for _, size in store.list("snaps/")) < 1000


def test_a_large_manifest_comes_back(repository: Repository) -> None:
    manifest = bytes(range(256)) * 40_000
    with repository.session("x") as session:
        made = session.commit(manifest, {}, [])
    assert repository.load(made.id).manifest() == manifest


def test_a_new_stream_changes_one_page_of_the_table(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where pages end follows from the key: here from names alone, so that it is the same in every run."""
    monkeypatch.setattr(table, "name_tag", lambda _, name: blake3(b"2" + name.encode()).digest(16))
    with repository.session("x") as session:
        empty = session.write_bytes("n", b"")
        refs = [msgspec.structs.replace(empty, name=f"object/{i:05}") for i in range(20_000)]
        before = session.commit(b"", {}, refs)
    with repository.session("y") as session:
        made = session.commit(b"", {}, [*refs, msgspec.structs.replace(empty, name="object/07777b")])
    assert len(made.streams) == 20_001
    assert len(made.tables) > 10
    assert len(set(made.tables) - set(before.tables)) == 1


def test_two_streams_of_one_name_are_refused(repository: Repository) -> None:
    with repository.session("x") as session:
        ref = session.write_bytes("n", b"1")
        with pytest.raises(ValueError, match="two streams"):
            session.commit(b"", {}, [ref, ref])


def test_names_and_summaries_are_not_in_the_store(repository: Repository, store: MemoryStore) -> None:
    with repository.session("x") as session:
        ref = session.write_bytes("the-name-of-it", b"the-content-of-it")
        session.commit(b"the-manifest", {"the-summary": "s"}, [ref])
    everything = b"".join(store.objects.values())
    assert not any(
        word in everything for word in (b"the-name", b"the-content", b"the-manifest", b"the-summary")
    )


def test_a_reference_goes_through_json_and_msgpack(repository: Repository) -> None:
    with repository.session("x") as session:
        ref = session.write_bytes("n", b"content")
    assert msgspec.json.decode(json.dumps(msgspec.to_builtins(ref)), type=StreamRef) == ref
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ref), type=StreamRef) == ref


def test_totals_count(repository: Repository, store: MemoryStore) -> None:
    with repository.session("x") as session:
        refs = [session.write_bytes("a", b"a" * 1000), session.write_bytes("b", b"a" * 1000)]
        session.commit(b"m", {}, refs)
    totals = repository.totals()
    assert (totals.logical, totals.backups, totals.packs) == (2000, 1, 3)
    assert totals.blobs == 4  # content, rows, names, manifest
    assert totals.stored == sum(size for _, size in store.list(""))
    assert totals.requests > 0
    assert 0 < totals.index_memory < 10_000


def test_an_init_that_died_while_it_probed_the_store_is_made_again(
    store: MemoryStore, make: Callable[[Store], Repository]
) -> None:
    store.objects["probe/" + "0" * 32] = b"left"
    assert make(store).backups() == []
    assert list(store.list("probe/")) == []
