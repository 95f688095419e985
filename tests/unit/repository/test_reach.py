"""What backups need is found with a maintain key, is enough, and no more."""

import random
from collections.abc import Callable

from hoarfrost.repository import Extent, Passphrase, Repository, Store, StreamRef
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK
from hoarfrost.repository.reach import Reach, each_id
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP

Content = Callable[[Repository, StreamRef], bytes]
DATA = random.Random(1).randbytes(2 * SEGMENT)


def history(repository: Repository) -> list[StreamRef]:
    """A disk whose segments are patched and written whole again, beside small and sparse things."""
    refs: list[StreamRef] = []
    data = DATA
    for turn in range(5):
        data = data[:SUBBLOCK] + random.Random(turn).randbytes(5) + data[SUBBLOCK + 5 :]
        with repository.session("history") as session:
            base = refs[-1] if refs else None
            refs.append(session.write("disk", len(data), [Extent(0, len(data), data)], base))
            more = [
                session.write_bytes("small", b"%d" % turn),
                session.write("large", 1 << 40, [Extent(turn << 30, 3, b"abc")]),
                session.write_bytes("medium", DATA[: 3 * SUBBLOCK]),
            ]
            session.commit(b"manifest %d" % turn, {}, [refs[-1], *more])
    return refs


def keeper(repository: Repository, store: MemoryStore) -> Repository:
    repository.add_key(Passphrase("keeper"), "maintain", cost=CHEAP)
    return Repository.open(store, Passphrase("keeper"))


def stored(repository: Repository) -> set[bytes]:
    repository.totals()
    index = repository._catalogue.index
    return set(index._new) | {
        high.to_bytes(8, "big") + low.to_bytes(8, "big")
        for run in index._runs
        for high, low in zip(run["high"].tolist(), run["low"].tolist(), strict=True)
    }


def test_a_maintain_key_tells_what_is_needed(repository: Repository, store: MemoryStore) -> None:
    history(repository)
    other = keeper(repository, store)
    reach = Reach(other._blobs.content)
    needed = {blob for backup in other.backups() for ids in reach.backup(backup) for blob in each_id(ids)}
    assert needed == stored(other)


def test_what_is_needed_is_enough_after_forgetting(
    repository: Repository, store: MemoryStore, again: Callable[[Store], Repository], content: Content
) -> None:
    refs = history(repository)
    before = [content(repository, ref) for ref in refs]
    ids = [backup.id for backup in repository.backups()]
    for backup in (ids[0], ids[2], ids[3]):
        repository.delete(backup)
    other = keeper(repository, store)
    reach = Reach(other._blobs.content)
    needed = {blob for backup in other.backups() for ids in reach.backup(backup) for blob in each_id(ids)}
    assert needed < stored(other)
    for name, _ in list(
        store.list("packs/")
    ):  # a pack at a time, as a collector would: those that nobody needs
        pack = bytes.fromhex(name[-32:])
        if not any(other._catalogue.find(blob).pack == pack for blob in needed):
            del store.objects[name]
    last = again(store)
    for number, backup in zip((1, 4), last.backups(), strict=True):
        assert content(last, backup.streams["disk"]) == before[number]
        assert backup.manifest() == b"manifest %d" % number


def test_what_was_gone_through_is_not_read_again(repository: Repository, store: MemoryStore) -> None:
    ref = history(repository)[-1]
    reach = Reach(repository._blobs.content)
    list(reach.stream(ref.size, ref.root))
    repository._blobs._store = MemoryStore()  # type: ignore[assignment]
    assert len(b"".join(reach.stream(ref.size, ref.root))) <= 3 * 16
