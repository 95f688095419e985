"""Object storage at the level of HTTP: what is stored, byte for byte and header for header.

Written on `http.client` because the usual libraries decompress ``Content-Encoding: gzip`` and tidy up paths,
and here the question is what really lies there. Leaves to its users what the headers mean.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from openstack.connection import Connection


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    """Names in lower case; values as UTF-8."""
    body: bytes


class Swift:
    """One project's account, over one connection; not for several threads at once."""

    def __init__(self, cloud: Connection) -> None:
        url = urlsplit(cloud.object_store.get_endpoint())
        factory = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self._connection = factory(url.hostname or "", url.port, timeout=120)
        self._root = url.path.rstrip("/")
        self._token = cloud.session.get_token()

    def ask(
        self,
        method: str,
        *path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Answer:
        """``path`` is (container, object), unquoted. Raises ``RuntimeError`` for any status from 400 on."""
        url = "/".join([self._root, *(quote(part) for part in path)])
        if query:
            url += "?" + urlencode(query)
        raw = {name: value.encode() for name, value in (headers or {}).items()}
        self._connection.request(method, url, body=body, headers={"X-Auth-Token": self._token, **raw})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"object store: {method} {url} answers {answer.status}: {content[:200]!r}")
        return Answer(answer.status, _headers(answer), content)


def _headers(answer: HTTPResponse) -> dict[str, str]:
    """Swift sends UTF-8 where `http.client` reads ISO 8859-1."""
    return {
        name.lower(): value.encode("latin-1").decode("utf-8", "replace")
        for name, value in answer.getheaders()
    }
