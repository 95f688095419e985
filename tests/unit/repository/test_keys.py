"""Passphrases do not print, key slots open for the right one only, and cost what they say."""

import copy
import pickle

import msgspec
import pytest

from hoarfrost.errors import Damaged, UsageError, WrongKey
from hoarfrost.repository import Cost, Passphrase
from hoarfrost.repository.keys import Keys, new_slot, open_slot
from hoarfrost.repository.layout import PackClass

CHEAP = Cost(time=1, memory_kib=64, lanes=1)
MASTER, REPOSITORY = b"m" * 32, b"r" * 16


def test_no_way_of_printing_shows_the_secret() -> None:
    secret = Passphrase("hunter2")
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{secret:>30}",
        repr([secret]),
        repr({1: secret}),
    ]
    assert not any("hunter2" in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_keys_do_not_print() -> None:
    keys = Keys(MASTER, REPOSITORY)
    assert keys.id.hex() not in repr(keys)
    assert repr(keys.id) not in repr(keys)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(UsageError):
        Passphrase("")


def test_a_slot_opens_for_its_passphrase_however_it_was_typed() -> None:
    slot = new_slot(Passphrase("caf\u00e9"), MASTER, REPOSITORY, CHEAP)
    assert open_slot(slot, Passphrase("cafe\u0301"), REPOSITORY) == MASTER
    with pytest.raises(WrongKey):
        open_slot(slot, Passphrase("cafe"), REPOSITORY)
    with pytest.raises(Damaged):
        open_slot(slot, Passphrase("caf\u00e9"), b"x" * 16)
    assert MASTER not in slot


def test_any_changed_byte_of_a_slot_is_seen_and_never_costs_memory() -> None:
    secret = Passphrase("p")
    slot = new_slot(secret, MASTER, REPOSITORY, CHEAP)
    for at in range(len(slot)):
        for flip in (1, 0x20):
            broken = bytearray(slot)
            broken[at] ^= flip
            with pytest.raises(Damaged):
                open_slot(bytes(broken), secret, REPOSITORY)


def test_a_slot_that_asks_for_too_much_is_refused() -> None:
    raw = msgspec.json.decode(new_slot(Passphrase("p"), MASTER, REPOSITORY, CHEAP))
    raw["memory_kib"] = 1 << 40
    with pytest.raises(Damaged):
        open_slot(msgspec.json.encode(raw), Passphrase("p"), REPOSITORY)


def test_sealed_objects_open_under_their_own_name_and_purpose_only() -> None:
    keys = Keys(MASTER, REPOSITORY)
    sealed = keys.seal(PackClass.META, "index/a", b"payload")
    assert keys.unseal(PackClass.META, "index/a", sealed) == b"payload"
    others = [
        (keys, PackClass.META, "index/b"),
        (keys, PackClass.NAMES, "index/a"),
        (Keys(MASTER, b"q" * 16), PackClass.META, "index/a"),
        (Keys(b"n" * 32, REPOSITORY), PackClass.META, "index/a"),
    ]
    for who, purpose, name in others:
        with pytest.raises(Damaged):
            who.unseal(purpose, name, sealed)


def test_the_default_cost_is_never_below_64_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 0.4, 0.0, 0.9, 0.0, 5.0])
    monkeypatch.setattr("hoarfrost.repository.keys._argon2", lambda *_: b"")
    monkeypatch.setattr("hoarfrost.repository.keys.time.perf_counter", lambda: next(seconds))
    assert [Cost.measured().memory_kib >> 10 for _ in range(3)] == [256, 128, 64]
