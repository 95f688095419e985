"""Several keys, of three roles: a write key backs up incrementally and cannot read a byte, not even its own."""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hoarfrost.errors import (
    Damaged,
    HoarfrostError,
    RoleForbids,
    StoreError,
    StoreRefused,
    UsageError,
    WrongKey,
)
from hoarfrost.repository import Extent, Passphrase, Repository, Store, StreamRef, frames
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.index import PackEntries, encode_index
from hoarfrost.repository.layout import (
    SEGMENT,
    SUBBLOCK,
    Kind,
    PackClass,
    index_object,
    pack_object,
    pack_of,
)
from hoarfrost.repository.pack import PackReader, PackWriter
from hoarfrost.repository.slots import Slot
from hoarfrost.repository.stores.local import LocalStore
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
DATA = random.Random(8).randbytes(2 * SEGMENT + 100_000)
WRITER, KEEPER = Passphrase("agent"), Passphrase("janitor")


@pytest.fixture
def writer(repository: Repository, store: MemoryStore) -> Repository:
    repository.add_key(WRITER, "write", "agent on host 1", cost=CHEAP)
    return Repository.open(store, WRITER, limits=SMALL)


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def back_up(repository: Repository, name: str, data: bytes) -> StreamRef:
    """As an agent does: it finds what it builds on by name, and gives only what it knows to have changed."""
    last = repository.backups()
    base = last[-1].find(name) if last else None
    extents = [Extent(0, len(data), data)]
    if base:
        start = 5 * SUBBLOCK
        extents = [
            Extent(0, start, same=True),
            Extent(start, SUBBLOCK, data[start : start + SUBBLOCK]),
            Extent(start + SUBBLOCK, len(data) - start - SUBBLOCK, same=True),
        ]
    with repository.session("agent") as session:
        ref = session.write(name, len(data), extents, base)
        session.commit(b"the manifest", {"the": "summary"}, [ref])
    return ref


def test_a_write_key_backs_up_incrementally(
    writer: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    versions = [DATA]
    for number in range(3):
        versions.append(changed(versions[-1], 5 * SUBBLOCK + number, b"new bytes %d" % number))
    refs = [back_up(writer, "disk", data) for data in versions]
    assert [ref.new for ref in refs] == [len(DATA), SUBBLOCK, SUBBLOCK, SUBBLOCK]
    assert refs[-1].read == SUBBLOCK
    reader = again(store)
    for backup, data in zip(reader.backups(), versions, strict=True):
        assert content(reader, backup.streams["disk"]) == data
        assert (backup.manifest(), backup.summary) == (b"the manifest", {"the": "summary"})


def test_a_write_key_reads_nothing_not_even_its_own(writer: Repository, store: MemoryStore) -> None:
    ref = back_up(writer, "disk", DATA)
    patched = back_up(writer, "disk", changed(DATA, 5 * SUBBLOCK, b"!"))
    (_, backup) = writer.backups()
    for attempt in (
        lambda: list(writer.read(ref)),
        lambda: list(writer.read(patched, ordered=False)),
        backup.manifest,
        lambda: backup.streams,
        lambda: writer.add_key(Passphrase("x"), cost=CHEAP),
        lambda: writer.rotate_keys(WRITER),
        lambda: writer.forget(backup.id),
        lambda: writer.remove_key(""),
        writer.shred,
    ):
        with pytest.raises(RoleForbids):
            attempt()
    assert writer.check(1).damage == ()
    assert backup.summary == {}
    assert backup.find("nothing") is None
    seen = set()
    for name, _ in store.list("packs/"):
        pack = pack_of(name)
        assert pack is not None
        try:
            PackReader.load(store, writer._keys, pack)
        except RoleForbids:
            continue
        seen.add(PackClass(store.objects[name][4]))
    assert seen == {PackClass.META, PackClass.PRINTS}


class AddOnly(MemoryStore):
    """As with credentials that may put, get and list."""

    def delete(self, name: str) -> None:
        raise StoreRefused(f"Cannot delete {name}.")


def test_a_writer_needs_no_permission_to_delete(
    writer: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    lent = AddOnly()
    lent.objects = store.objects
    agent = Repository.open(lent, WRITER, limits=SMALL)
    back_up(agent, "disk", DATA)
    data = changed(DATA, 5 * SUBBLOCK, b"!")
    assert back_up(agent, "disk", data).new == SUBBLOCK
    reader = again(store)
    assert content(reader, reader.backups()[-1].streams["disk"]) == data
    left = [name for name, _ in store.list("sessions/")]
    assert len(left) == 2
    assert reader.prune().waiting == ()
    assert reader.check(3).damage == ()


def test_a_writer_is_told_to_keep_to_sub_blocks(writer: Repository) -> None:
    ref = back_up(writer, "disk", DATA)
    split = [Extent(0, 10, same=True), Extent(10, SEGMENT - 10, same=True), Extent(SEGMENT, 99, b"9" * 99)]
    with writer.session("agent") as session:
        assert session.write("disk", SEGMENT + 99, split, ref).read == 99
    extents = [Extent(0, 10, b"0123456789"), Extent(10, len(DATA) - 10, same=True)]
    with writer.session("agent") as session, pytest.raises(RoleForbids):
        session.write("disk", len(DATA), extents, ref)


def test_a_writer_that_cannot_write_whole_leans_further(
    writer: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    data = bytearray(DATA[:SEGMENT])
    with writer.session("agent") as session:
        ref = session.write_bytes("disk", bytes(data))
        for number in range(40):
            start = number * SUBBLOCK
            data[start : start + SUBBLOCK] = random.Random(number).randbytes(SUBBLOCK)
            extents = [
                Extent(0, start, same=True),
                Extent(start, SUBBLOCK, bytes(data[start : start + SUBBLOCK])),
                Extent(start + SUBBLOCK, SEGMENT - start - SUBBLOCK, same=True),
            ]
            ref = session.write("disk", SEGMENT, extents, ref)
            assert ref.new == SUBBLOCK
        session.commit(b"", {}, [ref])
    assert content(again(store), ref) == bytes(data)


def test_a_maintain_key_sees_what_is_in_use_and_writes_nothing(
    repository: Repository, writer: Repository, store: MemoryStore
) -> None:
    ref = back_up(writer, "disk", DATA)
    repository.add_key(KEEPER, "maintain", cost=CHEAP)
    keeper = Repository.open(store, KEEPER)
    assert keeper.role == "maintain"
    (backup,) = keeper.backups()
    assert list(backup.rows()) == [(ref.size, ref.root)]
    assert len(list(backup.blobs())) == 3
    assert keeper.totals().blobs == repository.totals().blobs
    with pytest.raises(RoleForbids), keeper.session("x"):
        pass
    for attempt in (lambda: backup.find("disk"), lambda: backup.streams, backup.manifest):
        with pytest.raises(RoleForbids):
            attempt()


def test_keys_are_listed_added_and_removed(repository: Repository, store: MemoryStore) -> None:
    (first,) = repository.keys()
    assert (first.kind, first.role, first.label, first.proven) == ("argon2id", "read", "first", True)
    with pytest.raises(UsageError, match="last key"):
        repository.remove_key(first.id)
    second = repository.add_key(Passphrase("second"), label="the safe", cost=CHEAP)
    repository.remove_key(first.id[:20])
    with pytest.raises(WrongKey):
        Repository.open(store, Passphrase("correct horse"))
    (only,) = Repository.open(store, Passphrase("second")).keys()
    assert only.id == second
    for wrong in ("", "zz"):
        with pytest.raises(UsageError, match="no one key"):
            repository.remove_key(wrong)


def test_a_key_that_cannot_read_removes_all_but_the_last_that_can(
    repository: Repository, store: MemoryStore
) -> None:
    (first,) = repository.keys()
    spare = repository.add_key(Passphrase("spare"), cost=CHEAP)
    repository.add_key(KEEPER, "maintain", cost=CHEAP)
    keeper = Repository.open(store, KEEPER)
    keeper.remove_key(spare)
    with pytest.raises(UsageError, match="last key"):
        keeper.remove_key(first.id)


def test_what_lies_among_the_slots_under_no_name_of_theirs_is_passed_over(
    passphrase: Passphrase, tmp_path: Path
) -> None:
    """Of an editor, of NFS, of a file browser; in every folder of which a listing is read."""
    repository = Repository.init(LocalStore(tmp_path), passphrase, cost=CHEAP)
    (key,) = repository.keys()
    strange = ["README", ".nfs000001", f"{key.id}~", f"{key.id} (1)"]
    for name in strange:
        (tmp_path / "keys" / name).write_bytes((tmp_path / "keys" / key.id).read_bytes())
    for folder in ("index", "damaged", "verified", "sessions", "gc", "snaps", "packs"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "README").write_text("a note")
    again = Repository.open(LocalStore(tmp_path), passphrase)
    with again.session("x") as session:
        gone = session.commit(b"", {}, [session.write_bytes("x", b"x" * 99)])
    again.forget(gone.id)
    assert again.prune().packs > 0
    found = again.check(3)
    assert found.damage == ()
    assert [one.why.split(" is no key")[0] for one in found.notes] == [
        f"keys/{name}" for name in sorted(strange)
    ]
    assert (again.keys()[0].id, len(again.keys())) == (key.id, 1)
    with pytest.raises(StoreError, match=f"destroyed, but .*{key.id}~"):
        again.shred()
    assert sorted(one.name for one in (tmp_path / "keys").iterdir()) == sorted(strange)
    (tmp_path / "new/keys").mkdir(parents=True)
    (tmp_path / "new/keys/README").write_text("a note")
    with pytest.raises(UsageError, match="not empty: it holds 'keys/README'"):
        Repository.init(LocalStore(tmp_path / "new"), passphrase, cost=CHEAP)


def test_a_whole_id_is_that_key_though_a_copy_begins_with_it(
    repository: Repository, store: MemoryStore
) -> None:
    (first,) = repository.keys()
    store.objects[f"keys/{first.id}.bak"] = store.objects[f"keys/{first.id}"]
    with pytest.raises(UsageError, match="no one key"):
        repository.remove_key(first.id[:20])
    repository.remove_key(first.id)
    (copy,) = repository.keys()
    assert copy.id == f"{first.id}.bak"


def test_a_planted_slot_is_told_from_a_proven_one(repository: Repository, store: MemoryStore) -> None:
    other = Repository.init(MemoryStore(), Passphrase("evil"), cost=CHEAP)
    planted = next(data for name, data in other.store.store.objects.items() if name.startswith("keys/"))
    store.objects["keys/" + "0" * 32] = planted
    slots = repository.keys()
    assert {key.proven for key in slots if key.id == "0" * 32} == {False}
    assert [key.proven for key in slots if key.id != "0" * 32] == [True]
    with pytest.raises(Damaged, match=r"0{32}.* belongs to another repository"):
        Repository.open(store, Passphrase("evil"))  # not called wrong: it is right for that slot


@pytest.mark.parametrize("wrong", [b"", b"{}", b"\xff\x00", b'{"kind": "argon2id"}'])
def test_a_damaged_slot_of_another_stops_nobody(
    repository: Repository, store: MemoryStore, again: Again, wrong: bytes
) -> None:
    (first,) = repository.keys()
    other = repository.add_key(Passphrase("other"), label="other", cost=CHEAP)
    store.objects["keys/" + other] = wrong
    reader = again(store)
    assert {(key.id, key.kind, key.label) for key in reader.keys()} == {  # noqa: SIM118 - not a mapping
        (first.id, "argon2id", "first"),
        (other, "damaged", ""),
    }
    with pytest.raises(UsageError, match="last key"):
        reader.remove_key(first.id)
    (dropped,) = reader.rotate_keys(Passphrase("correct horse"), cost=CHEAP)
    assert (dropped.id, dropped.kind) == (other, "damaged")
    assert [key.kind for key in again(store).keys()] == ["argon2id"]  # noqa: SIM118 - not a mapping


class Unread(MemoryStore):
    """A store that does not give one of its objects."""

    refused = ""

    def get(self, name: str) -> bytes:
        if name == self.refused:
            raise StoreRefused("Input/output error.")
        return super().get(name)


def test_a_slot_that_the_store_does_not_give_is_as_one_that_is_damaged(make: Again, again: Again) -> None:
    store = Unread()
    other = make(store).add_key(Passphrase("other"), cost=CHEAP)
    store.refused = "keys/" + other
    (damage,) = again(store).check(1).damage
    assert damage.why == f"The key slot {other} cannot be read: Input/output error."
    assert {key.id: key.kind for key in again(store).keys()}[other] == "unreadable"  # noqa: SIM118 - not a mapping
    with pytest.raises(WrongKey, match=other) as failed:
        Repository.open(store, Passphrase("other"))
    assert "It may be whole" in failed.value.hint


def test_a_slot_that_the_store_does_not_give_is_not_dropped_by_a_rotation(make: Again, again: Again) -> None:
    """It may be that of an age recipient, which goes on."""
    store = Unread()
    other = make(store).add_key(Passphrase("other"), cost=CHEAP)
    before = dict(store.objects)
    store.refused = "keys/" + other
    with pytest.raises(StoreError, match=other):
        again(store).rotate_keys(Passphrase("correct horse"), cost=CHEAP)
    assert store.objects == before


def test_rotation_shuts_out_who_had_the_old_keys(
    repository: Repository, writer: Repository, store: MemoryStore, content: Content
) -> None:
    old = back_up(writer, "disk", DATA)
    leaked = Repository.open(store, Passphrase("correct horse"))
    dropped = repository.rotate_keys(Passphrase("correct horse"), cost=CHEAP)
    assert [(key.role, key.label) for key in dropped] == [("write", "agent on host 1")]
    with pytest.raises(WrongKey):
        Repository.open(store, WRITER)
    fresh = b"fresh" * 40_000
    with repository.session("after") as session:
        new = session.write_bytes("new", fresh)
        same = session.write("disk", len(DATA), [Extent(0, len(DATA), DATA)], old)
        session.commit(b"secret", {"s": "s"}, [new, same])
    assert same.new == 0
    assert content(repository, new) == fresh
    assert content(Repository.open(store, Passphrase("correct horse")), old) == DATA
    assert content(leaked, old) == DATA
    with pytest.raises(HoarfrostError):
        list(leaked.read(new))
    (after,) = leaked.backups().damaged
    assert after.backup not in [one.id for one in leaked.backups()]
    with pytest.raises(WrongKey):
        repository.rotate_keys(Passphrase("somebody else's"), cost=CHEAP)


def test_without_keys_nothing_opens(repository: Repository, store: MemoryStore) -> None:
    with repository.session("x") as session:
        session.commit(b"", {}, [session.write_bytes("x", b"x")])
    repository.shred()
    assert not list(store.list("keys/"))
    with pytest.raises(Damaged, match="no key slot"):
        Repository.open(store, Passphrase("correct horse"))


def test_who_may_only_add_cannot_have_a_maintain_key_delete(
    repository: Repository, writer: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    """A map of zeros under the id of another, which only who may write could tell apart."""
    ref = back_up(repository, "disk", DATA)
    keys, page = writer._keys, ref.root[1:17]
    assert ref.root[0] == 1
    pack = PackWriter(keys, PackClass.META, 1 << 16, Buffers(1 << 16, 1))
    pack.add(Kind.PAGE, page, frames.encode(memoryview(bytes((3, 1)) + bytes(3 * 16))))
    data = bytes(pack.finish(full=False))
    store.put_new(pack_object(pack.name), data)
    name = index_object("0" * 32, 0)  # the first to be found
    listed = encode_index([PackEntries(pack.name, len(data), pack.entries)])
    store.put_new(name, keys.seal(PackClass.META, name, listed))
    repository.add_key(KEEPER, "maintain", cost=CHEAP)
    for _ in range(2):
        keeper = Repository.open(store, KEEPER, limits=SMALL)
        with pytest.raises(Damaged):
            keeper.prune()
        assert keeper.check(1).damage
    store.delete(pack_object(pack.name))
    assert content(again(store), ref) == DATA


def test_a_key_that_nobody_who_reads_has_made_is_none_to_be_left_with(
    repository: Repository, store: MemoryStore
) -> None:
    (key,) = repository.keys()
    spare = msgspec.structs.replace(
        Slot.decode(store.get("keys/" + key.id)), label="spare", commitment="00" * 32
    )
    spare = msgspec.structs.replace(spare, sum=spare.checksum())
    store.put_new("keys/" + "f" * 32, msgspec.json.encode(spare))
    with pytest.raises(UsageError):
        repository.remove_key(key.id)
    repository.remove_key("f" * 32)
    assert [name for name, _ in store.list("keys/")] == ["keys/" + key.id]
