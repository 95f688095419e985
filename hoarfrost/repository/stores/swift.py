"""Objects of a Swift container, by Swift's own API.

Put-if-absent is a look before the upload and another after it (`settled`). Listings may lag, a replica may not have
an object yet: whole objects, which decide things, are asked of all replicas (``X-Newest``), ranges of packs only
where the first replica has none. No MD5 is sent: what is stored is sealed, and the length is checked by the server.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from urllib3.exceptions import HTTPError

from hoarfrost.errors import (
    Damaged,
    HoarfrostError,
    Missing,
    NameTaken,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    UsageError,
)
from hoarfrost.repository.stores.keystone import UNANSWERED, connect, translated
from hoarfrost.repository.stores.settled import settle
from hoarfrost.repository.stores.store import FAR, Buffer, checked

_PLACE = re.compile(r"(//)?(?P<container>[^/@:?#]{1,256})(/(?P<prefix>[^/@:?#][^@:?#]*)?)?")
_PIECE = 256 << 10
_SECONDS = (30, 60)  # without a byte: to connect or to get rid of a piece, and to get an answer
_NEWEST = {"X-Newest": "true"}


class _Row(msgspec.Struct):
    name: str
    bytes: int


class SwiftStore:
    at_once = FAR

    def __init__(self, container: str, prefix: str = "") -> None:
        self.container, self.prefix = container, prefix
        self._folder = f"{prefix}/" if prefix else ""
        self._connected: tuple[Any, str] | None = None
        self._lock = threading.Lock()

    @classmethod
    def at(cls, place: str) -> SwiftStore:
        """``container/prefix``. Raises UsageError."""
        found = _PLACE.fullmatch(place)
        if not found:
            hint = "Credentials do not belong in it."
            raise UsageError("The URL of a container is swift:container/prefix.", hint=hint)
        return cls(found["container"], (found["prefix"] or "").strip("/"))

    def put_new(self, name: str, data: Buffer) -> None:
        headers = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}
        body: Any = _Pieces(data) if len(data) else b""
        status, said = self._ask("PUT", checked(name), headers, body)
        if status == 404:
            self._make_container()
            status, said = self._ask("PUT", name, headers, body)
        if status == 412:
            raise NameTaken(f"{name} exists already.")
        if status not in (201, 202):  # 202: a later one is there already; settle() finds it
            raise self._refusal(status, said, f"write {name}")
        settle(name, data, self.get)

    def _make_container(self) -> None:
        status, said = self._ask("PUT", None, {}, b"")
        if status not in (201, 202):
            raise self._refusal(status, said, "make the container")

    def get(self, name: str) -> bytes:
        status, data = self._ask("GET", name, _NEWEST)
        if status != 200:
            raise self._absence(status, data, name)
        return data

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        if length == 0:
            return b""
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        status, data = self._ask("GET", name, headers)
        if status == 404:
            status, data = self._ask("GET", name, headers | _NEWEST)
        if status not in (200, 206):
            raise self._absence(status, data, name)
        if len(data) != length:
            raise Damaged(f"{name} is shorter than it should be.")
        return data

    def _absence(self, status: int, said: bytes, name: str) -> HoarfrostError:
        if status == 404:
            return Missing(f"{name} is missing.")
        if status == 416:
            return Damaged(f"{name} is shorter than it should be.")
        return self._refusal(status, said, f"read {name}")

    def size(self, name: str) -> int | None:
        response = self._request("HEAD", name, _NEWEST)
        if response.status_code == 404:
            return None
        if response.status_code not in (200, 204):
            raise self._refusal(response.status_code, b"", f"look at {name}")
        return int(response.headers["Content-Length"])

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        marker = ""
        while True:
            query = "?" + urlencode({"format": "json", "prefix": self._folder + prefix, "marker": marker})
            status, data = self._ask("GET", None, {}, query=query)
            if status == 404:
                return  # no such container: nothing is in it; writing makes it
            if status not in (200, 204):
                raise self._refusal(status, data, "list the objects")
            page = msgspec.json.decode(data or b"[]", type=list[_Row])
            for row in page:
                yield row.name.removeprefix(self._folder), row.bytes
            if (
                not page
            ):  # a short page need not be the last: how much is listed at once is the server's affair
                return
            marker = page[-1].name

    def delete(self, name: str) -> None:
        status, said = self._ask("DELETE", checked(name), {})
        if status not in (200, 202, 204, 404):
            raise self._refusal(status, said, f"delete {name}")

    def describe(self) -> str:
        return f"swift:{self.container}/{self.prefix}".rstrip("/")

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        return nullcontext()

    def _ask(
        self, method: str, name: str | None, headers: dict[str, str], body: Any = None, query: str = ""
    ) -> tuple[int, bytes]:
        """Status and body of an answer."""
        response = self._request(method, name, headers, body, query)
        try:
            return response.status_code, response.raw.read(decode_content=True)
        except (HTTPError, OSError) as error:
            where = f"{method} {name or self.container}"
            raise StoreUnavailable(f"{where}: the answer of {self.describe()} was cut off.") from error

    def _request(
        self, method: str, name: str | None, headers: dict[str, str], body: Any = None, query: str = ""
    ) -> Any:
        """Of an object, or without ``name`` of the container. A token that has run out is renewed on the way."""
        session, account = self._connection()
        url = f"{account}/{quote(self.container)}"
        if name is not None:
            url += "/" + quote(self._folder + name)
        try:
            return session.request(
                url + query,
                method,
                data=body,
                headers=headers,
                timeout=_SECONDS,
                raise_exc=False,
                stream=method != "HEAD",
                log=False,
            )
        except UNANSWERED as error:
            raise translated(error, f"{method} {name or self.container}") from error

    def _connection(self) -> tuple[Any, str]:
        with self._lock:
            if self._connected is None:
                self._connected = connect()
            return self._connected

    def _refusal(self, status: int, said: bytes, doing: str) -> StoreError:
        where = self.describe()
        if status == 507 or (status == 413 and b"quota" in said.lower()):
            return StoreFull(f"No space left, or a quota reached, at {where} ({status}).")
        if status in (408, 409, 429, 498, 499) or status >= 500:
            return StoreUnavailable(f"Cannot {doing}: {where} fails ({status}).")
        if status in (401, 403):
            hint = "The user needs a role in the project that may write objects, member as a rule."
            return StoreRefused(f"Cannot {doing}: {where} refuses ({status}).", hint=hint)
        text = re.sub(r"<[^>]*>", " ", said[:300].decode("utf-8", "replace"))
        return StoreError(f"Cannot {doing} at {where}: {status} {' '.join(text.split())}.")


class _Pieces:
    """The body of an upload: a time-out of a socket covers one piece (Python's covers one ``sendall``)."""

    def __init__(self, data: Buffer) -> None:
        self._view = memoryview(data)

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[memoryview]:
        for at in range(0, len(self._view), _PIECE):
            yield self._view[at : at + _PIECE]
