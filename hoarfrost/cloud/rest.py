"""One service, called as it is: JSON in and out, pages, and bytes that are neither buffered nor decompressed.

Decides what is tried again (calls that may be repeated, on 5xx, a lost connection or 429) and which exception
an answer becomes. What the paths and bodies mean is the business of the kinds and movers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hoarfrost.cloud.meter import Meter
from hoarfrost.cloud.refusal import refusal
from hoarfrost.cloud.route import join, lowered
from hoarfrost.clouds_yaml import address
from hoarfrost.errors import AuthenticationFailed, CloudError, NotFound, Refused, Unavailable, cause

Headers = Mapping[str, str]
"""Of an answer: looked up without regard to case, values as UTF-8."""

LOG = logging.getLogger(__name__)

CHUNK = 1 << 20
_TRIES = 5
_TIMEOUT = (15, 600)  # seconds: to connect; without a byte
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Rest:
    """Paths are relative to the service's endpoint; a version in them (``/v2.0/routers``) is optional."""

    def __init__(
        self,
        adapter: Any,
        service: str,
        endpoint: str,
        known: tuple[int, ...] | None,
        wanted: str,
        meter: Meter | None = None,
    ) -> None:
        self.service = service
        self.endpoint = endpoint
        self.microversion = lowered(wanted, known)
        self._adapter, self._meter = adapter, meter or Meter()
        self._bare = service == "object-store"  # no JSON envelope, no version in paths, marker paging

    # -- JSON ----------------------------------------------------------------------------------------------

    def get(self, path: str, **query: str) -> Any:
        response = self._call("GET", path, query)
        if response.content and "json" not in response.headers.get("Content-Type", ""):
            raise Unavailable(f"GET {self.service} {path}: the answer is not JSON; is a proxy in between?")
        return self._json(response)

    def post(self, path: str, body: Any = None, headers: Headers | None = None) -> Any:
        return self._json(self._call("POST", path, {}, json=body, headers=headers))

    def put(self, path: str, body: Any = None, headers: Headers | None = None) -> Any:
        return self._json(self._call("PUT", path, {}, json=body, headers=headers))

    def patch(self, path: str, body: Any, headers: Headers | None = None) -> Any:
        return self._json(self._call("PATCH", path, {}, json=body, headers=headers))

    def delete(self, path: str, missing_ok: bool = True, **query: str) -> None:
        try:
            self._call("DELETE", path, query)
        except NotFound:
            if not missing_ok:
                raise

    def head(self, path: str, **query: str) -> Headers:
        return _utf8(self._call("HEAD", path, query).headers)

    def list(self, path: str, plural: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item, page after page. ``plural`` "" where the answer is a bare list (as with Swift)."""
        if self._bare:
            yield from self._names(path, query)
            return
        seen: set[Any] = set()
        asked: dict[str, str] = query
        restarts = 2
        while True:
            try:
                answer = self.get(path, **asked)
            except Refused:
                # The marker may have been deleted meanwhile (Glance, Cinder: 400): start over, twice at most.
                if "marker" not in asked or "marker" in query or not restarts:
                    raise
                restarts, asked = restarts - 1, query
                continue
            for item in answer[plural] if plural else answer:
                identity = item.get("id") if isinstance(item, dict) else None
                if identity is None or identity not in seen:
                    seen.add(identity)
                    yield item
            following = _next(answer, plural)
            if not following:
                return
            asked = following

    def _names(self, path: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        asked = {"format": "json", **query}
        while page := self.get(path, **asked) or []:
            yield from page
            asked["marker"] = page[-1].get("name") or page[-1]["subdir"]
            if "version_id" in page[-1]:  # a page may end between two versions of one name
                asked["version_marker"] = page[-1]["version_id"]

    # -- bytes ---------------------------------------------------------------------------------------------

    def download(
        self, path: str, offset: int = 0, length: int | None = None, **query: str
    ) -> Iterator[bytes]:
        """The stored bytes, or ``length`` of them from ``offset``, in pieces of at most CHUNK."""
        yield from self.open(path, offset, length, **query)[1]

    def open(
        self, path: str, offset: int = 0, length: int | None = None, **query: str
    ) -> tuple[Headers, Iterator[bytes]]:
        """As `download`, with the headers of the very answer that carries the bytes."""
        if length == 0:
            return {}, iter(())
        response = self._call("GET", path, query, stream=True, headers=_range(offset, length))
        if offset and response.status_code != 206:
            response.close()
            raise Refused(f"{self.service} does not give parts of {path} (no HTTP Range).")
        return _utf8(response.headers), self._bytes(response, path, offset, length, query)

    def _bytes(
        self, response: Any, path: str, offset: int, length: int | None, query: dict[str, str]
    ) -> Iterator[bytes]:
        """Goes on after a lost connection where it stopped; ``If-Match`` keeps it to the same bytes."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        end = None if length is None else offset + length
        tries = 0
        while True:
            try:
                for piece in response.raw.stream(CHUNK, decode_content=False):
                    yield piece
                    offset, tries = offset + len(piece), 0
                return
            except (HTTPError, RequestException, OSError) as error:
                tries += 1
                if tries >= _TRIES:
                    raise Unavailable(f"{self.service} broke off {path} at byte {offset}.") from error
                time.sleep(0.5 * 2**tries)
            finally:
                response.close()
            if end is not None and offset >= end:
                return
            wanted = _range(offset, None if end is None else end - offset)
            if etag := response.headers.get("ETag"):
                wanted["If-Match"] = etag
            response = self._call("GET", path, query, stream=True, headers=wanted)
            if offset and response.status_code != 206:
                response.close()
                raise Unavailable(f"{self.service} broke off {path} and does not go on at byte {offset}.")

    def upload(
        self,
        path: str,
        chunks: Iterable[bytes] | bytes,
        headers: Headers | None = None,
        method: str = "PUT",
        **query: str,
    ) -> Headers:
        """Sends ``chunks`` in order. They are sent again on failure, unless they are an iterator."""
        again = iter(chunks) is not chunks
        self._adapter.session.auth.get_access(self._adapter.session)  # renews a token that is about to expire
        response = self._call(
            method, path, query, headers=headers, data=chunks, repeatable=again, allow_reauth=again
        )
        return _utf8(response.headers)

    # -- one call ------------------------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        path: str,
        query: Headers,
        *,
        headers: Headers | None = None,
        repeatable: bool | None = None,
        **options: Any,
    ) -> Any:
        """The answer, unless it is a refusal. Tries again what may be repeated or was throttled (429)."""
        again = method in _REPEATABLE if repeatable is None else repeatable
        what = f"{method} {self.service} {path}"
        for attempt in range(1, _TRIES + 1):
            pause = 0.2 * 2**attempt
            error: CloudError
            try:
                response = self._once(method, path, query, headers, options)
            except OSError as lost:
                error = Unavailable(f"{what}: no answer at {address(self.endpoint)}: {cause(lost)}")
                error.__cause__ = lost
                sendable = again
            else:
                status = response.status_code
                if status < 400:
                    return response
                error = refusal(status, response.reason, response.content, response.headers, what)
                sendable = again or (status == 429 and "data" not in options)
                pause = max(pause, _seconds(response.headers.get("Retry-After", "")))
            if attempt == _TRIES or not (sendable and error.may_retry):
                raise error
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, method: str, path: str, query: Headers, headers: Headers | None, options: Mapping[str, Any]
    ) -> Any:
        """One request. Raises ConnectionError when no answer came."""
        from keystoneauth1 import exceptions

        sent = {key: value.encode().decode("latin-1") for key, value in (headers or {}).items()}
        options = dict(options)
        if not self._bare and not options.get("stream"):
            sent.setdefault("Accept", "application/json")
        if "data" in options and not isinstance(options["data"], bytes):
            options["data"] = iter(options["data"])
        if self.microversion:
            options["microversion"] = self.microversion
        self._meter.tick()
        try:
            response = self._adapter.request(
                join(self.endpoint, path, versioned=not self._bare),
                method,
                raise_exc=False,
                connect_retries=0,
                skip_cache=True,
                params=query,
                headers=sent,
                timeout=_TIMEOUT,
                log=False,  # the library would log bodies, and with them secrets
                **options,
            )
        except exceptions.Unauthorized as error:
            raise AuthenticationFailed(f"The token could not be renewed: {error}") from error
        except exceptions.ClientException as error:  # ConnectFailure, ConnectTimeout ...
            raise ConnectionError(str(error)) from error
        LOG.debug("%s %s %s: %s", method, self.service, path, response.status_code)
        return response

    @staticmethod
    def _json(response: Any) -> Any:
        """None where there is no body, or one for people (Swift answers some POSTs with HTML)."""
        return (
            response.json()
            if "json" in response.headers.get("Content-Type", "") and response.content
            else None
        )


def _range(offset: int, length: int | None) -> dict[str, str]:
    if length is None:
        return {"Range": f"bytes={offset}-"} if offset else {}
    return {"Range": f"bytes={offset}-{offset + length - 1}"}


def _seconds(retry_after: str) -> float:
    """Bounded, so that no server makes us wait for ever; the form with a date counts as nothing."""
    return min(float(retry_after), 60.0) if retry_after.isdigit() else 0.0


def _utf8(headers: Any) -> Headers:
    """HTTP headers arrive as latin-1; Swift's are UTF-8."""
    from requests.structures import CaseInsensitiveDict

    return CaseInsensitiveDict((key, _utf8_value(value)) for key, value in headers.items())


def _utf8_value(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _next(answer: Any, plural: str) -> dict[str, str]:
    """The query of the next page, {} after the last.

    ``next`` (Glance), ``links.next`` (Keystone), ``<plural>_links`` (Nova, Cinder, Neutron).
    """
    if not isinstance(answer, dict):
        return {}
    link = answer.get("next")
    if isinstance(answer.get("links"), dict):
        link = answer["links"].get("next")
    for one in answer.get(f"{plural}_links") or ():
        if one.get("rel") == "next":
            link = one.get("href")
    return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True)) if link else {}
