"""A store that is asked again when asking again may help. Decides how often, how soon, what a lost answer means,
and what is said meanwhile: at once, so that nobody takes the wait for work, and then once a minute.

This is the only place that repeats a request: the libraries below are told not to, because a put that is repeated
behind our back makes our own object look like another's.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from hoarfrost.errors import Missing, NameTaken, RepositoryError, StoreError
from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore

Found = TypeVar("Found")

_TRIES = 7  # with the waits below: up to a minute, half of it on average
_LONGEST = 20.0
_SILENT = 60.0  # seconds after which it is said again
LOG = logging.getLogger(__name__)


class RetriedStore(WrappedStore):
    def __init__(
        self, store: Store, *, tries: int = _TRIES, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(store)
        self._tries = tries
        self._sleep = sleep
        self._answered = False
        self._told = -_SILENT  # when it was said last that it does not answer

    def put_new(self, name: str, data: Buffer) -> None:
        doubt = False  # whether an earlier try may have done it

        def put() -> None:
            nonlocal doubt
            try:
                self.store.put_new(name, data)
            except NameTaken:
                if not (doubt and self._is_ours(name, data)):
                    raise
            except StoreError:
                doubt = True
                raise

        self._repeat(put)

    def _is_ours(self, name: str, data: Buffer) -> bool:
        """Whether what lies there is what we sent."""
        try:
            return self.store.size(name) == len(data) and self.store.get(name) == data
        except Missing:
            return False  # somebody's, and gone again

    def get(self, name: str) -> bytes:
        return self._repeat(lambda: self.store.get(name))

    def get_range(self, name: str, offset: int, length: int) -> bytes:
        return self._repeat(lambda: self.store.get_range(name, offset, length))

    def size(self, name: str) -> int | None:
        return self._repeat(lambda: self.store.size(name))

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Held whole: what comes out was not cut by a failure, nor is anything in it twice."""
        yield from self._repeat(lambda: list(self.store.list(prefix)))

    def delete(self, name: str) -> None:
        self._repeat(lambda: self.store.delete(name))

    def _repeat(self, ask: Callable[[], Found]) -> Found:
        for failed in range(self._tries):
            try:
                found = ask()
            except RepositoryError as error:
                if not isinstance(error, StoreError) or not error.may_retry:
                    self._answered = True
                    raise
                if failed == self._tries - 1:
                    self._advise(error)
                    raise
                self._tell(error)
            else:
                self._answered = True
                return found
            # Anywhere below the limit, so that many clients of a store that comes back do not come all at once
            self._sleep(random.uniform(0, _longest(failed)))  # noqa: S311
        raise AssertionError("not reached")

    def _tell(self, error: StoreError) -> None:
        now = time.monotonic()
        if now - self._told < _SILENT:
            return  # by another thread, or of another request
        self._told = now
        more = self._tries - 1
        pauses = sum(map(_longest, range(more)))
        LOG.warning("%s Trying again up to %d times, for %.0f s or so.", error.sentence, more, pauses)

    def _advise(self, error: StoreError) -> None:
        """To run it again helps where it had answered before."""
        if not self._answered and error.hint == error.default_hint:
            error.hint = (
                "It has not answered once: check the address in the repository's URL and its settings, and whether this"
                " machine reaches it."
            )


def _longest(failed: int) -> float:
    """Seconds of the wait after so many failures."""
    return min(_LONGEST, 2.0**failed)
