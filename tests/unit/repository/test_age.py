"""Keys for age recipients: added with the public half, opened with the secret one."""

import subprocess
import sys
from pathlib import Path

import pytest

from hoarfrost.errors import RepositoryError, UsageError, WrongKey
from hoarfrost.repository import AgeIdentity, AgeRecipient, Passphrase, Repository, open_store
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.store import Buffer
from hoarfrost.repository.stores.wrapped import WrappedStore
from tests.unit.repository.conftest import CHEAP, DECODER

pyrage = pytest.importorskip("pyrage", reason="pyrage is not installed: ./dev setup")


def pair() -> tuple[AgeIdentity, AgeRecipient]:
    identity = pyrage.x25519.Identity.generate()
    return AgeIdentity(str(identity)), AgeRecipient(str(identity.to_public()))


def test_a_recipient_opens_with_its_role(repository: Repository, store: MemoryStore) -> None:
    identity, recipient = pair()
    repository.add_key(recipient, "write", "agent")
    opened = Repository.open(store, identity)
    assert (opened.role, opened.id) == ("write", repository.id)
    with opened.session("agent") as session:
        session.commit(b"m", {}, [session.write_bytes("x", b"content")])
    (backup,) = repository.backups()
    assert [extent.data for extent in repository.read(backup.streams["x"])] == [b"content"]
    with pytest.raises(WrongKey):
        Repository.open(store, pair()[0])


def test_rotation_keeps_recipients_and_not_planted_ones(repository: Repository, store: MemoryStore) -> None:
    (identity, recipient), (evil, planted) = pair(), pair()
    repository.add_key(recipient, "read", "safe")
    other = Repository.init(MemoryStore(), Passphrase("evil"), cost=CHEAP)
    other.add_key(planted, "read", "safe")
    for name, data in other.store.store.objects.items():
        if name.startswith("keys/"):
            store.objects[name] = data
    dropped = repository.rotate_keys(Passphrase("correct horse"), cost=CHEAP)
    assert len(dropped) == 2
    assert Repository.open(store, identity).role == "read"
    slots = repository.keys()
    assert sorted(slot.kind for slot in slots) == ["age", "argon2id"]
    with pytest.raises(WrongKey):
        Repository.open(store, evil)


def test_a_repository_can_be_rotated_with_an_identity(repository: Repository, store: MemoryStore) -> None:
    identity, recipient = pair()
    repository.add_key(recipient)
    assert [key.kind for key in repository.rotate_keys(identity)] == ["argon2id"]
    assert Repository.open(store, identity).role == "read"


def test_what_is_no_key_is_said(repository: Repository, store: MemoryStore) -> None:
    with pytest.raises(UsageError, match="no age recipient"):
        repository.add_key(AgeRecipient("age1nonsense"))
    with pytest.raises(UsageError, match="not for an identity"):
        repository.add_key(pair()[0])
    repository.add_key(pair()[1])
    with pytest.raises(UsageError, match="no age identity") as caught:
        Repository.open(store, AgeIdentity("AGE-SECRET-KEY-1nonsense"))
    assert "nonsense" not in str(caught.value)
    with pytest.raises(WrongKey):
        Repository.open(store, pair()[0])


def test_the_decoder_restores_with_an_identity(tmp_path: Path) -> None:
    identity, recipient = pair()
    repository = Repository.init(open_store(str(tmp_path / "r")), Passphrase("p"), cost=CHEAP)
    key = repository.add_key(recipient)
    with repository.session("x") as session:
        made = session.commit(b"m", {}, [session.write_bytes("x", b"content")])
    command = [sys.executable, "-I", str(DECODER), str(tmp_path / "r")]
    slot = subprocess.run([*command, "--slot", f"{tmp_path}/r/keys/{key}"], capture_output=True, check=True)
    ring = pyrage.decrypt(slot.stdout, [pyrage.x25519.Identity.from_str(identity.reveal().decode())])
    (tmp_path / "ring").write_bytes(ring)
    more = [
        "--ring",
        str(tmp_path / "ring"),
        "--backup",
        made.id,
        "--stream",
        "x",
        "--out",
        str(tmp_path / "x"),
    ]
    subprocess.run([*command, *more], check=True, capture_output=True)
    assert (tmp_path / "x").read_bytes() == b"content"


class Dying(WrappedStore):
    """Dies when it has put its first key."""

    def put_new(self, name: str, data: Buffer) -> None:
        super().put_new(name, data)
        if name.startswith("keys/"):
            raise KeyboardInterrupt


def test_a_rotation_that_died_costs_nobody_a_backup(repository: Repository, store: MemoryStore) -> None:
    """Its owner goes on with the new keys; who has the old ones only may not begin another line of them."""
    owner = Passphrase("correct horse")
    identity, recipient = pair()
    repository.add_key(recipient, "read", "second")
    with pytest.raises(KeyboardInterrupt):
        Repository.open(Dying(store), owner).rotate_keys(owner, cost=CHEAP)
    with Repository.open(store, owner).session("owner") as session:
        backup = session.commit(b"m", {}, [session.write_bytes("x", b"content")]).id
    with pytest.raises(RepositoryError, match="did not come to its end"):
        Repository.open(store, identity).rotate_keys(identity)
    Repository.open(store, owner).rotate_keys(owner, cost=CHEAP)
    for secret in (owner, identity):
        opened = Repository.open(store, secret)
        (extent,) = opened.read(opened.load(backup).streams["x"])
        assert extent.data == b"content"
    assert len(opened.keys()) == 2
