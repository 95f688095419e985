"""Passphrases do not print, key slots open for the right one only, seals bind what they seal to its name."""

import copy
import pickle

import msgspec
import pytest

from hoarfrost.errors import Damaged, RoleForbids, UsageError, WrongKey
from hoarfrost.repository import AgeIdentity, Cost, Passphrase
from hoarfrost.repository.keys import HEAD, Keys
from hoarfrost.repository.layout import PackClass
from hoarfrost.repository.ring import Ring, Role
from hoarfrost.repository.slots import Slot, new_slot, open_slot

CHEAP = Cost(time=1, memory_kib=64, lanes=1)
RING = Ring.new(b"r" * 16)
KEYS = Keys(RING)


def made(secret: Passphrase, role: Role = "read") -> bytes:
    return new_slot(RING, role, secret, "label", CHEAP, KEYS.slots)


def opened(slot: bytes, secret: Passphrase, repository: bytes = b"r" * 16) -> Ring:
    return open_slot(Slot.decode(slot), secret, repository)


@pytest.mark.parametrize("kind", [Passphrase, AgeIdentity])
def test_no_way_of_printing_shows_the_secret(kind: type[Passphrase]) -> None:
    secret = kind("hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{secret:>30}", repr([secret])]
    assert not any("hunter2" in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_keys_do_not_print() -> None:
    for text in (repr(KEYS), repr(RING), str(RING)):
        assert repr(KEYS.id) not in text
        assert repr(RING.meta) not in text
        assert RING.meta.hex() not in text


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(UsageError):
        Passphrase("")


def test_a_slot_opens_for_its_passphrase_however_it_was_typed() -> None:
    slot = made(Passphrase("caf\u00e9"))
    assert opened(slot, Passphrase("cafe\u0301")) == RING
    with pytest.raises(WrongKey):
        opened(slot, Passphrase("cafe"))
    with pytest.raises(Damaged):
        opened(slot, Passphrase("caf\u00e9"), b"x" * 16)
    assert RING.meta.hex().encode() not in slot


@pytest.mark.parametrize("role", ["write", "maintain"])
def test_a_narrower_key_holds_less(role: Role) -> None:
    ring = opened(made(Passphrase("p"), role), Passphrase("p"))
    assert (ring.role, ring.private, ring.admin) == (role, (), b"")
    assert (ring.write == b"") == (role == "maintain")
    with pytest.raises(RoleForbids):
        ring.for_role("read")


def test_any_changed_byte_of_a_slot_is_seen_and_never_costs_memory() -> None:
    secret = Passphrase("p")
    slot = made(secret)
    for at in range(len(slot)):
        for flip in (1, 0x20):
            broken = bytearray(slot)
            broken[at] ^= flip
            with pytest.raises(Damaged):
                opened(bytes(broken), secret)


def test_a_slot_that_was_forged_does_not_open() -> None:
    """Who can write to the store can make the sums right, and no more."""
    slot = Slot.decode(made(Passphrase("p"), "write"))
    for change in ({"role": "read"}, {"memory_kib": 1 << 40}, {"sealed": "00" * 200}):
        forged = msgspec.structs.replace(slot, **change)
        forged = msgspec.structs.replace(forged, sum=forged.checksum())
        with pytest.raises(Damaged):
            opened(msgspec.json.encode(forged), Passphrase("p"))


def test_sealed_objects_open_under_their_own_name_and_class_only() -> None:
    for purpose in PackClass:
        sealed = KEYS.seal(purpose, "index/a", b"payload")
        assert KEYS.unseal(purpose, "index/a", sealed) == b"payload"
        others = [
            (KEYS, purpose, "index/b"),
            (KEYS, PackClass(purpose % 5 + 1), "index/a"),
            (Keys(msgspec.structs.replace(RING, repository=b"q" * 16)), purpose, "index/a"),
            (Keys(Ring.new(b"r" * 16)), purpose, "index/a"),
        ]
        for who, as_what, name in others:
            with pytest.raises(Damaged):
                who.unseal(as_what, name, sealed)


def test_every_seal_has_a_key_of_its_own() -> None:
    heads = {KEYS.new_seal(b"HFP2", purpose, "packs/a").head for purpose in PackClass for _ in range(50)}
    assert len({head[8:40] for head in heads}) == 250
    assert len({head[40:] for head in heads}) == 250


def test_the_head_commits_to_the_key() -> None:
    """A ciphertext of GCM can be made to open under two keys; a head cannot."""
    for purpose in PackClass:
        head = KEYS.new_seal(b"HFP2", purpose, "packs/a").head
        for at in range(HEAD):
            broken = bytearray(head)
            broken[at] ^= 1
            with pytest.raises(Damaged):
                KEYS.open_seal(b"HFP2", bytes(broken), "packs/a")


def test_what_each_role_opens() -> None:
    opens = {"read": {1, 2, 3, 4, 5}, "write": {2, 5}, "maintain": {2}}
    for role, classes in opens.items():
        keys = Keys(RING.for_role(role))
        for purpose in PackClass:
            sealed = KEYS.seal(purpose, "x", b"payload")
            if purpose in classes:
                assert keys.unseal(purpose, "x", sealed) == b"payload"
            else:
                with pytest.raises(RoleForbids):
                    keys.unseal(purpose, "x", sealed)


def test_a_new_epoch_reads_the_old_and_is_not_read_by_it() -> None:
    later = Keys(RING.next_epoch())
    assert later.unseal(PackClass.DATA, "x", KEYS.seal(PackClass.DATA, "x", b"old")) == b"old"
    sealed = later.seal(PackClass.DATA, "x", b"new")
    assert later.unseal(PackClass.DATA, "x", sealed) == b"new"
    with pytest.raises(Damaged, match="sealed for a newer key than this one, or its head is damaged"):
        KEYS.unseal(PackClass.DATA, "x", sealed)


def test_the_default_cost_is_never_below_64_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 0.4, 0.0, 0.9, 0.0, 5.0])
    monkeypatch.setattr("hoarfrost.repository.passphrase.argon2", lambda *_: b"")
    monkeypatch.setattr("hoarfrost.repository.passphrase.time.perf_counter", lambda: next(seconds))
    assert [Cost.measured().memory_kib >> 10 for _ in range(3)] == [256, 128, 64]
