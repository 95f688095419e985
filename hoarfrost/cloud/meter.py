"""How many requests went out: what a listing costs a cloud."""

from __future__ import annotations

import threading


class Meter:
    """For several threads."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def tick(self) -> None:
        with self._lock:
            self._count += 1

    @property
    def count(self) -> int:
        return self._count
