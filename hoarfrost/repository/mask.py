"""Masks: integers whose bit i stands for sub-block i. Decides nothing; the arithmetic that others share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoarfrost.repository.layout import ID_BYTES

NO_BITS = 0


def mask_of(flags: NDArray[Any]) -> int:
    """Of an array of booleans."""
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def full(count: int) -> int:
    return (1 << count) - 1


def places(mask: int) -> Iterator[int]:
    """The bits that are set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """The runs (first, last excluded) of bits that are set."""
    at = 0
    while mask:
        skip = (mask & -mask).bit_length() - 1
        mask >>= skip
        length = (~mask & (mask + 1)).bit_length() - 1
        yield at + skip, at + skip + length
        mask >>= length
        at += skip + length


def rows(prints: bytes | memoryview) -> NDArray[np.uint64]:
    """Fingerprints as an array of two words each."""
    return np.frombuffer(prints, np.uint64).reshape(len(prints) // ID_BYTES, 2)


def any_in_row(array: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(array.any(axis=1), np.bool_)


def nonzero_prints(prints: bytes) -> int:
    return mask_of(any_in_row(rows(prints)))


def different_prints(prints: bytes, others: bytes) -> int:
    return mask_of(any_in_row(rows(prints) != rows(others)))
