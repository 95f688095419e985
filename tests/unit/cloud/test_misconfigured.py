"""Mistakes in clouds.yaml: each is named with what to do, and no value of the file is repeated."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from openstack.warnings import ConfigurationWarning

from hoarfrost.cli.app import main
from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError, NoSuchCloud, StoreUnavailable, Unavailable, UsageError
from hoarfrost.repository import open_store
from hoarfrost.repository.stores import keystone

AUTH = {
    "auth_url": "http://127.0.0.1:9/v3",
    "username": "sEcret user",
    "password": "sEcret",
    "project_name": "p",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}
APPLICATION = {
    "auth_url": "http://x/v3",
    "application_credential_id": "i",
    "application_credential_secret": "sEcret",
}

Connect = Callable[[Any], CloudError]


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """What connecting to a cloud ``c`` raises, with this as its entry, or (bytes) as the whole file."""
    path = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(tmp_path / "secure.yaml"))

    def connected(said: Any) -> CloudError:
        path.write_bytes(said if isinstance(said, bytes) else repr({"clouds": {"c": said}}).encode())
        with pytest.raises(CloudError) as caught:
            Cloud.connect("c")
        assert "sEcret" not in caught.value.sentence + caught.value.hint
        assert "'c'" in caught.value.sentence and caught.value.hint
        return caught.value

    return connected


def but_for(**changed: Any) -> dict[str, Any]:
    return {"auth": {key: one for key, one in (AUTH | changed).items() if one is not None}}


@pytest.mark.parametrize(
    ("entry", "sentence", "hint"),
    [
        (but_for(password=None), "has no password", "OS_PASSWORD"),
        (but_for(username=None), "has no username", "OS_USERNAME"),
        (but_for(auth_url=None), "auth_url is missing", "below `auth:` in clouds.yaml, or set OS_AUTH_URL"),
        (but_for(auth_url="http://u:sEcret@127.0.0.1:9/v3"), "holds a user or a password", "before the @"),
        (but_for(auth_url="127.0.0.1:9/v3"), "auth_url does not begin with https://", "https://cloud.example"),
        (but_for(usrname="x"), "does not go with usrname", "Correct the name"),
        (but_for() | {"auth_type": "sEcret"}, "no auth_type of that name", "v3applicationcredential"),
        ({"auth": APPLICATION}, "go with application_credential_", "auth_type: v3applicationcredential"),
        (but_for() | {"cacert": "/no/such.pem"}, "/no/such.pem, which its cacert names, is not there", "OS_CACERT"),
        ({"auth": ["sEcret"]}, "no mapping", "auth_url, username"),
        (["sEcret"], "no mapping", "auth_url, username"),
        ("sEcret", "no mapping", "auth_url, username"),
        ({}, "is empty", "auth_url, username"),
        (b"clouds:\n  c:\n", "is empty", "auth_url, username"),
        (b"clouds:\n  - c\n", "no list of clouds", "auth_url, username"),
        (b"sEcret", "no list of clouds", "auth_url, username"),
        (b"", "no list of clouds", "auth_url, username"),
        (b"clouds:\n  c:\n    auth: {password: *sEcret}\n", "no YAML at line 3, column 22", "quotes"),
        (b"clouds:\n  c:\n    auth: {password: sEcret\n\t: 1", "no YAML at line 4", "tabs"),
        (b"clouds: {c: {auth: {password: sEcret\xe4}}}", "no text in UTF-8", "encoding"),
        (b"clouds: {c: {auth: {password: 2026-99-99}}}", "no YAML", "quotes"),
        (b"clouds: {cc: {}, d: {}}", "no cloud of that name", "It has cc, d."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_what_to_do(connect: Connect, entry: Any, sentence: str, hint: str) -> None:
    error = connect(entry)
    assert isinstance(error, NoSuchCloud)
    assert sentence in error.sentence and hint in error.hint


def test_the_cloud_of_the_repository_is_told_of_in_the_same_words(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOARFROST_SWIFT_CLOUD", "c")
    for entry, said in ((but_for(password=None), "has no password"), (["sEcret"], "no mapping")):
        connect(entry)
        with pytest.raises(UsageError, match=f"of the repository is not configured: .*{said}") as caught:
            open_store("swift:container").size("format")
        assert "HOARFROST_SWIFT_CLOUD" in caught.value.hint


def test_a_file_beside_it_may_be_the_one_that_is_wrong(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "secure.yaml").write_text("clouds: {c: {auth: {password: *sEcret}}}")
    assert "has no password" in connect(but_for(password=None)).sentence
    (tmp_path / "secure.yaml").write_text("- sEcret")
    assert "secure.yaml is no list of clouds" in connect(but_for(password=None)).sentence


def test_without_any_file_it_is_said_where_one_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [str(tmp_path / "here/clouds.yaml")])
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    with pytest.raises(NoSuchCloud, match=r"there is no clouds\.yaml") as caught:
        Cloud.connect("c")
    assert str(tmp_path / "here") in caught.value.hint


@pytest.mark.parametrize("name", ["c", None])
def test_another_file_is_not_taken_for_the_one_that_is_named(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str | None
) -> None:
    connect(but_for())
    other = tmp_path / "clouds.yaml"
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [str(other)])
    if not name:
        monkeypatch.setenv("OS_CLOUD", "c")
    for file, said in ((tmp_path / "nope", "is not there"), (tmp_path, "cannot be read")):
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
        with pytest.raises(NoSuchCloud, match=f"{file}, which OS_CLIENT_CONFIG_FILE names, {said}") as caught:
            Cloud.connect(name)
        assert "unset it" in caught.value.hint
        with pytest.raises(UsageError, match="OS_CLIENT_CONFIG_FILE"):
            open_store("swift:container").size("format")


def test_lines_of_a_file_that_cannot_be_read_are_not_logged(
    connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(b"clouds: {c: {auth: {password: *sEcret}}}")
    loggers = [logging.getLogger(name) for name in ("openstack", "openstack.config")]
    before, levels = logging.root.handlers[:], [one.level for one in loggers]
    try:
        for one in loggers:
            one.setLevel(logging.NOTSET)  # as other tests of the same process did not leave it
        assert main(["-vv", "--os-cloud", "c", "probe"]) == 2
        assert loggers[0].isEnabledFor(logging.WARNING), "or nobody had listened to the library"
    finally:
        logging.root.handlers[:] = before
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
    assert "sEcret" not in "".join(capsys.readouterr())


class Nobody(BaseHTTPRequestHandler):
    """A web server that knows nothing of an identity service; below /503, /429 one that has trouble."""

    def do_GET(self) -> None:
        first = self.path.split("/")[1]
        self.send_error(int(first) if first.isdecimal() else 404)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        assert format


@pytest.fixture(scope="module")
def nobody() -> Iterator[str]:
    """Its address, without a scheme."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nobody)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_certificates_that_nobody_looks_at_may_be_missing(connect: Connect) -> None:
    with pytest.warns(ConfigurationWarning, match="also to ignore the host"):
        error = connect(but_for() | {"cacert": "/no/such.pem", "verify": False})
    assert "Connection refused" in error.sentence


def test_who_does_not_answer_is_named_with_the_reason(connect: Connect) -> None:
    error = connect(but_for())
    assert isinstance(error, Unavailable)
    assert error.sentence == "The cloud 'c' does not answer at http://127.0.0.1:9/v3: Connection refused."
    assert "auth_url" in error.hint


def test_who_is_silent_is_not_waited_for_for_ever(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("hoarfrost.cloud.connect.PATIENCE", "hoarfrost.repository.stores.keystone._PATIENCE"):
        monkeypatch.setattr(place, 0.05)
    monkeypatch.setenv("HOARFROST_SWIFT_CLOUD", "c")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        error = connect(but_for(auth_url=url))
        assert error.sentence == f"The cloud 'c' does not answer at {url}: timed out."
        with pytest.raises(StoreUnavailable, match=f"{url}: the cloud does not answer: timed out"):
            keystone.connect()
        assert connect(but_for(auth_url=url) | {"api_timeout": 0.05}).may_retry


def test_a_file_of_certificates_that_is_none(connect: Connect, nobody: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("sEcret")
    error = connect(but_for(auth_url=f"https://{nobody}/v3") | {"cacert": str(tmp_path / "ca.pem")})
    assert "no certificate" in error.sentence and "cacert" in error.hint


@pytest.mark.parametrize(
    ("scheme", "path", "said"),
    [
        ("http", "/v3", "no identity service (version 3) at http://127."),
        ("http", "", "no identity service (version 3) at http://127."),
        ("https", "/v3", "speaks no TLS at https://127."),
        ("https", "", "speaks no TLS at https://127."),
    ],
)
def test_who_answers_may_be_somebody_else(
    connect: Connect, nobody: str, scheme: str, path: str, said: str
) -> None:
    error = connect(but_for(auth_url=f"{scheme}://{nobody}{path}"))
    assert said in error.sentence and "auth_url" in error.hint


@pytest.mark.parametrize("path", ["/503", "/503/v3", "/429/v3"])
def test_who_has_trouble_may_be_tried_again(connect: Connect, nobody: str, path: str) -> None:
    error = connect(but_for(auth_url=f"http://{nobody}{path}"))
    assert isinstance(error, Unavailable)
    assert error.sentence == f"The cloud 'c' answers at http://{nobody}{path} with HTTP {path[1:4]}."
