"""Whether a place keeps the promises of `Store`, asked before a repository is made there.

Servers that say they speak S3 have ignored ``If-None-Match``, or understood it the other way round; a repository there
would lose backups when two runs meet.
"""

from __future__ import annotations

import secrets

from hoarfrost.errors import NameTaken, StoreError
from hoarfrost.repository.stores.store import Store

PROBES = "probe/"


def probe(store: Store) -> None:
    """Writes, reads and deletes one small object. Raises StoreError saying what does not hold."""
    name = f"{PROBES}{secrets.token_hex(16)}"
    first, second = secrets.token_bytes(64), secrets.token_bytes(64)
    where = store.describe()
    hint = "Use another kind of store there, or ask who runs it for conditional writes (If-None-Match)."
    try:
        store.put_new(name, first)
    except NameTaken as error:
        raise StoreError(f"{where} says that names are taken which are not.", hint=hint) from error
    try:
        try:
            store.put_new(name, second)
        except NameTaken:
            if store.get(name) != first:
                raise StoreError(
                    f"{where} writes although it says that the name is taken.", hint=hint
                ) from None
        else:
            raise StoreError(f"{where} writes over what is there.", hint=hint)
        if store.get_range(name, 16, 16) != first[16:32]:
            raise StoreError(f"{where} does not give back parts of objects.")
    finally:
        store.delete(name)
    if store.size(name) is not None:
        raise StoreError(f"{where} does not delete.", hint="Check what the credentials may do.")
