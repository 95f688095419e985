"""Objects of an S3 bucket: AWS, Ceph, MinIO, Swift's S3 API, and what else speaks it.

The requests are obstore's (Rust, outside the GIL); here their errors get names. It is told not to repeat anything
(`retried`). Put-if-absent is ``If-None-Match: *``; `probe` says whether a server honours it, and on a server that
is a Swift it is not atomic (`settled`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store as Client

from hoarfrost.errors import (
    Damaged,
    Missing,
    NameTaken,
    RepositoryError,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    UsageError,
    cause,
)
from hoarfrost.repository.stores.s3_account import S3Account, find_account
from hoarfrost.repository.stores.settled import settle
from hoarfrost.repository.stores.store import FAR, Buffer, checked

if TYPE_CHECKING:
    from obstore.store import ClientConfig

_PLACE = re.compile(r"(//)?(?P<bucket>[a-z0-9A-Z][a-z0-9A-Z._-]{2,62})(/(?P<prefix>[^/@:?#][^@:?#]*)?)?")
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,200})</Message>")
_FULL = ("QuotaExceeded", "StorageFull", "XMinioStorageFull")
_UPLOAD_SECONDS = 900  # for the whole of one: a pack needs 75 kB/s
_SILENCE_SECONDS = 60  # between two pieces of an answer


_SYSTEM = re.compile(r'message: "([^"]{1,80})"')  # of the operating system
_AWS = (
    "No endpoint is set, so that AWS itself was asked: for any other S3 set HOARFROST_S3_ENDPOINT or AWS_ENDPOINT_URL"
    " to its https:// address."
)


class S3Store:
    at_once = FAR

    def __init__(self, bucket: str, prefix: str, account: S3Account) -> None:
        self.bucket, self.prefix = bucket, prefix
        self._endpoint = account.endpoint
        self._is_swift: bool | None = None
        self._lock = threading.Lock()
        # Two, because a limit on silence would run while a large upload is sent
        self._writing = self._client(account, {"timeout": f"{_UPLOAD_SECONDS}s"})
        self._reading = self._client(account, {"read_timeout": f"{_SILENCE_SECONDS}s", "timeout": "2h"})

    @classmethod
    def at(cls, place: str) -> S3Store:
        """``bucket/prefix``. Raises UsageError."""
        found = _PLACE.fullmatch(place)
        if re.fullmatch(r"(//)?[a-zA-Z0-9._-]{1,2}(/.*)?", place):
            raise UsageError(
                "The name of the bucket is too short.", hint="S3 knows names of 3 to 63 characters."
            )
        if not found:
            raise UsageError(
                "The URL of a bucket is s3:bucket/prefix.", hint="Credentials do not belong in it."
            )
        prefix = (found["prefix"] or "").strip("/")
        return cls(found["bucket"], prefix, find_account(os.environ))

    def _client(self, account: S3Account, times: ClientConfig) -> Client:
        plain = account.endpoint.startswith("http://")
        given: dict[str, Any] = {
            name: value
            for name in ("endpoint", "region", "access_key_id", "secret_access_key", "session_token")
            if (value := getattr(account, name))
        }
        return Client(
            self.bucket,
            prefix=self.prefix or None,
            # What we send is sealed and TLS guards its way; only without TLS a second hash of it is worth its time
            unsigned_payload=not plain,
            client_options={"allow_http": plain, "connect_timeout": "15s", **times},
            retry_config={"max_retries": 0},
            **given,
        )

    def put_new(self, name: str, data: Buffer) -> None:
        content = data if len(data) else b""
        try:
            obstore.put(self._writing, checked(name), content, mode="create", use_multipart=False)
        except AlreadyExistsError as error:
            if "status code: 412" not in str(
                error
            ):  # 409: AWS had two at once, and does not say who was first
                raise self._translated(error, f"write {name}") from error
            raise NameTaken(f"{name} exists already.") from error
        except (BaseError, FileNotFoundError) as error:
            raise self._translated(error, f"write {name}") from error
        if self._checks_before_it_writes():
            settle(name, data, self.get)

    def get(self, name: str) -> bytes:
        return self._read(name, lambda: bytes(obstore.get(self._reading, name).bytes()))

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        if length == 0:
            return b""
        data = self._read(
            name, lambda: bytes(obstore.get_range(self._reading, name, start=offset, length=length))
        )
        if len(data) != length:
            raise Damaged(f"{name} is shorter than it should be.")
        return data

    def _read(self, name: str, ask: Callable[[], bytes]) -> bytes:
        try:
            return ask()
        except FileNotFoundError as error:
            raise Missing(f"{name} is missing.") from error
        except BaseError as error:
            if "status code: 416" in str(error):
                raise Damaged(f"{name} is shorter than it should be.") from error
            raise self._translated(error, f"read {name}") from error

    def size(self, name: str) -> int | None:
        try:
            return obstore.head(self._reading, name)["size"]
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise self._translated(error, f"look at {name}") from error

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        folder, _, _ = prefix.rpartition("/")  # the library knows whole folders only
        try:
            for page in obstore.list(self._reading, prefix=folder or None, chunk_size=1000):
                for found in page:
                    if found["path"].startswith(prefix):
                        yield found["path"], found["size"]
        except (BaseError, FileNotFoundError) as error:
            raise self._translated(error, "list the objects") from error

    def delete(self, name: str) -> None:
        try:
            obstore.delete(self._writing, checked(name))
        except FileNotFoundError:
            return
        except BaseError as error:
            raise self._translated(error, f"delete {name}") from error

    def describe(self) -> str:
        return f"s3:{self.bucket}/{self.prefix}".rstrip("/")

    def exclusive(self, owner: str) -> AbstractContextManager[None]:
        return nullcontext()

    def _checks_before_it_writes(self) -> bool:
        """Whether the server is a Swift: its answers carry a transaction id, whatever is asked."""
        if not self._endpoint:
            return False  # AWS
        with self._lock:
            if self._is_swift is None:
                import urllib3

                try:
                    answer = urllib3.request(
                        "HEAD", self._endpoint, timeout=30, retries=False, redirect=False
                    )
                except urllib3.exceptions.HTTPError as error:
                    raise StoreUnavailable(f"{self._endpoint} does not answer: {cause(error)}.") from error
                self._is_swift = answer.headers.get("X-Trans-Id", "").startswith("tx")
            return self._is_swift

    def _translated(self, error: Exception, doing: str) -> RepositoryError:
        """An error of the library says in its text only what the server answered."""
        text = str(error)
        status = int(found[1]) if (found := _STATUS.search(text)) else 0
        code = found[1] if (found := _CODE.search(text)) else ""
        message = found[1] if (found := _MESSAGE.search(text)) else ""
        said = " ".join(part for part in (str(status or ""), code, message) if part).rstrip(".")
        where = f"{self.describe()} at {self._endpoint or 'AWS (no endpoint is set)'}"
        aws = "" if self._endpoint else _AWS
        if status == 507 or code in _FULL:
            return StoreFull(f"No space left, or a quota reached, at {where}: {said}.")
        if not status or status in (408, 409, 429) or status >= 500 or code == "RequestTimeout":
            if "InvalidCertificate" in text:
                hint = "Set SSL_CERT_FILE to the file with the certificate of its authority."
                return StoreRefused(f"Cannot {doing}: the certificate of {where} is not trusted.", hint=hint)
            return StoreUnavailable(f"Cannot {doing}: {where} fails: {said or _silence(text)}.")
        if code == "NoSuchBucket":
            hint = f"Make it first, or check the name and the endpoint. {aws}".rstrip()
            return StoreError(f"There is no bucket {self.bucket!r}.", hint=hint)
        if code == "RequestTimeTooSkewed":
            return StoreRefused(f"Cannot {doing} at {where}: {said}.", hint="Set the clock of this machine.")
        if code == "AuthorizationHeaderMalformed":
            return StoreRefused(f"Cannot {doing} at {where}: {said}.", hint="Set AWS_REGION.")
        if status in (400, 401, 403):
            hint = f"{StoreRefused.default_hint} {aws}".rstrip()
            return StoreRefused(f"Cannot {doing}: {where} refuses: {said}.", hint=hint)
        return StoreError(f"Cannot {doing} at {where}: {said}.")


def _silence(text: str) -> str:
    """Why there was no answer, from the library's description of its error."""
    if found := _SYSTEM.search(text):
        return found[1]
    if "dns error" in text:
        return "the name of the host is not known"
    if "InvalidContentType" in text:
        return "it speaks no TLS (http instead of https?)"
    return "timed out" if re.search("timed out|TimedOut|Elapsed", text) else "no answer"
