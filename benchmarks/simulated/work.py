"""What is measured on it, as a process: ``python -m benchmarks.simulated.work FOLDER open|prune|known``.

``open`` loads the index, and looks for as many blobs as a backup of 100 GB does. ``prune`` forgets the older half of
the backups and finds out what can go. ``known`` is one more backup, told that of each 10 GB one sub-block has changed
and all else is the same. Prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.simulated.build import PASSPHRASE
from benchmarks.simulated.store import SimulatedStore
from hoarfrost.repository import Extent, Repack, Repository
from hoarfrost.repository.layout import SEGMENT, SUBBLOCK

_LOOKS = 25_000
_EVERY = 10 * 10**9 // SEGMENT * SEGMENT


def main() -> None:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    repository = Repository.open(SimulatedStore(folder / "repository"), PASSPHRASE)
    begun = time.process_time()
    if what == "open":
        repository._catalogue.refresh()
        index = repository._catalogue.index
        found = sum(index.find(os.urandom(16)) is not None for _ in range(_LOOKS))
        said = {"blobs": len(index), "packs": len(index.packs), "found": found}
    elif what == "known":
        said = _known(repository)
    else:
        backups = repository.backups()
        for backup in backups[: len(backups) // 2]:
            repository.forget(backup.id)
        pruned = repository.prune(dry_run=True, repack=Repack(most=0))
        said = {"freed": pruned.freed, "packs": pruned.packs, "kept": pruned.kept, "read": pruned.read}
    print(json.dumps(said | {"cpu_ms": int(1000 * (time.process_time() - begun))}))


def _known(repository: Repository) -> dict[str, int]:
    base = repository.backups()[-1].find("disk")
    assert base is not None
    with repository.session("benchmark") as session:
        ref = session.write("disk", base.size, _extents(base.size), base)
        session.commit(b"{}", {}, [ref])
    return {"size": ref.size, "read": ref.read, "stored": ref.stored}


def _extents(size: int) -> Iterator[Extent]:
    """Made as they are asked for: what is the same is nowhere to be read."""
    for start in range(0, size, _EVERY):
        end = min(start + _EVERY, size)
        yield Extent(start, SUBBLOCK, os.urandom(SUBBLOCK))
        yield Extent(start + SUBBLOCK, end - start - SUBBLOCK, same=True)


if __name__ == "__main__":
    main()
