"""The code itself through interleavings of its store calls: nothing that can be seen is lost; without a rule, it is."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import numpy as np
import pytest

from hoarfrost.errors import Damaged, NameTaken, RepositoryInUse
from hoarfrost.repository import Cost, Extent, Limits, Passphrase, Patience, Repack, Repository
from hoarfrost.repository.collector import Collector
from hoarfrost.repository.generation import Claim, Generations, Mark, Seal, Standing
from hoarfrost.repository.layout import pack_of
from hoarfrost.repository.parents import Parents
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore
from hoarfrost.repository.stream_writer import StreamWriter
from hoarfrost.repository.usage import Live
from tests.model.scheduler import ScheduledStore, Scheduler

KEY = Passphrase("p")
SMALL = Limits(pack_bytes=1 << 20, workers=1, uploads=1)
DATA = random.Random(1).randbytes(50_000)
OTHER = random.Random(2).randbytes(60_000)
AT_ONCE = Patience(lease=timedelta(0))
SCHEDULES, MOST = 40, 1000


@pytest.fixture(scope="module")
def objects() -> dict[str, bytes]:
    """A repository with one backup."""
    store = MemoryStore()
    repository = Repository.init(store, KEY, cost=Cost(1, 64, 1), limits=SMALL)
    with repository.session("old") as session:
        session.commit(b"manifest", {}, [session.write_bytes("stream", DATA)])
    return store.objects


@pytest.fixture(scope="module")
def worn() -> dict[str, bytes]:
    """One with a pack most of which no backup needs."""
    store = MemoryStore()
    repository = Repository.init(store, KEY, cost=Cost(1, 64, 1), limits=SMALL)
    with repository.session("old") as session:
        refs = [session.write_bytes("stream", DATA), session.write_bytes("other", OTHER)]
        both = session.commit(b"manifest", {}, refs)
    with repository.session("new") as session:
        session.commit(b"manifest", {}, [session.write_bytes("stream", DATA)])
    repository.forget(both.id)
    return store.objects


def write(repository: Repository) -> None:
    """All bytes are read from the source; what is stored is found."""
    with repository.session("writer") as session:
        session.commit(b"manifest", {}, [session.write_bytes("stream", DATA)])


def build(repository: Repository) -> None:
    """Nothing is read: the stream is as it was in the newest backup."""
    with repository.session("builder") as session:
        backups = repository.backups()
        streams = [backup.streams["stream"] for backup in backups if "stream" in backup.streams]
        base = streams[-1] if streams else None
        extents = [Extent(0, len(DATA), same=True)] if base else [Extent(0, len(DATA), DATA)]
        session.commit(b"manifest", {}, [session.write("stream", len(DATA), extents, base)])


def build_late(repository: Repository) -> None:
    """It has looked for the newest backup before it said that it is at work."""
    backups = repository.backups()
    if not backups:
        return
    base = backups[-1].streams["stream"]
    with repository.session("late") as session:
        ref = session.write("stream", len(DATA), [Extent(0, len(DATA), same=True)], base)
        session.commit(b"manifest", {}, [ref])


def write_other(repository: Repository) -> None:
    """What it writes is there, and nobody needs it."""
    with repository.session("writer of other") as session:
        session.commit(b"manifest", {}, [session.write_bytes("other", OTHER)])


def repack(repository: Repository) -> None:
    repository.prune(patience=AT_ONCE, repack=Repack(below=0.9, most=1.0))


def prune(repository: Repository) -> None:
    repository.prune(patience=AT_ONCE)


def forget(repository: Repository) -> None:
    for backup in repository.backups():
        repository.forget(backup.id)


SCENES: list[tuple[Callable[[Repository], None], ...]] = [
    (write, prune, forget),
    (build, prune, forget),
    (build_late, prune, forget),
    (write, build, prune, forget),
    (write, prune, prune, forget),
]
REPACKING: list[tuple[Callable[[Repository], None], ...]] = [
    (write_other, repack, forget),
    (build, write_other, repack),
    (write_other, repack, repack),
    (build, repack, repack, forget),
]


def is_lost(objects: dict[str, bytes], seed: int, scene: tuple[Callable[[Repository], None], ...]) -> bool:
    store = MemoryStore()
    store.objects = dict(objects)
    scheduler = Scheduler(seed)
    actors = {}
    for number, act in enumerate(scene):
        name = f"{act.__name__} {number}"
        repository = Repository.open(store, KEY, limits=SMALL)
        repository.store.store = ScheduledStore(store, scheduler, name)
        actors[name] = lambda act=act, repository=repository: act(repository)
    scheduler.run(actors)
    assert scheduler.bugs == []
    after = Repository.open(store, KEY, limits=SMALL)
    try:
        for backup in after.backups():
            (ref,) = backup.streams.values()
            whole = b"".join(extent.data or bytes(extent.length) for extent in after.read(ref))
            assert whole == (DATA if ref.name == "stream" else OTHER)
            assert backup.manifest() == b"manifest"
    except Damaged:
        return True
    assert after.check(3).damage == ()
    after.prune(patience=AT_ONCE)
    assert all(backup.manifest() for backup in after.backups())
    return False


def test_nothing_is_lost(objects: dict[str, bytes]) -> None:
    assert not any(is_lost(objects, seed, scene) for scene in SCENES for seed in range(SCHEDULES))


def test_nothing_is_lost_where_packs_are_rewritten(worn: dict[str, bytes]) -> None:
    assert not any(is_lost(worn, seed, scene) for scene in REPACKING for seed in range(SCHEDULES))


def ignore_marks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Generations, "standing", lambda self: Standing(set(), set(), []))


def do_not_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Collector, "_outlast", lambda self: (set(), []))


def assume_dead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Collector, "_is_through", lambda self, one: True)


def do_not_list_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Collector, "_needed_since", lambda *_: set())


def trust_every_parent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Parents, "vouch", lambda *_: None)
    patch.setattr(StreamWriter, "_require", lambda *_: None)  # it would notice some of them


@pytest.mark.parametrize(
    ("broken", "scene"),
    [
        (ignore_marks, (write, prune, forget)),
        (do_not_wait, (write, prune, forget)),
        (assume_dead, (write, prune, forget)),
        (do_not_list_again, (write, prune, forget)),
        (trust_every_parent, (build_late, prune, forget)),
    ],
)
def test_each_rule_is_needed(
    objects: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    scene: tuple[Callable[[Repository], None], ...],
) -> None:
    broken(monkeypatch)
    assert any(is_lost(objects, seed, scene) for seed in range(MOST))


def forget_seals(patch: pytest.MonkeyPatch) -> None:
    before = Generations.standing
    patch.setattr(Generations, "standing", lambda self: before(self)._replace(gone=set()))


@pytest.mark.parametrize(
    ("broken", "scene"),
    [
        (ignore_marks, (write_other, repack, forget)),
        (do_not_wait, (write_other, repack, forget)),
        (assume_dead, (write_other, repack, forget)),
        (do_not_list_again, (write_other, repack, forget)),
    ],
)
def test_each_rule_is_needed_where_packs_are_rewritten(
    worn: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    scene: tuple[Callable[[Repository], None], ...],
) -> None:
    broken(monkeypatch)
    assert any(is_lost(worn, seed, scene) for seed in range(MOST))


class Asleep(WrappedStore):
    """A collector that sleeps before a call, while others are at work."""

    def __init__(self, store: Store, before: str, meanwhile: Callable[[], None]) -> None:
        super().__init__(store)
        self._before = before
        self._meanwhile = meanwhile

    def _nap(self, call: str) -> None:
        if call == self._before:
            self._before = ""
            self._meanwhile()

    def put_new(self, name: str, data: Buffer) -> None:
        self._nap(f"put {name}")
        super().put_new(name, data)

    def delete(self, name: str) -> None:
        self._nap(f"delete {name[:6]}")
        super().delete(name)


def another_turn(worn: dict[str, bytes], before: str) -> bool:
    """A collector has copied, and sleeps; another one prefers the old pack to the copy. Whether anything is lost."""
    store = MemoryStore()
    store.objects = dict(worn)

    def meanwhile() -> None:
        other = Repository.open(store, KEY, limits=SMALL)
        old = {pack for pack in map(pack_of, worn) if pack}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                Live, "_share", lambda self, _: np.array([float(name in old) for name in self._names])
            )
            other.prune(patience=AT_ONCE, repack=Repack(most=0.0))

    sleepy = Repository.open(Asleep(store, before, meanwhile), KEY, limits=SMALL)
    with suppress(RepositoryInUse):
        repack(sleepy)
    (backup,) = Repository.open(store, KEY).backups()
    try:
        (ref,) = backup.streams.values()
        whole = b"".join(extent.data or b"" for extent in sleepy.read(ref))
    except Damaged:
        return True
    assert whole == DATA
    return False


@pytest.mark.parametrize("before", ["put gc/00000001/mark", "put gc/00000001/seal", "delete packs/"])
def test_a_collector_that_sleeps_does_not_delete_what_another_keeps(
    worn: dict[str, bytes], before: str
) -> None:
    assert not another_turn(worn, before)


def test_without_seals_it_would(worn: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        forget_seals(patch)
        patch.setattr(Collector, "_finish", lambda *_: None)
        assert another_turn(worn, "delete packs/")
    put = Generations.put

    def unguarded(self: Generations, number: int, step: Claim | Mark | Seal) -> None:
        if not isinstance(step, Seal) or step.verdict == "go":
            with suppress(NameTaken):
                put(self, number, step)

    monkeypatch.setattr(Generations, "put", unguarded)
    assert another_turn(worn, "put gc/00000001/seal")
