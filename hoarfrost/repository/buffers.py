"""Large pieces of memory that are used again. Decides when nobody needs one any more.

Memory fresh from the kernel costs a page fault for every 4 KiB: with segments that is as much as hashing them.
"""

from __future__ import annotations

import sys
import threading

import numpy as np
from numpy.typing import NDArray

_IDLE = 3  # references to an array that only the list, the loop and the question itself know of


class Buffers:
    """Of ``size`` bytes each; ``kept`` of them stay. Used from several threads at once.

    Who wants less than a quarter of one gets fresh memory, which costs little then.

    Whoever holds an array, or a view of it, has it for himself until he lets it go: references tell, nobody has to
    give anything back.
    """

    def __init__(self, size: int, kept: int) -> None:
        self.size = size
        self._kept = kept
        self._arrays: list[NDArray[np.uint8]] = []
        self._lock = threading.Lock()

    def take(self, length: int) -> memoryview:
        """That many bytes, with anything in them."""
        if not self.size // 4 <= length <= self.size:
            return np.empty(length, np.uint8).data
        with self._lock:
            for array in self._arrays:
                if sys.getrefcount(array) == _IDLE:
                    return array[:length].data
            fresh = np.empty(self.size, np.uint8)
            if len(self._arrays) < self._kept:
                self._arrays.append(fresh)
        return fresh[:length].data
