"""A restore to nowhere: streams are put together, opened and proven as a restore does. Decides which, and how far.

What a check of blobs does not meet is met here: how segments are made of blobs, and maps of pages. Memory: that of a
restore, and about 100 bytes for each different stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hoarfrost.errors import Damaged
from hoarfrost.repository.backup import Committed
from hoarfrost.repository.check import Checked
from hoarfrost.repository.damage import Damage
from hoarfrost.repository.extent import Extent, StreamRef

Read = Callable[[StreamRef], Iterator[Extent]]


def drilled(found: Checked, backups: Sequence[Committed], read: Read, budget: int | None) -> Checked:
    """``found``, and what is met beyond it, of what has no name there yet.

    The newest backup first, each stream once however many backups have it, up to the one that fills the budget.
    """
    named = {(one.backup, one.stream) for one in found.damage}
    told: dict[tuple[int, bytes], str] = {}
    damage = list(found.damage)
    restored = unrestored = 0

    def tell(one: Damage) -> None:
        if (one.backup, one.stream) not in named:
            damage.append(one)

    for backup in reversed(backups):
        try:
            backup.manifest()
            for ref in backup.each_stream():
                key = ref.size, ref.root
                if key not in told and budget is not None and restored >= budget:
                    unrestored += 1
                    continue
                if key not in told:
                    told[key], given = _restored(ref, read)
                    restored += given
                if told[key]:
                    tell(Damage(backup.id, ref.name, 0, ref.size, told[key]))
        except Damaged as error:
            tell(Damage(backup.id, "", 0, 0, error.sentence))
    return msgspec.structs.replace(found, restored=restored, unrestored=unrestored, damage=tuple(damage))


def _restored(ref: StreamRef, read: Read) -> tuple[str, int]:
    """What is wrong with a stream, if anything is, and how much it gave before."""
    given = 0
    try:
        for extent in read(ref):
            given += extent.length
    except Damaged as error:
        return error.sentence, given
    return ("" if given == ref.size else f"Stream {ref.name!r} gives {given} of its {ref.size} bytes."), given
