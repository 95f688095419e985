"""A store where nobody answers: said at once, with the address and the reason, and with advice for who set it up."""

from pathlib import Path

import pytest

from hoarfrost.errors import StoreUnavailable
from hoarfrost.repository import open_store
from hoarfrost.repository.stores import Store
from hoarfrost.repository.stores.retried import RetriedStore


def nowhere(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """The store of this URL, with an account for it at a port where nobody is."""
    auth = {
        "auth_url": "http://127.0.0.1:9/v3",
        "username": "u",
        "password": "secret",
        "project_name": "p",
        "user_domain_name": "d",
        "project_domain_name": "d",
    }
    (tmp_path / "clouds.yaml").write_text(repr({"clouds": {"there": {"auth": auth}}}))
    for name, value in {
        "HOARFROST_S3_ENDPOINT": "http://127.0.0.1:9",
        "HOARFROST_S3_ACCESS_KEY_ID": "key",
        "HOARFROST_S3_SECRET_ACCESS_KEY": "secret",
        "HOARFROST_SWIFT_CLOUD": "there",
        "OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"),
        "HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    around = open_store(url)
    assert isinstance(around, RetriedStore)
    around._sleep = lambda _: None
    return around


@pytest.mark.parametrize("url", ["s3:bucket/p", "swift:container", "sftp:u@127.0.0.1:9/x"])
def test_where_nobody_answers_the_address_and_the_reason_are_said(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9.*: Connection refused\.$") as caught:
        nowhere(url, monkeypatch, tmp_path).get("format")
    assert "check the address" in caught.value.hint
    assert "Connection refused. Trying again up to 6 times" in caplog.text
    assert "secret" not in caplog.text + caught.value.hint
