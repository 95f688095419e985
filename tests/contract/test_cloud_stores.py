"""Swift and its S3 API as they are: ways to log in, tokens that run out, writers that meet."""

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from hoarfrost.errors import NameTaken, NoRepository, StoreError, StoreRefused, UsageError
from hoarfrost.repository import Cost, Passphrase, Repository, open_store
from hoarfrost.repository.stores.s3 import S3Store
from hoarfrost.repository.stores.swift import SwiftStore

from .conftest import Account

pytestmark = pytest.mark.cloud


def swift(url: str) -> SwiftStore:
    return SwiftStore.at(url.removeprefix("swift:"))


def test_a_token_that_is_no_longer_good_is_renewed(swift_place: Callable[[], str]) -> None:
    store = swift(swift_place())
    store.put_new("format", b"x")
    session, _ = store._connection()
    access = session.auth.get_access(session)
    access._auth_token = "worthless"
    store.put_new("packs/ab/1", bytes(3 << 20))
    assert session.get_token() != "worthless"
    assert store.get("packs/ab/1") == bytes(3 << 20)


@pytest.fixture
def application_credential(account: Account) -> Iterator[dict[str, str]]:
    identity, user = account.connection.identity, account.session.get_user_id()
    body = {"application_credential": {"name": f"hoarfrost-test-{secrets.token_hex(4)}"}}
    made = identity.post(f"/users/{user}/application_credentials", json=body).json()["application_credential"]
    yield {"application_credential_id": made["id"], "application_credential_secret": made["secret"]}
    identity.delete(f"/users/{user}/application_credentials/{made['id']}")


def test_an_application_credential(
    application_credential: dict[str, str],
    account: Account,
    swift_place: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    config = account.connection.config
    cloud = {
        "auth_type": "v3applicationcredential",
        "auth": {"auth_url": config.auth["auth_url"]} | application_credential,
        "region_name": config.get_region_name(),
    }
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"backups": cloud}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setenv("HOARFROST_SWIFT_CLOUD", "backups")
    store = open_store(swift_place())
    store.put_new("format", b"x")
    assert dict(store.list("")) == {"format": 1}


def test_credentials_that_are_wrong(
    account: Account, swift_place: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    auth = dict(account.connection.config.auth) | {"password": "secret-guess"}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"wrong": {"auth": auth}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setenv("HOARFROST_SWIFT_CLOUD", "wrong")
    with pytest.raises(StoreRefused, match="credentials") as caught:
        open_store(swift_place()).size("format")
    assert "secret" not in caught.value.sentence + caught.value.hint
    monkeypatch.setenv("HOARFROST_SWIFT_CLOUD", "unheard-of")
    with pytest.raises(UsageError, match="not configured"):
        open_store(swift_place()).size("format")


@pytest.mark.parametrize("kind", ["s3", "swift", "ceph"])
def test_writers_that_meet_again_and_again(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its If-None-Match alone lets two through; with the second look there is one, and all know which."""
    place = request.getfixturevalue(f"{kind}_place")()
    monkeypatch.setattr("hoarfrost.repository.stores.settled.MOMENT", 2)
    at = SwiftStore.at if kind == "swift" else S3Store.at
    stores = [at(place.partition(":")[2]) for _ in range(6)]
    for store in stores:
        assert store.size("format") is None  # connected
    for turn in range(5):
        winners = meet(stores, f"snaps/{turn}")
        assert winners == [stores[0].get(f"snaps/{turn}")]


def meet(stores: list[S3Store] | list[SwiftStore], name: str) -> list[bytes]:
    """Each claims the name at the same moment with bytes of its own; those of the ones that were told yes."""
    start = threading.Barrier(len(stores))
    winners: list[bytes] = []

    def claim(store: S3Store | SwiftStore) -> None:
        data = secrets.token_bytes(100)
        start.wait()
        try:
            store.put_new(name, data)
        except NameTaken:
            return
        winners.append(data)

    threads = [threading.Thread(target=claim, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return winners


def test_s3_keys_and_buckets_that_are_wrong(
    s3_place: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = open_store("s3:nobody-made-it")
    assert nowhere.size("format") is None
    for ask in (lambda: nowhere.put_new("format", b"x"), lambda: list(nowhere.list(""))):
        with pytest.raises(StoreError, match="no bucket 'nobody-made-it'"):
            ask()
    place = s3_place()
    monkeypatch.setenv("HOARFROST_S3_REGION", "elsewhere")
    with pytest.raises(StoreRefused) as caught:
        open_store(place).put_new("format", b"x")
    assert "AWS_REGION" in caught.value.hint
    monkeypatch.setenv("HOARFROST_S3_SECRET_ACCESS_KEY", "secret-guess")
    with pytest.raises(StoreRefused) as caught:
        open_store(place).get("format")
    assert "secret-guess" not in caught.value.sentence


@pytest.mark.parametrize("kind", ["s3", "swift", "ceph"])
def test_a_repository_lies_there(kind: str, request: pytest.FixtureRequest) -> None:
    place = request.getfixturevalue(f"{kind}_place")()
    with pytest.raises(NoRepository):
        Repository.open(open_store(place), Passphrase("p"))
    repository = Repository.init(open_store(place), Passphrase("p"), cost=Cost(1, 64, 1))
    with repository.session("test") as session:
        ref = session.write_bytes("stream", b"hoar" * 3_000_000)
        session.commit(b"{}", {}, [ref])
    again = Repository.open(open_store(place), Passphrase("p"))
    ref = next(iter(again.backups()[0].streams.values()))
    assert b"".join(bytes(extent.data or b"") for extent in again.read(ref)) == b"hoar" * 3_000_000
