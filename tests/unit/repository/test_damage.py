"""Every object, damaged in every way: what is read is right, or an error says what is broken."""

import random
import re
from collections.abc import Callable

import pytest

from hoarfrost.errors import (
    Damaged,
    HoarfrostError,
    Missing,
    NoRepository,
    NoSuchBackup,
    RepositoryError,
    UsageError,
    WrongKey,
)
from hoarfrost.repository import Extent, Passphrase, Repository, Store, StreamRef
from hoarfrost.repository.layout import SEGMENT, PackClass
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
BIG = random.Random(3).randbytes(2 * SEGMENT + 100)
STREAMS = {"big": b"b" * 100_000 + bytes(5 * SEGMENT) + b"e" * 300, "one": b"one" * 50, "two": b"two" * 999}


@pytest.fixture
def filled(repository: Repository, store: MemoryStore) -> MemoryStore:
    for names in (["one"], ["one", "two", "big"]):
        with repository.session("fill") as session:
            refs = [session.write_bytes(name, STREAMS[name]) for name in names]
            session.commit(b"the manifest of " + str(names).encode(), {"n": len(names)}, refs)
    return store


@pytest.fixture
def seen(again: Again, content: Content) -> Callable[[Store], object]:
    """Everything that can be read, as a reader of another process sees it, and a writer that builds on it.

    What the repository has done without is raised when all is seen to be as it was the first time.
    """
    first: list[object] = []

    def see(store: Store) -> object:
        repository = again(store)
        if told := repository.backups().damaged:
            raise Damaged(told[0].why)
        with repository.session("look") as session:
            for backup in repository.backups():
                for ref in backup.streams.values():
                    whole = content(repository, ref)
                    extents = [Extent(0, 1, whole[:1]), Extent(1, ref.size - 1, same=True)]
                    assert session.write("again", ref.size, extents, ref).digest == ref.digest
        found = [
            (
                b.id,
                b.summary,
                b.manifest(),
                {name: content(repository, ref) for name, ref in b.streams.items()},
            )
            for b in repository.backups()
        ]
        first.append(found)
        if lost := repository.damaged_index():
            assert found == first[0]
            raise lost[0]
        return found

    return see


def damaged(store: MemoryStore, name: str, data: bytes | None) -> MemoryStore:
    other = MemoryStore()
    other.objects = dict(store.objects)
    if data is None:
        del other.objects[name]
    else:
        other.objects[name] = data
    return other


def test_any_flipped_bit_is_harmless_or_reported(
    filled: MemoryStore, seen: Callable[[Store], object]
) -> None:
    right = seen(filled)
    reported = 0
    carried = ("decoder-py", "how-to-restore")
    parts = [(name, data) for name, data in filled.objects.items() if name not in carried]
    places = [(name, at) for name, data in parts for at in range(0, len(data), 31)]
    for name, at in places:
        broken = bytearray(filled.objects[name])
        broken[at] ^= 1 << at % 8
        try:
            assert seen(damaged(filled, name, bytes(broken))) == right, (name, at)
        except RepositoryError as error:
            reported += 1
            assert isinstance(error, Damaged) or name == "format", (name, at, error)
    assert reported > len(places) * 0.7  # what is not: directories that the index repeats, and padding


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_object_is_harmless_or_reported(
    filled: MemoryStore, seen: Callable[[Store], object], keep: float
) -> None:
    right = seen(filled)
    for name, data in filled.objects.items():
        try:
            assert seen(damaged(filled, name, data[: int(len(data) * keep)])) == right, name
        except RepositoryError as error:
            assert isinstance(error, Damaged) or name == "format", (name, error)
            continue
        assert not name.startswith(("format", "keys/", "snaps/", "index/")), name


def test_swapped_objects_are_reported(filled: MemoryStore, seen: Callable[[Store], object]) -> None:
    for prefix in ("snaps/", "index/"):
        one, two, *_ = (name for name, _ in filled.list(prefix))
        other = damaged(filled, one, filled.objects[two])
        other.objects[two] = filled.objects[one]
        with pytest.raises(Damaged, match=prefix):
            seen(other)
    packs = [name for name, _ in filled.list("packs/")]
    for one in packs:
        for two in packs:
            if one != two:
                with pytest.raises(Damaged):
                    seen(damaged(filled, one, filled.objects[two]))


def test_a_missing_object_is_named_or_not_missed(
    filled: MemoryStore, seen: Callable[[Store], object]
) -> None:
    right = seen(filled)
    for name in filled.objects:
        other = damaged(filled, name, None)
        if name == "format":
            with pytest.raises(Missing, match="lacks its object") as caught:
                seen(other)
            assert "repository init` printed" in caught.value.hint
        elif name.startswith(("index/", "decoder", "how-to")):
            assert seen(other) == right  # the index is made good from the packs
        elif name.startswith("snaps/"):
            assert seen(other) == [backup for backup in right if not name.endswith(backup[0])]
        else:
            with pytest.raises(Damaged):
                seen(other)


def test_damage_names_the_stream_and_the_range_and_the_rest_is_read(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    with repository.session("fill") as session:
        big, small = session.write_bytes("dir/big", BIG), session.write_bytes("small", b"small")
        session.commit(b"", {}, [big, small])
    pack = max(store.list("packs/"), key=lambda item: item[1])[0]
    broken = bytearray(store.objects[pack])
    broken[200] ^= 1
    other = again(damaged(store, pack, bytes(broken)))
    with pytest.raises(Damaged, match=r"'dir/big', bytes \d+ to \d+: packs/.* damaged") as caught:
        content(other, big)
    assert caught.value.code == "damaged"
    whole = []
    for start in range(0, big.size, SEGMENT):
        length = min(SEGMENT, big.size - start)
        try:
            data = b"".join(bytes(e.data or bytes(e.length)) for e in other.read(big, [(start, length)]))
            whole.append(data == BIG[start : start + length])
        except Damaged as error:
            assert f"bytes {start} to {start + length}" in error.sentence
    assert whole == [True, True]
    assert content(other, small) == b"small"


def test_a_lost_pack_is_sent_again_by_the_next_backup(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    with repository.session("one") as session:
        ref = session.write_bytes("x", BIG)
        session.commit(b"", {}, [ref])
    lost = max(store.list("packs/"), key=lambda item: item[1])[0]
    del store.objects[lost]
    other = again(store)
    with pytest.raises(Damaged):
        content(other, ref)
    with other.session("two") as session:
        healed = session.write_bytes("x", BIG)
        session.commit(b"", {}, [healed])
    assert 0 < healed.new < len(BIG)
    assert content(again(store), ref) == BIG


def test_the_wrong_passphrase_opens_nothing(filled: MemoryStore) -> None:
    with pytest.raises(WrongKey) as caught:
        Repository.open(filled, Passphrase("incorrect horse"))
    assert "incorrect" not in str(caught.value) + caught.value.hint


def test_a_reference_of_another_repository_is_refused(
    filled: MemoryStore, again: Again, make: Callable[[Store], Repository]
) -> None:
    ref = again(filled).backups()[0].streams["one"]
    other = make(MemoryStore())
    with pytest.raises(Damaged, match="'one'"):
        list(other.read(ref))
    with other.session("x") as session, pytest.raises(ValueError, match="not a stream of this repository"):
        session.commit(b"", {}, [ref])


def test_a_damaged_backup_can_be_deleted(filled: MemoryStore, again: Again) -> None:
    name = next(name for name, _ in filled.list("snaps/"))
    store = damaged(filled, name, b"HFO1")
    repository = again(store)
    (one,) = (listed := repository.backups()).damaged
    assert (one.backup, len(listed)) == (name.removeprefix("snaps/"), 1)
    assert name in one.why
    assert one in repository.check(1).damage
    assert repository.totals().damaged == 1
    with pytest.raises(Damaged, match=name):
        repository.load(one.backup)
    with pytest.raises(Damaged, match=name):  # what it needs cannot be told
        repository.prune()
    repository.delete(name.removeprefix("snaps/")[:20])
    assert len(repository.backups()) == 1
    assert repository.backups().damaged == repository.prune().waiting == ()
    with pytest.raises(NoSuchBackup):
        repository.load(name.removeprefix("snaps/"))


def test_another_version_and_foreign_things_are_said_plainly(filled: MemoryStore, again: Again) -> None:
    newer = damaged(filled, "format", filled.objects["format"].replace(b'"version": 2', b'"version": 3'))
    with pytest.raises(HoarfrostError, match="version"):
        again(newer)
    other = MemoryStore()
    other.put_new("format", b'{"magic": "something else"}')
    with pytest.raises(NoRepository):
        again(other)


@pytest.mark.parametrize(
    "left", [None, b"", b"\0\xff", b'{"magic": "hoarfr?st repository"}', b"[]", b'{"magic']
)
def test_a_format_that_is_lost_or_damaged_is_written_anew_by_hand(
    filled: MemoryStore, again: Again, passphrase: Passphrase, left: bytes | None
) -> None:
    id = again(filled).id
    broken = damaged(filled, "format", left)
    with pytest.raises(Damaged, match="format") as caught:
        again(broken)
    line = re.search(r"\{.*\}", caught.value.hint)
    assert line is not None
    with pytest.raises(UsageError, match="already"):
        Repository.init(broken, passphrase, cost=CHEAP)
    mended = damaged(filled, "format", line[0].replace("ID", id).encode())
    assert again(mended).check(1).damage == ()
    wrong = damaged(filled, "format", line[0].replace("ID", "0" * 32).encode())
    with pytest.raises(Damaged, match="another repository") as caught:
        again(wrong)
    assert "its id is another" in caught.value.hint


def test_a_check_misses_what_every_repository_carries(filled: MemoryStore, again: Again) -> None:
    assert again(filled).check(1).damage == ()
    filled.delete("decoder-py")
    assert [(one.backup, one.why.split()[0]) for one in again(filled).check(1).damage] == [("", "decoder-py")]


@pytest.mark.parametrize(
    ("name", "byte"), [("decoder-py", b"import"), ("how-to-restore", b"HOW"), ("format", b"encrypted")]
)
def test_what_a_repository_carries_and_another_version_made_or_somebody_changed_is_told_and_no_damage(
    filled: MemoryStore, again: Again, name: str, byte: bytes
) -> None:
    assert again(filled).check(4).notes == ()
    changed = damaged(filled, name, filled.objects[name].replace(byte, b"?", 1))
    found = again(changed).check(1)
    assert found.damage == ()
    (note,) = found.notes
    assert name in note.why and "differs from the one of this version" in note.why
    assert "repository init" in note.remedy


def test_an_index_object_that_is_damaged_stops_nobody_but_a_collector(
    filled: MemoryStore, again: Again, content: Content
) -> None:
    """What it lists is read from the packs, and listed anew by the next who writes; what is in a lost pack is sent."""
    name = next(name for name, _ in filled.list("index/"))
    filled.objects[name] = filled.objects[name][:-1] + b"?"
    reader = again(filled)
    read = [
        {name: content(reader, ref) for name, ref in backup.streams.items()} for backup in reader.backups()
    ]
    assert read == [{"one": STREAMS["one"]}, STREAMS]
    assert [one.sentence.split()[0] for one in reader.damaged_index()] == [name]
    assert [one.why.split()[0] for one in again(filled).check(1).damage] == [name]
    before = set(filled.objects)
    with again(filled).session("heals") as session:
        refs = [session.write_bytes(name, data) for name, data in STREAMS.items()]
        assert [one.sentence.split()[0] for one in session.damaged_index()] == [name]
        session.commit(b"", {}, refs)
    assert sum(ref.new for ref in refs) == 0
    assert sum(one.startswith("index/") for one in set(filled.objects) - before) == 1
    with pytest.raises(Damaged, match=name):
        again(filled).prune()
    filled.delete(name)
    after = again(filled)
    pieces, requests = after.totals().packs, after.store.requests.total()
    assert requests < 4 * pieces  # all are listed: none is opened for its directory
    assert again(filled).check(3).damage == ()
    again(filled).prune()


def test_a_pack_that_only_a_damaged_index_object_lists_may_be_damaged_itself(
    filled: MemoryStore, again: Again, content: Content
) -> None:
    for name in [name for name, _ in filled.list("index/")]:
        filled.objects[name] = b"damaged"
    pack = next(name for name, _ in filled.list("packs/") if filled.objects[name][4] == PackClass.DATA)
    filled.objects[pack] = filled.objects[pack][:-1]
    damage = again(filled).check(1).damage
    lost = {one.stream for one in damage if one.backup}
    assert lost
    assert lost <= STREAMS.keys()
    with again(filled).session("heals") as session:
        refs = [session.write_bytes(name, data) for name, data in STREAMS.items()]
        session.commit(b"", {}, sorted(refs, key=lambda ref: ref.name))
    assert sum(ref.new for ref in refs) > 0
    for backup in again(filled).backups():
        for name, ref in backup.streams.items():
            assert content(again(filled), ref) == STREAMS[name]
