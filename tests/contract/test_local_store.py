"""What is peculiar to folders."""

import errno
import os
import time
from pathlib import Path

import pytest

from hoarfrost.errors import NameTaken, StoreError, StoreFull
from hoarfrost.repository import Buffers, Passphrase, Repository
from hoarfrost.repository.stores.local import LocalStore


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


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_folder_that_may_not_be_written_is_told_with_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    store = LocalStore(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("hoarfrost.repository.stores.local.os.open", fail)
        with pytest.raises(StoreError, match=os.strerror(code)) as caught, store.exclusive("init"):
            raise AssertionError("it is locked")
    assert "read-only" in caught.value.hint
    store.put_new("format", b"x")


@pytest.mark.parametrize("place", ["file", "file/below/it"])
def test_a_place_that_is_no_folder_is_told_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError) as caught:
        Repository.init(LocalStore(tmp_path / place), Passphrase("correct horse"))
    assert "there is a file where one should be" in caught.value.hint


@pytest.mark.parametrize("begins", [0, 1])
@pytest.mark.parametrize("refused", [False, True])
def test_a_large_object_is_whole_past_the_cache_or_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins: int, refused: bool
) -> None:
    """Of no whole number of pages, at any place in memory, and where the file system has it only the usual way."""
    data = Buffers(12 << 20, kept=1).take(12 << 20)
    data[:] = os.urandom(1 << 20) * 12
    if refused:
        half = iter([5 << 20, None])
        write = os.write

        def refuse(descriptor: int, piece: memoryview) -> int:
            if (length := next(half)) is None:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            return write(descriptor, piece[:length])

        monkeypatch.setattr("hoarfrost.repository.stores.local.os.write", refuse)
    store = LocalStore(tmp_path)
    store.put_new("packs/a", data[begins : (11 << 20) + 77])
    assert store.get("packs/a") == bytes(data[begins : (11 << 20) + 77])


def test_a_disk_that_is_full_in_the_midst_of_a_large_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hoarfrost.repository.stores.local.os.write", fail)
    store = LocalStore(tmp_path)
    with pytest.raises(StoreFull):
        store.put_new("packs/a", bytes(9 << 20))
    assert dict(store.list("")) == {}


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


def test_temporary_files_of_dead_runs_go_and_those_of_others_stay(tmp_path: Path) -> None:
    LocalStore(tmp_path).put_new("format", b"x")
    for name, age in (("dead", 25), ("alive", 1)):
        (tmp_path / "tmp" / name).write_bytes(b"half")
        os.utime(tmp_path / "tmp" / name, (time.time() - age * 3600,) * 2)
    LocalStore(tmp_path).put_new("snaps/a", b"x")
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["alive"]


@pytest.mark.parametrize("done", [True, False])
def test_a_link_on_nfs_whose_answer_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """The client sends it again and is told that the name exists."""
    real = Path.hardlink_to

    def twice(self: Path, target: Path) -> None:
        if done:
            real(self, target)
        else:
            self.write_bytes(b"of another")
        real(self, target)

    monkeypatch.setattr(Path, "hardlink_to", twice)
    store = LocalStore(tmp_path)
    if done:
        store.put_new("snaps/a", b"ours")
        assert store.get("snaps/a") == b"ours"
    else:
        with pytest.raises(NameTaken):
            store.put_new("snaps/a", b"ours")
