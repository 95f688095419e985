"""The `format` object: that this is a repository, which one, and of which version. Decides which are understood."""

from __future__ import annotations

from typing import Any

import msgspec

from hoarfrost.errors import Damaged, Missing, NoRepository, RepositoryError
from hoarfrost.repository.layout import FORMAT, MAGIC, VERSION, is_id
from hoarfrost.repository.stores.store import Store

NOTE = "An encrypted backup repository. The object how-to-restore beside this one says how to read it."


class Format(msgspec.Struct, frozen=True):
    magic: str
    version: int
    id: str
    note: str = NOTE


def read_format(store: Store) -> Format:
    """Raises NoRepository, Damaged; RepositoryError for a version that is not known here."""
    where = store.describe()
    try:
        raw: Any = msgspec.json.decode(store.get(FORMAT))
        if not isinstance(raw, dict) or raw.get("magic") != MAGIC:
            raise NoRepository(f"What lies at {where} is not a repository.")
        if raw.get("version") != VERSION:
            hint = f"This program knows version {VERSION}."
            raise RepositoryError(f"The repository at {where} has another format version.", hint=hint)
        found = msgspec.convert(raw, Format)
        if not is_id(found.id):
            raise Damaged(f"{FORMAT} at {where} is damaged.")
    except Missing as error:
        raise NoRepository(f"There is no repository at {where}.") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # ValueError: not UTF-8
        raise Damaged(f"{FORMAT} at {where} is damaged.") from error
    return found
