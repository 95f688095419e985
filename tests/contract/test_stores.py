"""What every store promises the repository."""

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoarfrost.errors import Damaged, NameTaken, RepositoryInUse, StoreError, StoreFull, UsageError
from hoarfrost.repository import Store, open_store
from hoarfrost.repository.stores.local import LocalStore

PACK = "packs/ab/" + "ab" * 16


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    yield open_store(f"file:{tmp_path}/store" if request.param == "local" else "memory:")


def test_an_object_comes_back_whole_and_in_part(store: Store) -> None:
    store.put_new(PACK, memoryview(bytearray(b"0123456789")))
    assert store.get(PACK) == b"0123456789"
    assert store.get_range(PACK, 3, 4) == b"3456"
    assert store.get_range(PACK, 10, 0) == b""
    assert store.size(PACK) == 10


def test_what_is_not_there_is_damage_but_can_be_asked_for(store: Store) -> None:
    assert store.size("format") is None
    for ask in (lambda: store.get("format"), lambda: store.get_range("format", 0, 1)):
        with pytest.raises(Damaged, match="format is missing"):
            ask()
    store.put_new("format", b"1234")
    with pytest.raises(Damaged, match="shorter"):
        store.get_range("format", 2, 3)
    with pytest.raises(Damaged, match="shorter"):
        store.get_range("format", 9, 3)


def test_a_name_is_taken_once(store: Store) -> None:
    store.put_new("snaps/a", b"first")
    with pytest.raises(NameTaken):
        store.put_new("snaps/a", b"second")
    assert store.get("snaps/a") == b"first"


def test_of_many_at_once_one_succeeds(store: Store) -> None:
    taken: list[int] = []
    start = threading.Barrier(8)

    def put(number: int) -> None:
        start.wait()
        try:
            store.put_new("snaps/a", b"%d" % number)
        except NameTaken:
            taken.append(number)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 7
    assert int(store.get("snaps/a")) not in taken


def test_listing_by_prefix(store: Store) -> None:
    assert list(store.list("")) == []
    objects = {PACK: 3, "packs/cd/" + "cd" * 16: 0, "index/a-0001": 2, "index/b-0001": 1, "format": 4}
    for name, size in objects.items():
        store.put_new(name, bytes(size))
    assert dict(store.list("")) == objects
    assert dict(store.list("packs/")) == {
        name: size for name, size in objects.items() if name.startswith("packs/")
    }
    assert dict(store.list("index/a")) == {"index/a-0001": 2}
    assert dict(store.list("snaps/")) == {}


def test_deleting(store: Store) -> None:
    store.put_new("snaps/a", b"x")
    store.delete("snaps/a")
    store.delete("snaps/a")
    assert store.size("snaps/a") is None
    store.put_new("snaps/a", b"again")


def test_one_holder_at_a_time(store: Store) -> None:
    with store.exclusive("first"):
        with pytest.raises(RepositoryInUse, match="first"), store.exclusive("second"):
            pass
        store.put_new("format", b"the holder writes")
        assert dict(store.list("")) == {"format": 17}
    with store.exclusive("third"):
        pass
    with pytest.raises(KeyError), store.exclusive("fails"):
        raise KeyError
    with store.exclusive("fourth"):
        pass


def test_its_url_opens_the_same_kind_of_store(store: Store) -> None:
    assert type(open_store(store.describe())) is type(store)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../b", "a//b", "", "A", "a/b/c/d", "lock", "tmp", ".x"]
)
def test_a_local_store_touches_nothing_but_objects(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of an object"):
        LocalStore(tmp_path).put_new(name, b"")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_local_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    store = LocalStore(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("hoarfrost.repository.stores.local.os.fsync", fail)
        with pytest.raises(StoreError) as caught:
            store.put_new("format", b"x")
    assert isinstance(caught.value, StoreFull) == (code != errno.EIO)
    assert dict(store.list("")) == {}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    store.put_new("format", b"x")


def test_a_file_system_without_hard_links_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", fail)
    with pytest.raises(StoreError, match="no hard links"):
        LocalStore(tmp_path).put_new("format", b"x")


def test_a_fresh_file_system_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "lost+found" / "#1").touch()
    assert list(LocalStore(tmp_path).list("")) == []


@pytest.mark.parametrize(
    ("url", "described"),
    [
        ("/a/b", "file:/a/b"),
        ("file:/a/b", "file:/a/b"),
        ("file:///a/b%20c", "file:/a/b c"),
        ("file://localhost/a", "file:/a"),
        ("./a", f"file:{Path.cwd()}/a"),
        ("memory:", "memory:"),
        ("memory:x", "memory:x"),
    ],
)
def test_urls(url: str, described: str) -> None:
    assert open_store(url).describe() == described


@pytest.mark.parametrize(
    "url", ["", "repo", "s3:bucket/x", "file:", "file://host/path", "sftp://u:secret@h/p", "http://x"]
)
def test_urls_that_name_no_store_are_refused_without_repeating_secrets(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url)
    assert "secret" not in caught.value.sentence + caught.value.hint


def test_a_named_memory_store_is_shared() -> None:
    open_store("memory:shared").put_new("format", b"x")
    assert open_store("memory:shared").get("format") == b"x"
