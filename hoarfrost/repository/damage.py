"""What a check has met, as it is told: damage by backup, stream and range. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hoarfrost.errors import Damaged, StoreError
from hoarfrost.repository.backup import Committed


class Damage(msgspec.Struct, frozen=True):
    """Without a stream: what the backup itself is described by.

    Without a backup: a key, the index, or what every repository carries along. ``remedy``: what to do, where it is
    known of this one by itself.
    """

    backup: str
    stream: str
    offset: int
    length: int
    why: str
    remedy: str = ""

    @classmethod
    def of_no_backup(cls, error: Damaged | StoreError) -> Damage:
        return cls("", "", 0, 0, error.sentence, error.hint)


class Note(msgspec.Struct, frozen=True):
    """What a check has met that is no damage, and what can be done about it."""

    why: str
    remedy: str


class Backups(list[Committed]):
    """Those that can be opened. ``damaged``: the others, to be told wherever these are shown."""

    def __init__(self, found: Iterable[Committed] = (), damaged: Iterable[Damage] = ()) -> None:
        super().__init__(found)
        self.damaged = tuple(damaged)
