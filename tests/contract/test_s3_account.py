"""Environment and files of other S3 tools, in their order."""

from pathlib import Path

import pytest

from hoarfrost.errors import UsageError
from hoarfrost.repository.stores.s3_account import S3Account, find_account

CONFIG = """
[default]
region = somewhere
[profile backup]
region = elsewhere
endpoint_url = https://s3.backup.example/
"""
CREDENTIALS = """
[default]
aws_access_key_id = default-key
aws_secret_access_key = default%secret
[backup]
aws_access_key_id = backup-key
aws_secret_access_key = backup-secret
aws_session_token = backup-token
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)
    (tmp_path / ".aws/credentials").write_text(CREDENTIALS)
    return {"HOME": str(tmp_path)}


BACKUP = S3Account("https://s3.backup.example", "elsewhere", "backup-key", "backup-secret", "backup-token")


def test_nothing_said_is_the_business_of_the_library(tmp_path: Path) -> None:
    assert find_account({"HOME": str(tmp_path)}) == S3Account()


def test_profiles(home: dict[str, str]) -> None:
    assert find_account(home) == S3Account("", "somewhere", "default-key", "default%secret", "")
    assert find_account(home | {"AWS_PROFILE": "backup"}) == BACKUP
    assert find_account(home | {"HOARFROST_S3_PROFILE": "backup", "AWS_ACCESS_KEY_ID": "x"}) == BACKUP
    with pytest.raises(UsageError, match="no profile 'other'"):
        find_account(home | {"AWS_PROFILE": "other"})


def test_what_is_said_for_us_outranks_what_is_said_for_all(home: dict[str, str]) -> None:
    everyone = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_SESSION_TOKEN": "c",
        "AWS_REGION": "r",
    }
    assert find_account(home | everyone) == S3Account("", "r", "a", "b", "c")
    ours = {
        "HOARFROST_S3_ACCESS_KEY_ID": "k",
        "HOARFROST_S3_SECRET_ACCESS_KEY": "s",
        "HOARFROST_S3_ENDPOINT": "https://ours",
    }
    assert find_account(home | everyone | ours) == S3Account("https://ours", "r", "k", "s", "")


@pytest.mark.parametrize(
    "wrong", [{"AWS_ACCESS_KEY_ID": "a"}, {"AWS_ENDPOINT_URL": "host:9000", "AWS_ACCESS_KEY_ID": "a"}]
)
def test_what_cannot_be_meant(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        find_account({"HOME": str(tmp_path)} | wrong)


@pytest.mark.parametrize(
    "variable", ["HOARFROST_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "profile"]
)
@pytest.mark.parametrize(
    "address", ["user:sEcret@host", "sEcret@host:1/x", "host/?key=sEcret", "host#sEcret"]
)
def test_an_endpoint_that_holds_a_password_is_refused_and_not_repeated(
    home: dict[str, str], variable: str, address: str
) -> None:
    given = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    if variable == "profile":
        (Path(home["HOME"]) / ".aws/config").write_text(f"[default]\nendpoint_url = https://{address}\n")
    else:
        given[variable] = f"https://{address}"
    with pytest.raises(UsageError, match="do not belong in it") as caught:
        find_account(home | given)
    assert "sEcret" not in caught.value.sentence + caught.value.hint


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(BACKUP) and "token" not in repr(BACKUP)
