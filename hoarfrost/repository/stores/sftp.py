"""Objects as files below a folder of an SSH server, laid out as `local` does.

Atomicity is a hard link of a synced temporary file. That needs OpenSSH's extensions of SFTP, ``hardlink@openssh.com``
and ``fsync@openssh.com`` (openssh, PROTOCOL, section 4); a server without them is refused. SFTP version 3 has few
error codes: a link to a name that exists is a plain "failure", and so is a full disk, so both are looked up.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import asyncssh
from asyncssh import SFTPClient

from hoarfrost.errors import (
    Damaged,
    Missing,
    NameTaken,
    StoreError,
    StoreFull,
    StoreRefused,
    UsageError,
)
from hoarfrost.repository.stores.ssh import Found, SshConnection, Work
from hoarfrost.repository.stores.store import FAR, Buffer, checked

_PLACE = re.compile(
    r"(//)?((?P<user>[^@:/]+)@)?(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{0,5}))?(?P<path>/[^?#]*)"
)
_BESIDE = ("lock", "tmp", "lost+found", ".", "..")  # not objects
_DEAD = 24 * 3600.0  # as in `local`
_FOLDERS_AT_ONCE = 16


class SftpStore:
    at_once = FAR

    def __init__(self, host: str, path: str, *, user: str | None = None, port: int | None = None) -> None:
        self.root = path.removeprefix("/~/") if path.startswith("/~/") else path
        self._described = f"sftp:{f'{user}@' if user else ''}{host}{f':{port}' if port else ''}{path}"
        self._ssh = SshConnection(host.strip("[]"), port, user)
        self._tmp = self._path("tmp")
        self._folders: set[str] = set()  # that are there
        self._cleaned = False

    @classmethod
    def at(cls, place: str) -> SftpStore:
        """``user@host:port/path``; ``/~/path`` is below the home of the user. Raises UsageError."""
        found = _PLACE.fullmatch(place)
        path = found["path"].rstrip("/") if found else ""
        if not found or path in ("", "/~"):
            hint = "Logins are by key; credentials do not belong in a URL."
            raise UsageError("The URL of a folder of an SSH server is sftp:user@host:port/path.", hint=hint)
        return cls(found["host"], path, user=found["user"], port=int(found["port"] or 0) or None)

    def put_new(self, name: str, data: Buffer) -> None:
        target = self._path(checked(name))
        folder = target.rpartition("/")[0]

        async def put(sftp: SFTPClient) -> None:
            await self._make_folder(sftp, self._tmp)
            await self._make_folder(sftp, folder)
            await self._clean(sftp)
            temporary = f"{self._tmp}/{secrets.token_hex(8)}"
            try:
                async with sftp.open(temporary, "xb") as file:
                    await file.write(data)  # type: ignore[type-var]  # any buffer will do
                    await file.fsync()
                await self._link(sftp, temporary, target, name)
            except asyncssh.SFTPFailure:
                await self._check_room(sftp, len(data))
                raise
            finally:
                await _remove(sftp, temporary)
            await _sync_folder(sftp, folder)

        self._do(put, f"write {name}")

    async def _link(self, sftp: SFTPClient, temporary: str, target: str, name: str) -> None:
        try:
            await sftp.link(temporary, target)
        except asyncssh.SFTPOpUnsupported as error:
            hint = "The repository needs the SFTP server of OpenSSH, or one with its extensions."
            raise StoreError(f"The server of {self.describe()} makes no hard links.", hint=hint) from error
        except asyncssh.SFTPFailure as error:
            if await sftp.lexists(target):
                raise NameTaken(f"{name} exists already.") from error
            raise

    async def _check_room(self, sftp: SFTPClient, length: int) -> None:
        """Raises StoreFull if that is why something failed."""
        room = await sftp.statvfs(self.root)
        if room.bavail * room.frsize < length + (1 << 20) or room.favail == 0 < room.files:
            raise StoreFull(f"No space left at {self.describe()}.")

    def get(self, name: str) -> bytes:
        async def get(sftp: SFTPClient) -> bytes:
            async with sftp.open(self._path(name), "rb") as file:
                return bytes(await file.read())  # type: ignore[arg-type]  # opened as bytes

        return self._do(get, f"read {name}", missing=name)

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        async def get(sftp: SFTPClient) -> bytes:
            async with sftp.open(self._path(name), "rb") as file:
                return bytes(await file.read(length, offset)) if length else b""  # type: ignore[arg-type]

        data = self._do(get, f"read {name}", missing=name)
        if len(data) != length:
            raise Damaged(f"{name} is shorter than it should be.")
        return data

    def size(self, name: str) -> int | None:
        async def size(sftp: SFTPClient) -> int | None:
            return (await sftp.lstat(self._path(name))).size

        try:
            return self._do(size, f"look at {name}", missing=name)
        except Missing:
            return None

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        folder, _, _ = prefix.rpartition("/")

        async def walk(sftp: SFTPClient) -> list[tuple[str, int]]:
            return await _walk(sftp, self.root, folder, asyncio.Semaphore(_FOLDERS_AT_ONCE))

        found = self._do(walk, f"list {prefix or 'everything'}")
        yield from (one for one in found if one[0].startswith(prefix))

    def delete(self, name: str) -> None:
        path = self._path(checked(name))

        async def delete(sftp: SFTPClient) -> None:
            if await _remove(sftp, path):
                await _sync_folder(sftp, path.rpartition("/")[0])

        self._do(delete, f"delete {name}")

    def describe(self) -> str:
        return self._described

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        return nullcontext()

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    async def _make_folder(self, sftp: SFTPClient, path: str) -> None:
        """The folder and what is missing above it, durable."""
        if path in self._folders:
            return
        if not await sftp.isdir(path):
            above = path.rpartition("/")[0]
            if above:
                await self._make_folder(sftp, above)
            try:
                await sftp.mkdir(path, asyncssh.SFTPAttrs(permissions=0o700))
            except asyncssh.SFTPFailure:
                if not await sftp.isdir(path):  # another was not faster
                    raise
            await _sync_folder(sftp, above or ".")
        self._folders.add(path)

    async def _clean(self, sftp: SFTPClient) -> None:
        """Once: temporary files of runs that died. One that lives and loses its file fails and harms nothing."""
        if self._cleaned:
            return
        self._cleaned = True
        for left in await sftp.readdir(self._tmp):
            if str(left.filename) not in _BESIDE and time.time() - (left.attrs.mtime or 0) > _DEAD:
                await _remove(sftp, f"{self._tmp}/{left.filename!s}")

    def _do(self, work: Work[Found], doing: str, missing: str = "") -> Found:
        try:
            return self._ssh.run(work)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            if missing:
                raise Missing(f"{missing} is missing.") from error
            raise StoreError(f"Cannot {doing} at {self.describe()}: {error.reason}.") from error
        except asyncssh.SFTPPermissionDenied as error:
            hint = "Check who owns the folder."
            raise StoreRefused(f"May not {doing} at {self.describe()}.", hint=hint) from error
        except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded) as error:
            raise StoreFull(f"No space left at {self.describe()}.") from error
        except asyncssh.SFTPError as error:
            raise StoreError(f"Cannot {doing} at {self.describe()}: {error.reason}.") from error


async def _walk(sftp: SFTPClient, root: str, folder: str, turn: asyncio.Semaphore) -> list[tuple[str, int]]:
    try:
        async with turn:
            entries = await sftp.readdir(f"{root}/{folder}" if folder else root)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        return []
    found: list[tuple[str, int]] = []
    folders: list[str] = []
    for entry in entries:
        name = f"{folder}/{entry.filename!s}" if folder else str(entry.filename)
        if entry.filename in (".", "..") or name in _BESIDE:
            continue
        if entry.attrs.type == asyncssh.FILEXFER_TYPE_DIRECTORY:
            folders.append(name)
        else:
            found.append((name, entry.attrs.size or 0))
    for below in await asyncio.gather(*(_walk(sftp, root, name, turn) for name in folders)):
        found += below
    return found


async def _remove(sftp: SFTPClient, path: str) -> bool:
    """Whether there was such a file."""
    try:
        await sftp.remove(path)
    except asyncssh.SFTPNoSuchFile:
        return False
    return True


async def _sync_folder(sftp: SFTPClient, path: str) -> None:
    """OpenSSH opens a folder for reading as open(2) does, so that it can be synced like a file."""
    async with sftp.open(path, asyncssh.FXF_READ) as folder:
        await folder.fsync()
