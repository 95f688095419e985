"""From an answer that says no to the exception that says why: class, sentence of the API, request id."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from hoarfrost.errors import (
    AuthenticationFailed,
    CloudError,
    Conflict,
    Forbidden,
    NotFound,
    QuotaExceeded,
    Refused,
    Unavailable,
)

_LONGEST = 600  # characters of a sentence; an HTML error page may be any length

_BY_STATUS: dict[int, type[CloudError]] = {
    401: AuthenticationFailed,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: QuotaExceeded,  # Cinder: VolumeLimitExceeded; Swift: container or account quota, object too large
    408: Unavailable,
    429: Unavailable,
}


def refusal(status: int, reason: str, body: bytes, headers: Mapping[str, str], what: str) -> CloudError:
    """``what``: the call, as "GET network /routers"."""
    said = sentence(body) or reason or "no reason given"
    cls = _BY_STATUS.get(status, Unavailable if status >= 500 else Refused)
    full = re.search(r"quota|over ?limit|limit exceeded", said, re.IGNORECASE)
    if (
        status in (403, 409) and full and "disallowed by policy" not in said
    ):  # "rule:get_quota is disallowed ..."
        cls = QuotaExceeded  # Nova says 403 "Quota exceeded for instances", Neutron 409 OverQuota
    request_id = headers.get("x-openstack-request-id") or headers.get("x-compute-request-id") or ""
    return cls(f"{what}: {status}, {said}", request_id=request_id or headers.get("x-trans-id", ""))


def sentence(body: bytes) -> str:
    """What the body of an error says, on one line."""
    text = body[:65536].decode("utf-8", "replace")
    said = _from_json(text)
    if said is None:
        said = html.unescape(re.sub(r"(?s)<(head|style|script)\b.*?</\1>|<[^>]*>", " ", text))
    return " ".join(said.split())[:_LONGEST]


def _from_json(text: str) -> str | None:
    """Shapes: ``{"badRequest": {"message": ..}}``, ``{"NeutronError": ..}``, ``{"message": ..}``"""

    try:
        answer: Any = json.loads(text)
    except ValueError:
        return None
    for _ in range(3):
        if isinstance(answer, dict):
            said = next(
                (answer[key] for key in ("message", "faultstring", "description") if answer.get(key)), None
            )
            answer = said if said is not None else next(iter(answer.values()), "")
        elif isinstance(answer, list):
            answer = answer[0] if answer else ""
    return answer if isinstance(answer, str) else text
