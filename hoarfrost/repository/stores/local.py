"""Objects as files below a folder: local disks, NFS, anything that has hard links, fsync and flock.

Atomicity is link(2) of a synced temporary file; on NFS, where an answer may be lost after the deed, the file's link
count tells (open(2), O_EXCL). The lock is flock(2) on ``lock``, which the kernel releases when its holder dies, so
there are no stale locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hoarfrost.errors import Damaged, Missing, NameTaken, RepositoryInUse, StoreError, StoreFull
from hoarfrost.repository.stores.store import NEAR, Buffer, checked

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_OURS = ("lock", "tmp")  # of this store, not objects
_NOBODYS = "lost+found"  # what mkfs leaves in a fresh file system
_LARGE = 8 << 20
_PAGE = 4096
_DEAD = 24 * 3600.0  # seconds since a temporary file was written to; a put that is alive writes all the time


class LocalStore:
    at_once = NEAR

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._tmp = self.root / "tmp"
        self._cleaned = False
        self._durable: set[Path] = set()

    def put_new(self, name: str, data: Buffer) -> None:
        target = self._path(name)
        with self._translated(f"write {name}"):
            self._make_inside(self._tmp)
            self._clean()
            self._make_inside(target.parent)
            temporary = self._tmp / secrets.token_hex(8)
            try:
                _write_synced(temporary, data)
                self._link(temporary, target, name)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_folder(target.parent)

    def _link(self, temporary: Path, target: Path, name: str) -> None:
        try:
            target.hardlink_to(temporary)
        except FileExistsError as error:
            if temporary.stat().st_nlink == 1:
                raise NameTaken(f"{name} exists already.") from error
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            hint = "Use a file system with hard links: without them a commit cannot be atomic."
            raise StoreError(f"The file system at {self.root} has no hard links.", hint=hint) from error

    def get(self, name: str) -> bytes:
        with self._translated(f"read {name}", missing=name):
            return self._path(name).read_bytes()

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        with self._translated(f"read {name}", missing=name), self._path(name).open("rb", buffering=0) as file:
            data = os.pread(file.fileno(), length, offset)
        if len(data) != length:
            raise Damaged(f"{name} is shorter than it should be.")
        return data

    def size(self, name: str) -> int | None:
        with self._translated(f"look at {name}"):
            try:
                return self._path(name).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        folder, _, _ = prefix.rpartition("/")
        with self._translated(f"list {prefix or 'everything'}"):
            for name, size in self._walk(folder):
                if name.startswith(prefix):
                    yield name, size

    def _walk(self, folder: str) -> Iterator[tuple[str, int]]:
        try:
            entries = list(os.scandir(self.root / folder))
        except FileNotFoundError:
            return
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if not folder and entry.name in (*_OURS, _NOBODYS):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(name)
            else:
                yield name, entry.stat(follow_symlinks=False).st_size

    def delete(self, name: str) -> None:
        path = self._path(name)
        with self._translated(f"delete {name}"):
            try:
                path.unlink()
            except FileNotFoundError:
                return
            _sync_folder(path.parent)

    def describe(self) -> str:
        return f"file:{self.root}"

    @contextmanager
    def exclusive(self, owner: str) -> Iterator[None]:
        with self._translated("lock the repository"):
            _make_folder(self.root)
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with self._translated("lock the repository"):
                self._take(descriptor, owner)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int, owner: str) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip() or "another run"
            raise RepositoryInUse(f"The repository is in use by {holder}.") from error
        since = datetime.now(UTC).isoformat(timespec="seconds")
        who = f"{owner} ({os.getpid()}@{socket.gethostname()}, since {since})"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, who.encode()[:500], 0)

    def _make_inside(self, folder: Path) -> None:
        """Durable, whoever made it: who did may have been killed, or has yet to come to sync it."""
        if folder in self._durable and folder.is_dir():
            return
        if folder == self.root:
            _make_folder(folder)
        else:
            self._make_inside(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(folder.parent)
        self._durable.add(folder)

    def _clean(self) -> None:
        """Once: temporary files of runs that died. One that lives and loses its file fails and harms nothing."""
        if self._cleaned:
            return
        self._cleaned = True
        for left in self._tmp.iterdir():
            try:
                if time.time() - left.stat().st_mtime > _DEAD:
                    left.unlink()
            except FileNotFoundError:
                continue  # its owner was faster

    def _path(self, name: str) -> Path:
        return self.root / checked(name)

    @contextmanager
    def _translated(self, doing: str, missing: str = "") -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            if missing:
                raise Missing(f"{missing} is missing.") from error
            raise self._failure(doing, error) from error
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull(f"No space left at {self.root}.") from error
            raise self._failure(doing, error) from error

    def _failure(self, doing: str, error: OSError) -> StoreError:
        hint = ""
        if error.errno in _CLOSED:
            hint = "Check who owns the folder and what is in it, its rights, and whether it is mounted read-only."
        elif isinstance(error, NotADirectoryError | FileExistsError):
            hint = "A repository is a folder of folders, and there is a file where one should be. Give another place."
        return StoreError(f"Cannot {doing} at {self.root}: {error.strerror}.", hint=hint)


def _write_synced(path: Path, data: Buffer) -> None:
    view = memoryview(data)
    with path.open("xb", buffering=0) as file:
        done = _past_cache(file.fileno(), view) if len(view) >= _LARGE else 0
        while done < len(view):
            done += file.write(view[done:])
        os.fsync(file.fileno())


def _past_cache(descriptor: int, data: memoryview) -> int:
    """Write whole pages without a copy in the kernel, which nobody reads soon; how many bytes.

    None where the file system or the place in memory does not allow it (open(2), O_DIRECT).
    """
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    whole = len(data) // _PAGE * _PAGE
    done = 0
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_DIRECT)
        while done < whole:
            done += os.write(descriptor, data[done:whole])
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
    return done


def _make_folder(path: Path) -> None:
    """The folder and what is missing above it, durable."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
