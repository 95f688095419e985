"""Which store a URL names, and that no password of one is ever said again."""

import subprocess
import sys
from pathlib import Path

import pytest

from hoarfrost.errors import UsageError
from hoarfrost.repository import open_store


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "described"),
    [
        ("/a/b", "file:/a/b"),
        ("file:/a/b", "file:/a/b"),
        ("file:///a/b%20c", "file:/a/b c"),
        ("file://localhost/a", "file:/a"),
        ("./a", f"file:{Path.cwd()}/a"),
        ("memory:", "memory:"),
        ("memory:x", "memory:x"),
        ("s3:bucket", "s3:bucket"),
        ("s3://bucket/deep/prefix/", "s3:bucket/deep/prefix"),
        ("swift:container", "swift:container"),
        ("swift://container/prefix", "swift:container/prefix"),
        ("sftp:me@host:2222/srv/backup", "sftp:me@host:2222/srv/backup"),
        ("sftp://host/~/backup/", "sftp:host/~/backup"),
        ("sftp:host:/srv", "sftp:host/srv"),
        ("sftp:[::1]:22/srv", "sftp:[::1]:22/srv"),
    ],
)
def test_urls(url: str, described: str) -> None:
    assert open_store(url).describe() == described
    assert open_store(open_store(url).describe()).describe() == described


@pytest.mark.parametrize(
    "url",
    [
        "",
        "repo",
        "file:",
        "file://host/path",
        "file:/path?key=secret",
        "http://x",
        "secret:x",
        "http://u:secret@h/",
        "sftp://u:secret@h/p",
        "sftp:u:secret@h/p",
        "sftp:h",
        "sftp:h/",
        "s3:",
        "s3://key:secret@bucket/prefix",
        "s3:bucket/prefix?key=secret",
        "s3://key:secret@https://host/bucket",
        "swift:",
        "swift://u:secret@container",
        "swift:container/pre:secret@fix",
    ],
)
def test_urls_that_name_no_store_are_refused_without_repeating_secrets(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url)
    assert "secret" not in caught.value.sentence + caught.value.hint


@pytest.mark.parametrize("url", ["s3:b/x", "s3:b", "s3://ab/x"])
def test_a_bucket_whose_name_is_too_short_is_told_so(url: str) -> None:
    with pytest.raises(UsageError, match="too short") as caught:
        open_store(url)
    assert "3 to 63" in caught.value.hint


def test_a_named_memory_store_is_shared() -> None:
    open_store("memory:shared").put_new("format", b"x")
    assert open_store("memory:shared").get("format") == b"x"


def test_a_folder_needs_none_of_the_libraries_of_the_others(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from hoarfrost.repository import open_store\n"
        f"open_store({str(tmp_path)!r}).size('format')\n"
        "print(sorted(set(sys.modules) & {'obstore', 'asyncssh', 'asyncio', 'keystoneauth1', 'openstack', 'requests'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_endpoint_without_keys_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://s3.example")
    with pytest.raises(UsageError, match="no credentials"):
        open_store("s3:bucket")
