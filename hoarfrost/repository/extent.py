"""What goes into a stream and comes out of it: extents, and the small value by which a stream is found again.

Leaves to gather.py what order extents may come in, and to tree.py what a root means.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Extent(msgspec.Struct, frozen=True):
    """``length`` bytes at ``offset``. Without ``data``: zeros, or with ``same`` the bytes of the base there.

    A memoryview may be used again by its owner as soon as the next extent is asked for; but one that is read-only, of
    `Buffers`, is looked at where it lies, and its memory stays lent until nobody refers to it.
    """

    offset: int
    length: int
    data: bytes | memoryview | None = None
    same: bool = False

    @property
    def kind(self) -> Literal["data", "zero", "same"]:
        if self.data is not None:
            return "data"
        return "same" if self.same else "zero"

    @property
    def end(self) -> int:
        return self.offset + self.length


class StreamRef(msgspec.Struct, frozen=True):
    """Where a stream is, and what it cost. At most 65 bytes of ``root``, however large the stream.

    ``digest``: equal digests mean equal size, sub-blocks and bytes, inside one repository.
    ``read``: bytes that came from the source. ``new``: bytes the repository did not have, in whole sub-blocks.
    ``stored``: what those took, compressed and sealed, their map included.
    """

    name: str
    size: int
    root: bytes
    digest: str
    read: int = 0
    new: int = 0
    stored: int = 0
