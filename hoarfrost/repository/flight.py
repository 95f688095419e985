"""Work ahead of who takes the results. Decides how much of it is under way at once, and done before it is wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")

_WAITING = 2  # jobs begun or done beyond those under way, so that no thread waits for the oldest of them


def in_flight(jobs: Iterable[J], work: Callable[[J], R], most: int) -> Iterator[tuple[J, R]]:
    """Each job with its result, in order, the next ones under way: ``most`` at once. One job alone needs no thread."""
    jobs = iter(jobs)
    first = list(islice(jobs, 2))
    if len(first) < 2:
        for job in first:
            yield job, work(job)
        return
    with ThreadPoolExecutor(most, "repository-read") as pool:
        flight: deque[tuple[J, Future[R]]] = deque()
        try:
            for job in chain(first, jobs):
                flight.append((job, pool.submit(work, job)))
                if len(flight) >= most + _WAITING:
                    done, future = flight.popleft()
                    yield done, future.result()
            while flight:
                done, future = flight.popleft()
                yield done, future.result()
        finally:
            for _, future in flight:
                future.cancel()
