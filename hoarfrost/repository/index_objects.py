"""Index objects in the store, kept short. Decides when one is written anew; what is in one is index.py's."""

from __future__ import annotations

from hoarfrost.errors import Damaged, Missing
from hoarfrost.repository.index import index_without
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import INDEX, PackClass, index_object, random_name
from hoarfrost.repository.stores.store import Store, listed


def rewrite_index(store: Store, keys: Keys, gone: set[bytes]) -> None:
    """Replace the index objects that list packs which are gone. The new one comes before the old one goes."""
    session, written = random_name(), 0
    for name, _ in list(listed(store, INDEX)):
        try:
            payload = keys.unseal(PackClass.META, name, store.get(name))
        except Missing:
            continue  # another collector was faster
        except Damaged:
            continue  # who reads the repository is told; to remove it would hide that
        rest = index_without(name, payload, gone)
        if rest == payload:
            continue
        if rest:
            new = index_object(session, written)
            store.put_new(new, keys.seal(PackClass.META, new, rest))
            written += 1
        store.delete(name)
