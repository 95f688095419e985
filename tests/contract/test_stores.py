"""What every store promises the repository."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hoarfrost.errors import Damaged, Missing, NameTaken, RepositoryInUse
from hoarfrost.repository import Store, open_store
from hoarfrost.repository.stores import probe

PACK = "packs/ab/" + "ab" * 16


def test_an_object_comes_back_whole_and_in_part(store: Store) -> None:
    store.put_new(PACK, memoryview(bytearray(b"0123456789")))
    assert store.get(PACK) == b"0123456789"
    assert store.get_range(PACK, 3, 4) == b"3456"
    assert store.get_range(PACK, 10, 0) == b""
    assert store.size(PACK) == 10


def test_what_is_not_there_is_damage_but_can_be_asked_for(store: Store) -> None:
    assert store.size("format") is None
    for ask in (lambda: store.get("format"), lambda: store.get_range("format", 0, 1)):
        with pytest.raises(Missing, match="format is missing"):
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


def test_it_passes_the_probe_and_is_empty_again(store: Store) -> None:
    probe(store)
    assert dict(store.list("")) == {}


def test_a_pack_and_nothing(store: Store) -> None:
    pack = os.urandom(5 << 20) * 3 + b"end"
    store.put_new(PACK, memoryview(bytearray(pack)))
    store.put_new("index/empty", b"")
    assert store.get(PACK) == pack
    assert store.get_range(PACK, 15 << 20, 3) == b"end"
    assert store.get_range(PACK, 1234567, 5 << 20) == pack[1234567 : 1234567 + (5 << 20)]
    assert (store.size("index/empty"), store.get("index/empty")) == (0, b"")
    assert dict(store.list("")) == {PACK: len(pack), "index/empty": 0}


def test_several_threads_at_once(store: Store) -> None:
    def both(number: int) -> bytes:
        name = f"packs/{number:02x}/{number:032x}"
        store.put_new(name, bytes([number]) * (2 << 20))
        return store.get(name)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(both, range(12))) == [bytes([number]) * (2 << 20) for number in range(12)]
    assert len(dict(store.list("packs/"))) == 12


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../b", "a//b", "", "A", "a/b/c/d", "lock", "tmp", ".x", "a b", "a?b"]
)
def test_only_names_of_objects_are_written(store: Store, name: str) -> None:
    for change in (lambda: store.put_new(name, b""), lambda: store.delete(name)):
        with pytest.raises(ValueError, match="no name of an object"):
            change()


def test_its_url_opens_the_same_place(store: Store) -> None:
    store.put_new("keys/a.txt", b"key")
    again = open_store(store.describe())
    assert type(again) is type(store)
    assert again.get("keys/a.txt") == b"key"


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_one_holder_at_a_time(kind: str, tmp_path: Path) -> None:
    store = open_store(str(tmp_path) if kind == "local" else "memory:")
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
