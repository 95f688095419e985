"""Runs actors of real code in an order that a seed decides: one call of the store at a time, whoever may take a turn.

Orders are drawn by priorities that change at a few places (Burckhardt et al., "A Randomized Scheduler with
Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): an actor sleeps for long in the middle of what it does, as in
real life.
"""

import random
import threading
from collections.abc import Callable, Iterator

from hoarfrost.errors import RepositoryError
from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore

_CHANGES, _STEPS = 4, 120


class Scheduler:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._changed = threading.Condition()
        self._waiting: dict[str, int] = {}
        self._turn = ""
        self._running: set[str] = set()
        self.errors: dict[str, RepositoryError] = {}
        self.bugs: list[BaseException] = []

    def step(self, actor: str) -> None:
        """Called by an actor before a call of the store; returns when it is its turn."""
        with self._changed:
            self._waiting[actor] = self._waiting.get(actor, 0) + 1
            self._changed.notify_all()
            while self._turn != actor:
                assert self._changed.wait(60), "the schedule stands still"
            self._turn = ""
            self._waiting[actor] -= 1

    def run(self, actors: dict[str, Callable[[], None]]) -> None:
        threads = [threading.Thread(target=self._act, args=one, daemon=True) for one in actors.items()]
        self._running = set(actors)
        for thread in threads:
            thread.start()
        order = list(actors)
        self._random.shuffle(order)
        changes = {self._random.randrange(_STEPS) for _ in range(_CHANGES)}
        step = 0
        while True:
            with self._changed:
                while self._turn or any(not self._waiting.get(one) for one in self._running):
                    assert self._changed.wait(60), "an actor stands still"
                if not self._running:
                    break
                actor = next(one for one in order if one in self._running)
                if step in changes:
                    order.remove(actor)
                    order.append(actor)
                    actor = next(one for one in order if one in self._running)
                self._turn = actor
                self._changed.notify_all()
            step += 1
        for thread in threads:
            thread.join()

    def _act(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except RepositoryError as error:
            self.errors[name] = error
        except BaseException as error:  # noqa: BLE001 - told to the test, in its own thread
            self.bugs.append(error)
        with self._changed:
            self._running.discard(name)
            self._changed.notify_all()


class ScheduledStore(WrappedStore):
    """The store as one actor has it. Reading what never changes takes no turn."""

    def __init__(self, store: Store, scheduler: Scheduler, actor: str) -> None:
        super().__init__(store)
        self._scheduler = scheduler
        self._actor = actor

    def put_new(self, name: str, data: Buffer) -> None:
        self._scheduler.step(self._actor)
        super().put_new(name, data)

    def get(self, name: str) -> bytes:
        self._scheduler.step(self._actor)
        return super().get(name)

    def size(self, name: str) -> int | None:
        self._scheduler.step(self._actor)
        return super().size(name)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        self._scheduler.step(self._actor)
        return iter(list(super().list(prefix)))

    def delete(self, name: str) -> None:
        self._scheduler.step(self._actor)
        super().delete(name)
