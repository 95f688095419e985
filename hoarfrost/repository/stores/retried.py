"""A store that is asked again when asking again may help. Decides how often, how soon, and what a lost answer means.

This is the only place that repeats a request: the libraries below are told not to, because a put that is repeated
behind our back makes our own object look like another's.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from hoarfrost.errors import Missing, NameTaken, StoreError
from hoarfrost.repository.stores.store import Buffer, Store
from hoarfrost.repository.stores.wrapped import WrappedStore

Found = TypeVar("Found")

_TRIES = 7  # with the waits below: up to a minute, half of it on average
_LONGEST = 20.0


class RetriedStore(WrappedStore):
    def __init__(
        self, store: Store, *, tries: int = _TRIES, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(store)
        self._tries = tries
        self._sleep = sleep

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
        for failed in range(self._tries - 1):
            try:
                return ask()
            except StoreError as error:
                if not error.may_retry:
                    raise
            # Anywhere below the limit, so that many clients of a store that comes back do not come all at once
            self._sleep(random.uniform(0, min(_LONGEST, 2.0**failed)))  # noqa: S311
        return ask()
