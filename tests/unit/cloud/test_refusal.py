"""The sentence of an answer that says no, in the shapes the services use."""

from __future__ import annotations

import pytest

from hoarfrost import errors
from hoarfrost.cloud.refusal import refusal, sentence


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"badRequest": {"code": 400, "message": "Invalid"}}', "Invalid"),
        (b'{"NeutronError": {"type": "X", "message": "Unable", "detail": ""}}', "Unable"),
        (b'{"error": {"code": 404, "message": "No project", "title": "Not Found"}}', "No project"),
        (b'{"message": "No image<br />found", "code": "404"}', "No image<br />found"),
        (b'{"faultcode": "Client", "faultstring": "Bad"}', "Bad"),
        (
            b"<html><head><title>t</title></head><body><h1>Forbidden</h1>Access &amp; so on</body></html>",
            "Forbidden Access & so on",
        ),
        (b"", ""),
        (b"[]", ""),
        (b"\xff\xfe not utf-8", "\ufffd\ufffd not utf-8"),
        (b'{"a": {"b": {"c": {"d": 1}}}}', '{"a": {"b": {"c": {"d": 1}}}}'),
    ],
)
def test_sentences(body: bytes, said: str) -> None:
    assert sentence(body) == said


def test_a_sentence_is_bounded() -> None:
    assert len(sentence(b"x" * 10_000_000)) <= 600


@pytest.mark.parametrize(
    ("status", "body", "cls"),
    [
        (400, b"", errors.Refused),
        (401, b"", errors.AuthenticationFailed),
        (403, b'{"forbidden": {"message": "Policy"}}', errors.Forbidden),
        (403, b'{"forbidden": {"message": "Quota exceeded for cores: Requested 1"}}', errors.QuotaExceeded),
        (404, b"", errors.NotFound),
        (
            409,
            b'{"NeutronError": {"message": "Quota exceeded for resources: [\'port\']."}}',
            errors.QuotaExceeded,
        ),
        (409, b'{"x": {"message": "in use"}}', errors.Conflict),
        (413, b"", errors.QuotaExceeded),
        (429, b"", errors.Unavailable),
        (500, b"", errors.Unavailable),
        (503, b"", errors.Unavailable),
    ],
)
def test_classes(status: int, body: bytes, cls: type[Exception]) -> None:
    error = refusal(status, "Reason", body, {"x-openstack-request-id": "req-1"}, "GET x /y")
    assert type(error) is cls
    assert error.sentence.startswith("GET x /y: ")
    assert error.request_id == "req-1"


def test_a_policy_about_quotas_is_no_quota_that_is_used_up() -> None:
    said = b'{"NeutronError": {"message": "rule:get_quota is disallowed by policy"}}'
    assert type(refusal(403, "", said, {}, "GET")) is errors.Forbidden
    full = b'{"NeutronError": {"message": "Quota exceeded for resources: [port]"}}'
    assert type(refusal(409, "", full, {}, "POST")) is errors.QuotaExceeded
