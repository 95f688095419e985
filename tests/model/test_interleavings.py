"""The code itself through interleavings of its store calls: nothing that can be seen is lost; without a rule, it is."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from hoarfrost.errors import Damaged
from hoarfrost.repository import Cost, Extent, Limits, Passphrase, Patience, Repository
from hoarfrost.repository.collector import Collector
from hoarfrost.repository.generation import Generations, Standing
from hoarfrost.repository.parents import Parents
from hoarfrost.repository.stores.memory import MemoryStore
from tests.model.scheduler import ScheduledStore, Scheduler

KEY = Passphrase("p")
SMALL = Limits(pack_bytes=1 << 20, workers=1, uploads=1)
DATA = random.Random(1).randbytes(50_000)
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


def write(repository: Repository) -> None:
    """All bytes are read from the source; what is stored is found."""
    with repository.session("writer") as session:
        session.commit(b"manifest", {}, [session.write_bytes("stream", DATA)])


def build(repository: Repository) -> None:
    """Nothing is read: the stream is as it was in the newest backup."""
    with repository.session("builder") as session:
        backups = repository.backups()
        base = backups[-1].streams["stream"] if backups else None
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
            assert (whole, backup.manifest()) == (DATA, b"manifest")
    except Damaged:
        return True
    assert after.check(3).damage == ()
    after.prune(patience=AT_ONCE)
    assert all(backup.manifest() for backup in after.backups())
    return False


def test_nothing_is_lost(objects: dict[str, bytes]) -> None:
    assert not any(is_lost(objects, seed, scene) for scene in SCENES for seed in range(SCHEDULES))


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
