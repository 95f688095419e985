"""Which blobs a backup needs: from maps alone, no data and no names, so that a maintain key can tell.

Decides nothing about what is done with the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from hoarfrost.repository.backup import Committed
from hoarfrost.repository.layout import FANOUT, ID_BYTES, ZERO_ID, Kind, segments_of
from hoarfrost.repository.page import ENTRY_BYTES, ZERO_ENTRY, MapEntry, decode_page
from hoarfrost.repository.tree import ReadBlob, Root


class Reach:
    """Remembers the nodes and pages it has been through: backups that share them cost nothing again.

    Memory: 16 bytes and a set's place for each, about 100 bytes for 256 MiB of distinct content.
    """

    def __init__(self, read: ReadBlob) -> None:
        self._read = read
        self._seen: set[bytes] = set()

    def backup(self, backup: Committed) -> Iterator[bytes]:
        """The ids it needs, some more than once; none below what was gone through before. Raises Damaged."""
        yield from backup.blobs()
        for size, root in backup.rows():
            yield from self.stream(size, root)

    def stream(self, size: int, root: bytes) -> Iterator[bytes]:
        """Raises Damaged."""
        form = Root.decode(size, root)
        if form.level == 0:
            ids = (form.entry[:ID_BYTES], form.entry[ID_BYTES:])
            yield from (one for one in ids if one and one != ZERO_ID)
        else:
            yield from self._below(form.entry, form.level, segments_of(size), form.sub)

    def _below(self, data: bytes, level: int, segments: int, sub: int) -> Iterator[bytes]:
        if data == ZERO_ENTRY:
            return
        entry = MapEntry.unpack(data)
        yield from (one for one in entry[:3] if one != ZERO_ID)
        if entry.blob in self._seen:
            return
        if level == 1:
            for ref in decode_page(self._read(Kind.PAGE, entry.blob), segments, sub):
                yield from ref.blobs
        else:
            node = self._read(Kind.NODE, entry.blob)
            span = FANOUT ** (level - 1)
            for number, at in enumerate(range(0, len(node), ENTRY_BYTES)):
                below = min(span, segments - number * span)
                yield from self._below(node[at : at + ENTRY_BYTES], level - 1, below, sub)
        self._seen.add(entry.blob)
