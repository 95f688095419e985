"""A stream that is kept as it is must still be there; what is lost is known by the index and by maps alone."""

import random
from collections.abc import Callable

import pytest

from hoarfrost.errors import Damaged
from hoarfrost.repository import Extent, Passphrase, Repository, Store, StreamRef
from hoarfrost.repository.found import add_doubts
from hoarfrost.repository.layout import SEGMENT, pack_object
from hoarfrost.repository.reach import Reach, each_id
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL

Content = Callable[[Repository, StreamRef], bytes]
Again = Callable[[Store], Repository]
DISK = random.Random(3).randbytes(2 * SEGMENT + 70_000)
SMALL_ONE = random.Random(4).randbytes(30_000)
SOUND = random.Random(5).randbytes(30_000)


@pytest.fixture(params=["read", "write"])
def run(request: pytest.FixtureRequest, store: MemoryStore, again: Again) -> Callable[[], Repository]:
    """The repository as a run with one of the two keys that write opens it."""
    if request.param == "read":
        return lambda: again(store)
    return lambda: Repository.open(store, Passphrase("w"), limits=SMALL)


@pytest.fixture
def refs(repository: Repository) -> dict[str, StreamRef]:
    repository.add_key(Passphrase("w"), "write", cost=CHEAP)
    with repository.session("first") as session:
        disk = session.write("disk", len(DISK), [Extent(0, len(DISK), DISK)])
        session.commit(b"", {}, [disk])
    with repository.session("second") as session:  # so that they do not share packs
        small, sound = session.write_bytes("small", SMALL_ONE), session.write_bytes("sound", SOUND)
        session.commit(b"", {}, [disk, small, sound])
    return {"disk": disk, "small": small, "sound": sound}


def blobs(repository: Repository, ref: StreamRef) -> list[bytes]:
    repository._catalogue.refresh()
    needed = Reach(repository._blobs.content).stream(ref.size, ref.root)
    return [one for ids in needed for one in each_id(ids)]


@pytest.mark.parametrize("name", ["disk", "small"])
@pytest.mark.parametrize("how", ["doubted", "gone"])
def test_any_blob_that_is_lost_is_noticed_and_comes_again(
    repository: Repository,
    store: MemoryStore,
    again: Again,
    run: Callable[[], Repository],
    refs: dict[str, StreamRef],
    content: Content,
    name: str,
    how: str,
) -> None:
    data = {"disk": DISK, "small": SMALL_ONE}[name]
    whole = dict(store.objects)
    for blob in blobs(repository, refs[name]):
        store.objects.clear()
        store.objects.update(whole)
        repository._catalogue.refresh()
        place = repository._blobs.place(blob)
        if how == "gone":
            store.delete(pack_object(place.pack))
        else:
            add_doubts(store, repository._keys, {(place.pack, blob)})
        with run().session("third") as session:
            assert not session.keep(refs[name])
            healed = session.write(name, len(data), [Extent(0, len(data), data)])
            assert session.keep(refs["sound"]) == (how == "doubted" or name == "disk")
            assert session.keep(refs[name])  # what is missing is on its way
            session.commit(b"", {}, [healed])
        assert content(again(store), refs[name]) == data
        with run().session("fourth") as session:
            assert session.keep(refs[name])


def test_a_map_that_cannot_be_read_is_sent_again(
    repository: Repository, store: MemoryStore, again: Again, refs: dict[str, StreamRef], content: Content
) -> None:
    """No check has looked: it is found as the stream is gone through."""
    page = blobs(repository, refs["disk"])[0]
    place = repository._blobs.place(page)
    pack = pack_object(place.pack)
    data = bytearray(store.objects[pack])
    data[place.entry.offset + 20] ^= 1
    store.objects[pack] = bytes(data)
    with again(store).session("third") as session:
        assert not session.keep(refs["disk"])
        healed = session.write("disk", len(DISK), [Extent(0, len(DISK), DISK)])
        session.commit(b"", {}, [healed])
    assert content(again(store), refs["disk"]) == DISK


def test_nothing_is_committed_that_is_not_whole(
    repository: Repository, store: MemoryStore, run: Callable[[], Repository], refs: dict[str, StreamRef]
) -> None:
    repository._catalogue.refresh()
    store.delete(pack_object(repository._blobs.place(refs["small"].root[1:17]).pack))
    backups = len(repository.backups())
    with run().session("third") as session, pytest.raises(Damaged, match="'small' is lost or damaged"):
        session.commit(b"", {}, [refs["disk"], refs["small"]])
    assert len(repository.backups()) == backups


def test_what_is_whole_costs_no_data_to_keep(
    store: MemoryStore, run: Callable[[], Repository], refs: dict[str, StreamRef]
) -> None:
    repository = run()
    with repository.session("third") as session:
        before = repository.store.requests.total()
        assert all(session.keep(ref) for ref in refs.values())
        assert (
            repository.store.requests.total() - before <= 2
        )  # the page of the disk: its pack's key, and itself
        session.commit(b"", {}, refs.values())
    assert len(repository.backups()) == 3
