"""A store that is only read, whatever the credentials would allow."""

from __future__ import annotations

from typing import NoReturn

from hoarfrost.errors import StoreRefused
from hoarfrost.repository.stores.store import Buffer
from hoarfrost.repository.stores.wrapped import WrappedStore


class ReadOnlyStore(WrappedStore):
    def put_new(self, name: str, data: Buffer) -> NoReturn:
        self._refuse(f"write {name}")

    def delete(self, name: str) -> NoReturn:
        self._refuse(f"delete {name}")

    def _refuse(self, doing: str) -> NoReturn:
        hint = "Leave out --read-only to change it."
        raise StoreRefused(f"Will not {doing}: {self.describe()} is opened read-only.", hint=hint)
