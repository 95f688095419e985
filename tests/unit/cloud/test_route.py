"""Where a call goes."""

from __future__ import annotations

import pytest

from hoarfrost.cloud.route import join, lowered, quote_path


@pytest.mark.parametrize(
    ("endpoint", "path", "url"),
    [
        ("http://h:9696/v2.0", "/v2.0/routers", "http://h:9696/v2.0/routers"),
        ("http://h:9696/", "/v2.0/routers", "http://h:9696/v2.0/routers"),
        ("http://h/network/v2.0/", "/routers", "http://h/network/v2.0/routers"),
        ("http://h/v3/0a1b", "/v3/volumes", "http://h/v3/0a1b/volumes"),
        ("http://h/v2.1/", "/servers/v2/x", "http://h/v2.1/servers/v2/x"),
        ("http://h/identity/v3", "", "http://h/identity/v3"),
    ],
)
def test_a_version_is_said_once(endpoint: str, path: str, url: str) -> None:
    assert join(endpoint, path) == url


def test_a_container_may_be_called_like_a_version() -> None:
    assert join("http://h/v1/AUTH_x", "/v1/o", versioned=False) == "http://h/v1/AUTH_x/v1/o"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a b", "/c/a%20b"),
        ("a//b/", "/c/a//b/"),
        ("./x/../y", "/c/%2E/x/%2E%2E/y"),
        ("...", "/c/..."),
        ("q?x=1#f%", "/c/q%3Fx%3D1%23f%25"),
        ("ü\n", "/c/%C3%BC%0A"),
        ("", "/c"),
    ],
)
def test_names_arrive_as_they_are(name: str, path: str) -> None:
    assert quote_path("c", name) == path


def test_a_microversion_is_lowered_to_what_is_known() -> None:
    assert lowered("2.100", (2, 104)) == "2.100"
    assert lowered("2.100", (2, 9)) == "2.9"
    assert lowered("2.9", (2, 79)) == "2.9"
    assert lowered("", (2, 104)) == ""
    assert lowered("2.100", None) == ""
