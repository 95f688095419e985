"""A virtual disk behind byte ranges: what an image file holds, as extents at the offsets the guest sees.

Decides how many bytes are in memory (`WINDOW` times `AHEAD`, about 64 MiB a disk). Which format a file has
says Glance; how qcow2 is read is in `qcow2`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from hoarfrost.repository import Extent

Fetch = Callable[[int, int], bytes]
"""(offset, length) -> exactly these bytes of the file."""

WINDOW = 16 << 20
AHEAD = 3

T = TypeVar("T")


class Disk(Protocol):
    """``size``: bytes as the guest sees them. `extents` gives data in order of offset; gaps are zeros."""

    size: int

    def extents(self) -> Iterator[Extent]: ...


class RawDisk:
    """The file is the disk."""

    def __init__(self, fetch: Fetch, length: int) -> None:
        self.size = length
        self._fetch = fetch

    def extents(self) -> Iterator[Extent]:
        def read(offset: int) -> Extent:
            length = min(WINDOW, self.size - offset)
            return Extent(offset, length, self._fetch(offset, length))

        return ahead(read, range(0, self.size, WINDOW))


def ahead(work: Callable[[int], T], jobs: Iterable[int]) -> Iterator[T]:
    """``work`` of each job, in order; the next AHEAD are under way while one is being used."""
    with ThreadPoolExecutor(2, "disk-read") as pool:
        flight: deque[Future[T]] = deque()
        try:
            for job in jobs:
                flight.append(pool.submit(work, job))
                if len(flight) > AHEAD:
                    yield flight.popleft().result()
            while flight:
                yield flight.popleft().result()
        finally:
            for one in flight:
                one.cancel()
