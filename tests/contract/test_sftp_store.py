"""SFTP with a real OpenSSH server: who is talked to, and what happens when the line breaks or the disk is full."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hoarfrost.errors import StoreError, StoreFull, StoreRefused, StoreUnavailable
from hoarfrost.repository import Store, open_store
from hoarfrost.repository.stores.sftp import SftpStore

from .conftest import SshServer


@pytest.fixture
def store(sftp_place: Callable[[], str]) -> Store:
    return open_store(sftp_place())


def test_what_it_writes_is_what_a_folder_holds(store: Store, tmp_path: Path) -> None:
    store.put_new("snaps/a", b"x" * 100_000)
    folder = open_store(str(tmp_path / "store"))
    assert folder.get("snaps/a") == b"x" * 100_000
    assert dict(folder.list("")) == dict(store.list(""))
    assert list((tmp_path / "store/tmp").iterdir()) == []
    assert (tmp_path / "store/snaps").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("known", [None, "stranger"])
def test_a_server_whose_key_is_not_known_is_not_talked_to(
    ssh_server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str | None
) -> None:
    home = ssh_server.make_home(f"knows-{known}", known=known, identity="user")
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(StoreRefused, match="host key") as caught:
        open_store(ssh_server.url(tmp_path)).size("format")
    assert "known_hosts" in caught.value.hint


def test_a_login_that_is_refused(
    ssh_server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = ssh_server.make_home("stranger-home", known="host", identity="stranger")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(StoreRefused, match="refuses the login"):
        open_store(ssh_server.url(tmp_path)).size("format")


def test_a_name_of_the_ssh_configuration_and_a_path_below_home(
    ssh_server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = ssh_server.make_home("configured", known="host", identity="user")
    (home / ".ssh/config").write_text(
        f"Host vault\n  HostName 127.0.0.1\n  Port {ssh_server.port}\n  IdentityFile ~/.ssh/id_ed25519\n"
    )
    monkeypatch.setenv("HOME", str(home))
    below = os.path.relpath(tmp_path / "deep/store", Path(f"~{os.environ.get('USER', 'root')}").expanduser())
    store = open_store(f"sftp:vault/~/{below}")
    store.put_new("format", b"x")
    assert (tmp_path / "deep/store/format").read_bytes() == b"x"
    assert dict(store.list("")) == {"format": 1}


def test_a_line_that_breaks_is_opened_again(
    store: Store, ssh_server: SshServer, sftp_place: Callable[[], str]
) -> None:
    store.put_new("format", b"x")
    bare = SftpStore.at(sftp_place().removeprefix("sftp:"))
    assert bare.get("format") == b"x"
    ssh_server.stop()
    try:
        with pytest.raises(StoreUnavailable):
            bare.get("format")
        with pytest.raises(StoreUnavailable):
            bare.get("format")
    finally:
        ssh_server.start()
    assert bare.get("format") == b"x"
    assert store.get("format") == b"x"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(ssh_server: SshServer, sftp_place: Callable[[], str], small_disk: Path) -> None:
    store = open_store(ssh_server.url(small_disk / "store"))
    store.put_new("format", b"x")
    with pytest.raises(StoreFull):
        store.put_new("packs/ab/" + "ab" * 16, bytes(6 << 20))
    assert dict(store.list("")) == {"format": 1}
    assert list((small_disk / "store/tmp").iterdir()) == []
    store.put_new("snaps/a", bytes(1 << 20))


def test_a_folder_that_cannot_be_made(
    sftp_place: Callable[[], str], ssh_server: SshServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = open_store(ssh_server.url(tmp_path / "file/store"))
    with pytest.raises(StoreError) as caught:
        store.put_new("format", b"x")
    assert not caught.value.may_retry
