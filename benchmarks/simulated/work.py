"""What is measured on it, as a process: ``python -m benchmarks.simulated.work FOLDER open|prune``.

``open`` loads the index, and looks for as many blobs as a backup of 100 GB does. ``prune`` forgets the older half of
the backups and finds out what can go. Prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.simulated.build import PASSPHRASE
from benchmarks.simulated.store import SimulatedStore
from hoarfrost.repository import Repack, Repository

_LOOKS = 25_000


def main() -> None:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    repository = Repository.open(SimulatedStore(folder / "repository"), PASSPHRASE)
    begun = time.process_time()
    if what == "open":
        repository._catalogue.refresh()
        index = repository._catalogue.index
        found = sum(index.find(os.urandom(16)) is not None for _ in range(_LOOKS))
        said = {"blobs": len(index), "packs": len(index.packs), "found": found}
    else:
        backups = repository.backups()
        for backup in backups[: len(backups) // 2]:
            repository.forget(backup.id)
        pruned = repository.prune(dry_run=True, repack=Repack(most=0))
        said = {"freed": pruned.freed, "packs": pruned.packs, "kept": pruned.kept, "read": pruned.read}
    print(json.dumps(said | {"cpu_ms": int(1000 * (time.process_time() - begun))}))


if __name__ == "__main__":
    main()
