"""The SSH connection below an SFTP store: who may be talked to, with which keys, and for how long silence is borne.

asyncssh reads ``~/.ssh`` as ssh does: config (names, ports, identities, jump hosts), known_hosts, keys, the agent. A
host whose key is not known is refused; nothing here asks or remembers. Passwords are not used.

The event loop runs in one thread of the process; stores call into it from their own threads and wait.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import asyncssh

from hoarfrost.errors import StoreRefused, StoreUnavailable, cause

Found = TypeVar("Found")
Work = Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, Found]]

LOST = (
    asyncssh.ConnectionLost,
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.ChannelOpenError,
    asyncssh.DisconnectError,
    OSError,
    TimeoutError,
)
# AES first: what goes through is sealed already, so only speed decides, and here one processor core does both ends
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr")

asyncssh.set_log_level("WARNING")  # it tells of each channel, also while the interpreter ends


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="ssh", daemon=True).start()
    return loop


class SshConnection:
    """Opened when it is first needed, and again after it was lost. For several threads."""

    def __init__(self, host: str, port: int | None, user: str | None) -> None:
        self.where = (f"{user}@" if user else "") + host + (f":{port}" if port else "")
        self._options: dict[str, Any] = {"host": host}
        if port:
            self._options["port"] = port
        if user:
            self._options["username"] = user
        self._open: tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient] | None = None
        self._opening: asyncio.Lock | None = None

    def run(self, work: Work[Found]) -> Found:
        """Do ``work``. Raises StoreRefused, StoreUnavailable, and asyncssh.SFTPError where the server says no."""
        future = asyncio.run_coroutine_threadsafe(self._run(work), _loop())
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in the thread that waits
            raise

    async def _run(self, work: Work[Found]) -> Found:
        client = await self._client()
        try:
            return await work(client)
        except LOST as error:
            self._drop(client)
            raise StoreUnavailable(f"The connection to {self.where} was lost.") from error

    async def _client(self) -> asyncssh.SFTPClient:
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            if self._open is None:
                self._open = await self._connect()
            return self._open[1]

    async def _connect(self) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
        try:
            connection = await asyncssh.connect(
                **self._options,
                encryption_algs=_CIPHERS,
                compression_algs=["none"],
                connect_timeout=30,
                login_timeout=60,
                keepalive_interval=15,
                keepalive_count_max=4,
            )
            return connection, await connection.start_sftp_client()
        except asyncssh.HostKeyNotVerifiable as error:
            hint = "Compare the key with the one of the server, then add it to ~/.ssh/known_hosts."
            sentence = f"The host key of {self.where} is not known, or has changed."
            raise StoreRefused(sentence, hint=hint) from error
        except asyncssh.PermissionDenied as error:
            hint = "Add a key of yours to the server's authorized_keys; passwords are not used."
            raise StoreRefused(f"{self.where} refuses the login.", hint=hint) from error
        except asyncssh.ConfigParseError as error:
            raise StoreRefused(f"~/.ssh/config cannot be read: {error}.", hint="Correct it.") from error
        except (asyncssh.KeyExchangeFailed, asyncssh.ProtocolError) as error:
            raise StoreRefused(f"{self.where} is no SSH server that can be used: {error}.") from error
        except (*LOST, asyncssh.SFTPError) as error:
            raise StoreUnavailable(f"{self.where} does not answer: {cause(error)}.") from error

    def _drop(self, client: asyncssh.SFTPClient) -> None:
        """Unless another has done so, and has a new one by now."""
        if self._open is not None and self._open[1] is client:
            self._open[0].abort()
            self._open = None
