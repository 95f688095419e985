"""Which packs are in use, and how much of them. Decides which of several places of a blob counts as the one.

Memory: 16 bytes a blob that is needed, and one byte an entry of the index.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoarfrost.repository.index import Index
from hoarfrost.repository.layout import ID_BYTES

_TYPE = f"S{ID_BYTES}"


class Usage(NamedTuple):
    """``unused``: packs without a blob that is needed. ``dead``: bytes not needed in the others.

    ``missing``: blobs that are needed and are in no pack.
    """

    unused: set[bytes]
    dead: int
    missing: set[bytes]


def usage(index: Index, packs: dict[bytes, int], needed: bytes | bytearray) -> Usage:
    """``needed``: ids, joined, some more than once."""
    wanted = np.unique(np.frombuffer(needed, _TYPE))
    found = np.zeros(len(wanted), bool)
    live: dict[bytes, int] = {}
    for ids, names, lengths in index.tables():
        if not len(wanted):
            break
        at = np.minimum(wanted.searchsorted(ids), len(wanted) - 1)
        used = wanted[at] == ids
        # Of a blob with several places the first one counts, so that the packs of the others can go
        used[used] &= ~found[at[used]]
        rows = np.flatnonzero(used)
        _, first = np.unique(at[rows], return_index=True)
        rows = rows[first]
        found[at[rows]] = True
        for pack, length in zip(*_sums(names[rows], lengths[rows]), strict=True):
            live[pack] = live.get(pack, 0) + int(length)
    unused = {pack for pack in packs if pack not in live}
    dead = sum(size - live[pack] for pack, size in packs.items() if pack in live)
    missing = {bytes(one).ljust(ID_BYTES, b"\0") for one in wanted[~found]}
    return Usage(unused, dead, missing)


def _sums(names: NDArray[Any], lengths: NDArray[Any]) -> tuple[list[bytes], NDArray[Any]]:
    unique, inverse = np.unique(names, return_inverse=True)
    sums = np.bincount(inverse, weights=lengths, minlength=len(unique))
    return [bytes(one).ljust(ID_BYTES, b"\0") for one in unique], sums
