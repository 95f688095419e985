"""Waiting for a cloud, with gentle back-off. What is ready, and how long is too long, says the caller."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from hoarfrost.errors import TimedOut

T = TypeVar("T")

SLOWEST = 5.0
"""Seconds: no poll waits longer than this, so that a change is never noticed later."""


def wait_until(
    probe: Callable[[], T | None], *, what: str, limit: float, every: float = 0.3, slowest: float = SLOWEST
) -> T:
    """The first answer of ``probe`` that is not None.

    ``every`` is the first pause, in seconds; it grows by a quarter each time, up to ``slowest``. Raises
    TimedOut, which names ``what``, after ``limit`` seconds; what ``probe`` raises goes through.
    """
    deadline = time.monotonic() + limit
    pause = every
    while (answer := probe()) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"{what} took longer than {limit:.0f} s.", hint="See what the cloud says about it."
            )
        time.sleep(min(pause, left))
        pause = min(pause * 1.25, max(slowest, every))
    return answer
