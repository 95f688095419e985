"""Large pieces of memory that are used again. Decides when nobody needs one any more.

Memory fresh from the kernel costs a page fault for every 4 KiB: with segments that is as much as hashing them.
"""

from __future__ import annotations

import weakref
from collections import deque

import numpy as np
from numpy.typing import NDArray

_PAGE = 4096


def keep_freed(size: int) -> None:
    """Have the C library keep up to twice as many bytes of what is freed, a thread, for what is asked for next.

    glibc gives back at once what is larger than the largest block that was freed so far (mallopt(3),
    M_MMAP_THRESHOLD); with what zstd returns, a megabyte each, that was a page fault for every 4 KiB of it.
    """
    bytes(size)


class Buffers:
    """Of ``size`` bytes each; ``kept`` of them stay. Used from several threads at once.

    Who wants less than a quarter of one gets fresh memory, which costs little then.

    Whoever holds a piece, or a view of it, has it for himself until he lets it go: nobody has to give anything back.
    What is lent is a view of its own, and its end is that of the last view of it. References are not counted: how many
    an array has that nobody else holds differs between versions of Python.
    """

    def __init__(self, size: int, kept: int) -> None:
        self.size = size
        self._kept = kept
        # No lock: an array may come back in the midst of `take`, in the same thread
        self._idle: deque[NDArray[np.uint8]] = deque()

    def take(self, length: int) -> memoryview:
        """That many bytes, with anything in them."""
        if not self.size // 4 <= length <= self.size:
            return np.empty(length, np.uint8).data
        try:
            array = self._idle.pop()
        except IndexError:
            array = _at_page(self.size)
        lent = array[:length]
        weakref.finalize(lent, self._give_back, array).atexit = False
        return lent.data

    def _give_back(self, array: NDArray[np.uint8]) -> None:
        if len(self._idle) < self._kept:
            self._idle.append(array)


def _at_page(size: int) -> NDArray[np.uint8]:
    """Fresh memory that begins where a page does: a store may write it without a copy then."""
    array = np.empty(size + _PAGE, np.uint8)
    start = -int(array.__array_interface__["data"][0]) % _PAGE
    return array[start : start + size]
