"""A folder that also lists packs which are not there. Decides how they are remembered: a name and a size each.

Whoever reads one of them fails: what is measured on such a store has read no data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hoarfrost.repository.layout import PACKS, pack_object
from hoarfrost.repository.stores.local import LocalStore

PACK_BYTES = 64 << 20
_NAME = 16


class SimulatedStore(LocalStore):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._names = root.parent / "packs"

    def remember(self, names: bytes) -> None:
        with self._names.open("ab") as file:
            file.write(names)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        yield from super().list(prefix)
        if prefix == PACKS and self._names.exists():
            names = np.memmap(self._names, np.uint8, "r").reshape(-1, _NAME)
            for name in names:
                yield pack_object(name.tobytes()), PACK_BYTES
