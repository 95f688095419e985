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

_NAMED = 3

Previous = Callable[[str], Stream | None]
"""The stream of the last backup for an address."""


class Recording:
    """A `Storage`; remembers every stream that was written or kept, for the commit."""

    def __init__(self, session: Session | None, repository: Repository) -> None:
        self._session, self._repository = session, repository
        self._lock = Lock()
        self.refs: list[StreamRef] = []
        self._lost = 0
        self._names: list[str] = []

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
        ref = self._session.write(name, size, extents, base, lineage, sub_block)
        with self._lock:
            self.refs.append(ref)
        return ref

    def keep(self, ref: StreamRef) -> bool:
        """A stream of an earlier backup that is unchanged and belongs to this one too, if it is still whole."""
        whole = self._session is not None and self._session.keep(ref)
        with self._lock:
            if whole:
                self.refs.append(ref)
            elif self._lost < _NAMED:
                self._names.append(ref.name)
            self._lost += not whole
        return whole

    def findings(self) -> list[Finding]:
        """What was found out about the repository on the way."""
        found = [
            Finding("repository", "warning", "damaged", one.sentence, one.hint)
            for one in (self._session or self._repository).damaged_index()
        ]
        if not self._lost:
            return found
        names = ", ".join(self._names) + (" and others" if self._lost > len(self._names) else "")
        finding = Finding(
            address="repository",
            severity="warning",
            code="not-whole",
            sentence="what had not changed was lost or damaged in the repository, and was asked of its source "
            f"again: {self._lost} streams ({names})",
            hint="What came again heals earlier backups too; `hoarfrost repository check` tells what is left.",
        )
        return [*found, finding]

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
