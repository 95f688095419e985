"""Where a call goes: paths below the endpoint of a service, and the microversion that both sides know.

Catalogues differ in whether an endpoint carries its version (``/v3``) or not. A path may name the version for
the reader (``/v2.0/routers``): it is dropped when the discovered endpoint has it already.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_VERSION = re.compile(r"/v\d[\d.]*(?=/|$)")


def join(endpoint: str, path: str, *, versioned: bool = True) -> str:
    """The URL of ``path``. ``versioned`` false: the path is user data (Swift), nothing of it is a version."""
    endpoint = endpoint.rstrip("/")
    if path and not path.startswith("/"):
        path = "/" + path
    if versioned and _VERSION.search(endpoint):
        path = _VERSION.sub("", path, count=1) if _VERSION.match(path) else path
    return endpoint + path


def quote_path(container: str, name: str = "") -> str:
    """The path of a Swift container or object, for any name.

    A segment of one or two dots is percent-encoded too: HTTP clients take it for "here" or "one up" and
    remove it (RFC 3986, 5.2.4), so that ``..`` would be a request to the account.
    """
    parts = [container, *name.split("/")] if name else [container]
    return "".join(
        f"/{one.replace('.', '%2E') if one in ('.', '..') else quote(one, safe='')}" for one in parts
    )


def lowered(wanted: str, known: tuple[int, ...] | None) -> str:
    """``wanted`` ("2.100"), or the highest the service knows if that is less; "" if it knows none."""
    if not wanted or not known:
        return ""
    asked = tuple(int(part) for part in wanted.split("."))
    return wanted if asked <= known else ".".join(str(part) for part in known)
