"""The `format` object: that this is a repository, which one, and of which version. Decides which are understood."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from hoarfrost.errors import Damaged, Missing, NoRepository, RepositoryError, StoreError
from hoarfrost.repository.layout import FORMAT, INDEX, MAGIC, PACKS, SNAPS, VERSION, is_id
from hoarfrost.repository.stores.store import Store, listed

NOTE = "An encrypted backup repository. The object how-to-restore beside this one says how to read it."

MEND = (
    f"Put {FORMAT} back from a copy of the repository, or write it anew, as one line:"
    f' {{"magic": "{MAGIC}", "version": {VERSION}, "id": "ID"}}. ID is what `hoarfrost repository init` printed.'
)


class Format(msgspec.Struct, frozen=True):
    magic: str
    version: int
    id: str
    note: str = NOTE


def read_format(store: Store) -> Format:
    """Raises NoRepository; Damaged, Missing where it is not as it should be in what was a repository.

    RepositoryError for a version that is not known here.
    """
    where = store.describe()
    try:
        raw: Any = msgspec.json.decode(store.get(FORMAT))
        if not isinstance(raw, dict) or raw.get("magic") != MAGIC:
            if holds_backups(store):
                raise Damaged(f"{FORMAT} at {where} is damaged.", hint=MEND)
            raise NoRepository(f"What lies at {where} is not a repository.")
        if raw.get("version") != VERSION:
            hint = f"This program knows version {VERSION}."
            raise RepositoryError(f"The repository at {where} has another format version.", hint=hint)
        found = msgspec.convert(raw, Format)
        if not is_id(found.id):
            raise Damaged(f"{FORMAT} at {where} is damaged.", hint=MEND)
    except Missing as error:
        if holds_backups(store):
            raise Missing(f"The repository at {where} lacks its object {FORMAT!r}.", hint=MEND) from error
        raise NoRepository(f"There is no repository at {where}.") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # ValueError: not UTF-8
        raise Damaged(f"{FORMAT} at {where} is damaged.", hint=MEND) from error
    return found


def holds_backups(store: Store) -> bool:
    """Whether backups lie there, or parts of some: only where `format` is, were they ever made."""
    with suppress(StoreError):  # a place that cannot be listed, such as one below a file
        return any(next(listed(store, prefix), None) for prefix in (SNAPS, INDEX, PACKS))
    return False
