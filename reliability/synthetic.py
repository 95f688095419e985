"""Streams of any size made up as they are read, and stores that do not keep what nobody will ask for."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import numpy as np

from hoarfrost.repository import Extent
from hoarfrost.repository.layout import PACKS, SEGMENT
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.store import Buffer

_LARGE = 1 << 20


class ForgetfulStore(MemoryStore):
    """Keeps the head of a large pack only: enough for a backup. ``pause``: the seconds that a large one takes."""

    def __init__(self, pause: float) -> None:
        super().__init__()
        self._pause = pause

    def put_new(self, name: str, data: Buffer) -> None:
        if not name.startswith(PACKS) or len(data) < _LARGE:
            super().put_new(name, data)
            return
        time.sleep(self._pause)
        with self._lock:
            self.objects[name] = bytes(data[:72])


def segment(seed: int) -> bytes:
    """Bytes that nothing shrinks, the same for the same seed."""
    return np.random.default_rng(seed).bytes(SEGMENT)


def mixed(size: int, seed: int) -> Iterator[Extent]:
    """New bytes and holes, segment by segment, three to one."""
    for number in range(size // SEGMENT):
        if number % 4 != 3:
            yield Extent(number * SEGMENT, SEGMENT, segment(seed * 1_000_003 + number))


def repeated(size: int, seed: int, different: int) -> Iterator[Extent]:
    """The same few segments again and again, in a random order: little to keep, much to read."""
    few = [segment(seed + number) for number in range(different)]
    chance = random.Random(seed)
    for number in range(size // SEGMENT):
        yield Extent(number * SEGMENT, SEGMENT, chance.choice(few))
