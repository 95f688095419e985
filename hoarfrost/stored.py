"""The repository as a run sees it: what it writes, and what the last backup left for it to build on.

Decides which earlier backup that is, and what can be known of it with the key of this run. A key for writing cannot
open a manifest, so that its runs know no more of earlier ones than where each disk's stream is: images and objects are
read whole, and stored only where they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Lock

import msgspec

from hoarfrost.errors import Damaged, RepositoryError
from hoarfrost.model import Backup, Finding, Stream, backup_from_json
from hoarfrost.repository import Committed, Extent, Repository, Session, StreamRef

Previous = Callable[[str], Stream | None]
"""The stream of the last backup for an address."""


class Recording:
    """A `Storage`; remembers every stream that was written or kept, for the commit."""

    def __init__(self, session: Session | None, repository: Repository) -> None:
        self._session, self._repository = session, repository
        self._lock = Lock()
        self.refs: list[StreamRef] = []

    def write(
        self,
        name: str,
        size: int,
        extents: Iterable[Extent],
        base: StreamRef | None = None,
        lineage: StreamRef | None = None,
        sub_block: int | None = None,
    ) -> StreamRef:
        if self._session is None:
            raise RepositoryError("a restore writes nothing to the repository")
        return self.keep(self._session.write(name, size, extents, base, lineage, sub_block))

    def keep(self, ref: StreamRef) -> StreamRef:
        """A stream of an earlier backup that is unchanged and belongs to this one too."""
        with self._lock:
            self.refs.append(ref)
        return ref

    def read(self, ref: StreamRef, ranges: Iterable[tuple[int, int]] | None = None) -> Iterator[Extent]:
        return self._repository.read(ref, ranges)

    def map(self, ref: StreamRef) -> Iterator[tuple[int, int]]:
        return self._repository.map(ref)


def manifest(committed: Committed) -> Backup:
    """Raises RepositoryError for one that this version does not understand, RoleForbids, Damaged."""
    try:
        return backup_from_json(committed.manifest())
    except msgspec.MsgspecError as error:
        raise RepositoryError(
            f"the backup {committed.id} cannot be understood: {error}",
            hint="If a newer version made it, use that one.",
        ) from error


def last_streams(repository: Repository, project: str) -> tuple[Previous, list[Finding]]:
    """The streams of the last backup of this project, by address: what the next one builds on.

    What is damaged is told, and does not stand in the way of a new one.
    """
    try:
        last = repository.latest(project)
        if last is None:
            return _by_address(()), []
        if repository.role == "read":
            return _by_address(one for one in manifest(last).streams if one.outcome == "complete"), []
        last.find("")  # reads the whole table: what is damaged is found here, and not disk by disk
        return _disks_of(last), []
    except Damaged as error:
        finding = Finding(
            address="repository",
            severity="warning",
            code="damaged",
            sentence=f"nothing is known of earlier backups, so that everything is read: {error.sentence}",
            hint=error.hint,
        )
        return _by_address(()), [finding]


def _by_address(streams: Iterable[Stream]) -> Previous:
    known = {one.address: one for one in streams}
    return lambda address: known.get(address)


def _disks_of(last: Committed) -> Previous:
    """All that a key for writing can find: disks are stored under the address of what they are of."""

    def find(address: str) -> Stream | None:
        ref = last.find(address)
        return Stream(address=address, size=ref.size, format="raw", ref=ref) if ref else None

    return find
