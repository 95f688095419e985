"""Who may add objects puts others under the ids of blobs: no prune takes the wrong ones for those that are needed."""

import random
from collections.abc import Callable

import pytest

from hoarfrost.repository import Extent, Passphrase, Repack, Repository, Store, StreamRef, frames
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.found import add_doubts
from hoarfrost.repository.index import PackEntries, encode_index
from hoarfrost.repository.layout import SEGMENT, Kind, PackClass, index_object, pack_object
from hoarfrost.repository.pack import PackWriter
from hoarfrost.repository.reach import Reach, each_id
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL
from tests.unit.repository.test_prune import AT_ONCE

Content = Callable[[Repository, StreamRef], bytes]
DATA = random.Random(8).randbytes(2 * SEGMENT + 100_000)
SECRETS = {role: Passphrase(role) for role in ("write", "maintain")}


@pytest.fixture
def ref(repository: Repository) -> StreamRef:
    for role in ("write", "maintain"):
        repository.add_key(SECRETS[role], role, cost=CHEAP)
    with repository.session("test") as session:
        ref = session.write("disk", len(DATA), [Extent(0, len(DATA), DATA)])
        other = session.write_bytes("other", DATA[-50_000:])
        first = session.commit(b"", {}, [ref, other]).id
    with repository.session("test") as session:
        session.commit(b"", {}, [ref])
    repository.forget(first)  # so that there is something in a pack that nobody needs
    return ref


def as_role(store: Store, role: str, passphrase: Passphrase) -> Repository:
    return Repository.open(store, SECRETS.get(role, passphrase), limits=SMALL)


def put(
    store: Store,
    role: str,
    blobs: list[tuple[bytes, bytes]],
    kind: Kind = Kind.SEGMENT,
    purpose: PackClass = PackClass.DATA,
) -> bytes:
    """A pack, and an index object that is the first to be found."""
    keys = as_role(store, role, Passphrase("correct horse"))._keys
    pack = PackWriter(keys, purpose, 16 << 20, Buffers(16 << 20, 1))
    for blob, content in blobs:
        pack.add(kind, blob, frames.encode(memoryview(content)))
    data = bytes(pack.finish(full=False))
    store.put_new(pack_object(pack.name), data)
    name = index_object("0" * 32, sum(1 for _ in store.list("index/0000000000")))
    listed = encode_index([PackEntries(pack.name, len(data), pack.entries)])
    store.put_new(name, keys.seal(PackClass.META, name, listed))
    return pack.name


def segments(repository: Repository, ref: StreamRef) -> list[bytes]:
    reach = Reach(lambda kind, blob: repository._blobs.content(kind, blob))
    needed = {one for ids in reach.stream(ref.size, ref.root) for one in each_id(ids)}
    index = repository._catalogue.index
    return [one for one in needed if any(p.entry.kind == Kind.SEGMENT for p in index.places(one))]


@pytest.mark.parametrize("said", [False, True], ids=["added", "called damaged"])
@pytest.mark.parametrize("role", ["read", "maintain"])
def test_what_is_added_under_a_known_id_displaces_nothing(
    repository: Repository,
    store: MemoryStore,
    passphrase: Passphrase,
    ref: StreamRef,
    content: Content,
    role: str,
    said: bool,
) -> None:
    writer = as_role(store, "write", passphrase)
    writer._catalogue.refresh()
    ids = segments(writer, ref)
    assert len(ids) == 3
    real = {(place.pack, blob) for blob in ids for place in writer._catalogue.index.places(blob)}
    forged = put(store, "write", [(blob, b"garbage") for blob in ids])
    if said:
        add_doubts(store, writer._keys, real)
    for _ in range(2):
        as_role(store, role, passphrase).prune(patience=AT_ONCE, repack=Repack(below=1.1, most=1.0))
    if pack_object(forged) in store.objects:  # only who reads can tell
        store.delete(pack_object(forged))
    repository.check(3)
    assert content(as_role(store, "read", passphrase), ref) == DATA


@pytest.mark.parametrize("wrong", ["garbage", "rotten"])
def test_a_reader_takes_the_place_that_is_right(
    repository: Repository,
    store: MemoryStore,
    passphrase: Passphrase,
    ref: StreamRef,
    content: Content,
    wrong: str,
) -> None:
    """Of data and of maps; the index object with the wrong places is the first to be found."""
    kinds = {Kind.SEGMENT: PackClass.DATA, Kind.PAGE: PackClass.META}
    reach = Reach(repository._blobs.content)
    needed = {one for ids in reach.stream(ref.size, ref.root) for one in each_id(ids)}
    for kind, purpose in kinds.items():
        ids = [one for one in needed if repository._blobs.place(one).entry.kind == kind]
        assert ids
        name = pack_object(put(store, "write", [(one, b"garbage") for one in ids], kind, purpose))
        if wrong == "rotten":
            store.objects[name] = store.objects[name][:80] + bytes(20) + store.objects[name][100:]
    assert content(as_role(store, "read", passphrase), ref) == DATA
    found = as_role(store, "read", passphrase).check(3)
    assert found.damage == ()
    assert content(as_role(store, "read", passphrase), ref) == DATA


def test_of_two_places_the_rotten_one_goes(
    repository: Repository, store: MemoryStore, passphrase: Passphrase, ref: StreamRef, content: Content
) -> None:
    blob = segments(repository, ref)[0]
    (place,) = repository._catalogue.index.places(blob)
    inside = {e.id: bytes(f) for e, f in repository._blobs.frames([place])}[blob]
    name = pack_object(put(store, "read", [(blob, bytes(frames.decode(inside)))]))
    rotten = bytearray(store.get(name))
    rotten[1000] ^= 1
    store.delete(name)
    store.put_new(name, bytes(rotten))
    for _ in range(2):
        as_role(store, "read", passphrase).prune(patience=AT_ONCE)
    assert content(as_role(store, "read", passphrase), ref) == DATA


def test_another_place_of_what_came_since_is_not_believed(
    repository: Repository, store: MemoryStore, passphrase: Passphrase, ref: StreamRef, content: Content
) -> None:
    """A backup that leans on a pack which a prune has condemned meanwhile."""
    snap = next(name for name, _ in store.list("snaps/"))
    sealed = store.get(snap)
    put(store, "write", [(blob, b"garbage") for blob in segments(repository, ref)])
    store.delete(snap)
    put_new, steps = store.put_new, list[str]()

    def at_the_mark(name: str, data: bytes | memoryview) -> None:
        put_new(name, data)
        if name.startswith("gc/"):
            steps.append(name)
            if len(steps) == 2:  # the claim, then the mark
                put_new(snap, sealed)

    store.put_new = at_the_mark  # type: ignore[method-assign]
    as_role(store, "read", passphrase).prune(patience=AT_ONCE)
    store.put_new = put_new  # type: ignore[method-assign]
    assert snap in store.objects
    as_role(store, "read", passphrase).prune(patience=AT_ONCE)
    assert content(as_role(store, "read", passphrase), ref) == DATA
