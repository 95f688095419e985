"""A lost patch is stored again under its own id if the source has what was in it; nothing leans on what stays lost."""

import random
from collections.abc import Callable

import pytest

from hoarfrost.errors import Damaged
from hoarfrost.repository import Extent, Passphrase, Repack, Repository, Store, StreamRef, survey
from hoarfrost.repository.found import add_doubts
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK, pack_object
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.survey import backup_names
from tests.unit.repository.conftest import CHEAP, SMALL, load_decoder
from tests.unit.repository.test_format import Objects
from tests.unit.repository.test_healing import pages

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("changed", [(), (7,), (2,)])
def test_a_lost_patch_is_stored_again(
    repository: Repository,
    store: MemoryStore,
    again: Again,
    content: Content,
    gone: bool,
    changed: tuple[int, ...],
) -> None:
    """With it older backups come back, unless what was in it has changed since: then they stay as they are."""
    data = bytearray(random.Random(9).randbytes(SEGMENT))
    refs: list[StreamRef] = []
    for blocks in ((), (2, 3), changed):  # written by each backup
        for block in blocks:
            data[block << 16 : (block + 1) << 16] = random.Random(len(refs)).randbytes(SUBBLOCK)
        with again(store).session("test") as session:
            base = refs[-1] if refs else None
            refs.append(session.write("disk", SEGMENT, [Extent(0, SEGMENT, bytes(data))], base))
            session.commit(b"", {}, [refs[-1]])
        if len(refs) == 2:
            before = bytes(data)
            lose_patch(repository, store, refs[-1], gone=gone)
    reader = again(store)
    assert content(reader, refs[2]) == data
    if 2 in changed:
        assert refs[2].new == SEGMENT
        assert {one.stream for one in again(store).check(1).damage} == {"disk"}
    else:
        assert refs[2].new == (2 + len(changed)) * SUBBLOCK
        assert content(reader, refs[1]) == before
        assert again(store).check(3).damage == ()


@pytest.mark.parametrize("gone", [False, True])
def test_of_two_lost_patches_the_one_that_did_not_change_is_stored_again(
    repository: Repository, store: MemoryStore, again: Again, content: Content, gone: bool
) -> None:
    data = bytearray(random.Random(9).randbytes(SEGMENT))
    refs: list[StreamRef] = []
    wanted: list[bytes] = []
    for block in (0, 2, 7, 7):  # written by each backup
        data[block << 16 : (block + 1) << 16] = random.Random(len(refs)).randbytes(SUBBLOCK)
        with again(store).session("test") as session:
            base = refs[-1] if refs else None
            refs.append(session.write("disk", SEGMENT, [Extent(0, SEGMENT, bytes(data))], base))
            session.commit(b"", {}, [refs[-1]])
        wanted.append(bytes(data))
        if len(refs) == 3:
            for source in (-2, -1):
                lose_patch(repository, store, refs[-1], gone=gone, source=source)
    assert [content(again(store), refs[i]) for i in (0, 1, 3)] == [wanted[i] for i in (0, 1, 3)]
    damaged = {one.backup for one in again(store).check(1).damage}
    assert damaged == {again(store).backups()[2].id}


@pytest.mark.parametrize("gone", [False, True])
def test_a_segment_whose_base_is_lost_is_read_from_a_blob_of_its_own(
    repository: Repository, store: MemoryStore, again: Again, content: Content, gone: bool
) -> None:
    """The next backup stores it whole; that blob stays for older backups when the newer one is forgotten."""
    data, ref = patched(repository, SEGMENT)
    first, second = (backup.id for backup in repository.backups())
    base = repository._blobs.place(pages(repository, ref)[0].sources[0].blob)
    lose_patch(repository, store, ref, gone=gone, source=0)
    if not gone:
        pack = bytearray(store.objects[pack_object(base.pack)])
        pack[base.entry.offset + 99] ^= 8
        store.objects[pack_object(base.pack)] = bytes(pack)
    assert {one.backup for one in again(store).check(3).damage} == {first, second}
    with again(store).session("test") as session:
        newer = session.write("disk", SEGMENT, [Extent(0, SEGMENT, bytes(data))], ref)
        newest = session.commit(b"", {}, [newer])
    assert newer.new == SEGMENT
    for forgotten in (newest.id, first):
        assert content(again(store), ref) == data
        decoder = load_decoder().Repository(Objects(store.objects), "correct horse")
        assert b"".join(decoder.segments(SEGMENT, ref.root, bytes.fromhex(ref.digest))) == data
        assert {one.backup for one in again(store).check(3).damage} == {first}
        again(store).forget(forgotten)
        again(store).prune(repack=Repack(below=1.1, most=1.0))
    assert content(again(store), ref) == data
    assert again(store).check(3).damage == ()


def test_a_backup_that_is_made_meanwhile_is_not_taken_for_a_loss(
    repository: Repository, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a collector would go through all maps twice whenever a backup comes between."""
    patched(repository, SEGMENT)

    def listed_late(store: Store) -> set[str]:
        with repository.session("test") as session:
            session.commit(b"", {}, [session.write_bytes("new", random.Random(1).randbytes(SEGMENT))])
        return backup_names(store)

    def twice(*_: object) -> None:
        pytest.fail("a second pass")

    monkeypatch.setattr(survey, "backup_names", listed_late)
    monkeypatch.setattr(survey, "own_blobs", twice)
    assert survey.Survey(store, repository._keys, ()).live.missing()


@pytest.mark.parametrize(("role", "gone"), [("read", True), ("write", True), ("write", False)])
@pytest.mark.parametrize("source", [0, -1])
@pytest.mark.parametrize("size", [SEGMENT, 2 * SEGMENT])
def test_a_changed_segment_leans_on_nothing_that_is_lost(
    repository: Repository, store: MemoryStore, again: Again, role: str, gone: bool, source: int, size: int
) -> None:
    """The rest of which is said to be the same: it cannot be read, by a write key in any case."""
    _, ref = patched(repository, size)
    lose_patch(repository, store, ref, gone=gone, source=source)
    run = again(store) if role == "read" else with_write_key(repository)
    changed = [Extent(0, SEGMENT // 2, same=True), Extent(SEGMENT // 2, SUBBLOCK, b"1" * SUBBLOCK)]
    rest = Extent(SEGMENT // 2 + SUBBLOCK, size - SEGMENT // 2 - SUBBLOCK, same=True)
    with run.session("test") as session, pytest.raises(Damaged, match=r"'disk'.*bytes 0 to 4194304"):
        session.write("disk", size, [*changed, rest], ref)


def test_a_segment_that_a_write_key_cannot_read_leans_on_a_patch_that_is_stored_again(
    repository: Repository, store: MemoryStore, again: Again, content: Content
) -> None:
    data, ref = patched(repository, SEGMENT)
    before, half = bytes(data), SEGMENT // 2
    lose_patch(repository, store, ref, gone=False)
    data[SUBBLOCK : half + SUBBLOCK] = random.Random(1).randbytes(half)  # more than a patch may hold
    given = Extent(0, half + SUBBLOCK, bytes(data[: half + SUBBLOCK]))
    with with_write_key(repository).session("test") as session:
        healed = session.write(
            "disk", SEGMENT, [given, Extent(given.end, SEGMENT - given.end, same=True)], ref
        )
        session.commit(b"", {}, [healed])
    assert healed.new == half + SUBBLOCK
    assert [content(again(store), one) for one in (ref, healed)] == [before, data]


def patched(repository: Repository, size: int) -> tuple[bytearray, StreamRef]:
    """A disk of which the first sub-block has changed once."""
    data, ref = bytearray(random.Random(9).randbytes(size)), None
    for block in (data[:SUBBLOCK], b"0" * SUBBLOCK):
        data[:SUBBLOCK] = block
        with repository.session("test") as session:
            ref = session.write("disk", size, [Extent(0, size, bytes(data))], ref)
            session.commit(b"", {}, [ref])
    assert ref is not None
    return data, ref


def with_write_key(repository: Repository) -> Repository:
    repository.add_key(Passphrase("w"), "write", cost=CHEAP)
    return Repository.open(repository.store, Passphrase("w"), limits=SMALL)


def lose_patch(
    repository: Repository, store: MemoryStore, ref: StreamRef, *, gone: bool, source: int = -1
) -> None:
    segment = pages(repository, ref)[0]
    place = repository._blobs.place(segment.sources[source].blob)
    if gone:
        store.delete(pack_object(place.pack))
    else:
        add_doubts(store, repository._keys, {(place.pack, place.entry.id)})
