"""The engine as a process: ``python -m benchmarks.repository.ours``. Decides how an image is read and written.

The repository is opened by an age identity, which costs nothing to derive; what a passphrase costs is measured apart
(``unlock``). Prints as JSON the requests that were made, and the bytes that went through.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hoarfrost.repository import (
    AgeIdentity,
    AgeRecipient,
    Buffers,
    Cost,
    Extent,
    Limits,
    Passphrase,
    Repository,
    StreamRef,
    open_store,
)

PASSPHRASE = "correct horse battery staple"
_READ = 4 << 20
_LIMITS = Limits(workers=2)

Said = dict[str, int]


def _said(repository: Repository, moved: int, before: Counter[str] | None = None) -> Said:
    """``before``: the requests that are not meant."""
    made = repository.store.requests - (before or Counter())
    requests = {f"requests_{kind}": number for kind, number in made.items()}
    return {**requests, "moved_bytes": moved}


def new_repository(folder: Path, cost: Cost | None = None) -> str:
    """The age identity that opens it."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    repository = Repository.init(open_store(str(folder / "repository")), Passphrase(PASSPHRASE), cost=cost)
    repository.add_key(AgeRecipient(str(identity.to_public())), label="unattended")
    (folder / "identity").write_text(str(identity), encoding="ascii")
    return str(identity)


def opened(folder: Path) -> Repository:
    identity = AgeIdentity((folder / "identity").read_text(encoding="ascii"))
    return Repository.open(open_store(str(folder / "repository")), identity, limits=_LIMITS)


def backup(folder: Path, image: Path, sub: int, changed: Path | None) -> Said:
    repository = opened(folder)
    opening = Counter(repository.store.requests)
    size = image.stat().st_size
    extents = _whole(image, size) if changed is None else _known(image, size, sub, changed)
    with repository.session("benchmark") as session:
        before = repository.backups()
        base = before[-1].find("disk") if before else None
        ref = session.write("disk", size, extents, base=base, sub_block=sub)
        session.commit(b"{}", {}, [ref])
    return _said(repository, ref.read, opening)


def _whole(image: Path, size: int) -> Iterator[Extent]:
    buffers = Buffers(_READ, 8)
    with image.open("rb", buffering=0) as file:
        for at in range(0, size, _READ):
            data = buffers.take(_READ)
            length = file.readinto(data)
            yield Extent(at, length, data[:length].toreadonly())


def _known(image: Path, size: int, sub: int, changed: Path) -> Iterator[Extent]:
    """Only the sub-blocks that are said to have changed."""
    at = 0
    with image.open("rb", buffering=0) as file:
        for block in json.loads(changed.read_text(encoding="ascii")):
            start = block * sub
            if start > at:
                yield Extent(at, start - at, same=True)
            data = os.pread(file.fileno(), sub, start)
            at = start + len(data)
            yield Extent(start, len(data), data)
    if at < size:
        yield Extent(at, size - at, same=True)


def restore(folder: Path, target: Path | None) -> Said:
    """In the order of packs, holes left out; without a target only proven."""
    repository = opened(folder)
    ref = _newest(repository)
    given = 0
    if target is None:
        for extent in repository.read(ref, ordered=False):
            given += extent.length
    else:
        with target.open("wb", buffering=0) as file:
            os.ftruncate(file.fileno(), ref.size)
            for extent in repository.read(ref, ordered=False):
                given += extent.length
                if extent.data is not None:
                    os.pwrite(file.fileno(), extent.data, extent.offset)
    return _said(repository, given)


def _newest(repository: Repository) -> StreamRef:
    ref = repository.backups()[-1].find("disk")
    assert ref is not None
    return ref


def unlock(folder: Path) -> Said:
    repository = Repository.open(open_store(str(folder / "repository")), Passphrase(PASSPHRASE))
    return _said(repository, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["init", "backup", "restore", "read", "unlock"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("image", type=Path, nargs="?")
    parser.add_argument("--sub", type=int, default=64 << 10)
    parser.add_argument("--changed", type=Path)
    given = parser.parse_args()
    said: Said = {}
    if given.command == "init":
        new_repository(given.folder)
    elif given.command == "backup":
        said = backup(given.folder, given.image, given.sub, given.changed)
    elif given.command == "unlock":
        said = unlock(given.folder)
    else:
        said = restore(given.folder, given.image if given.command == "restore" else None)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
