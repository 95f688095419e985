"""Which streams a session may refer to. Decides when what an earlier backup has may be relied upon.

A backup that is there after the session has said that it is at work, and that every collection under way has looked at,
keeps all it has until this session is over: whoever wants to collect any of it has to see the session first, and wait.
That nothing of it was lost is another matter: a stream that is kept as it is, and any of other backups, is gone through
blob by blob. By maps alone, so that every role that writes can; whether the bytes are right is for a check to find.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from hoarfrost.errors import Damaged, RepositoryError
from hoarfrost.repository.backup import Committed
from hoarfrost.repository.extent import StreamRef
from hoarfrost.repository.reach import Reach
from hoarfrost.repository.tree import ReadBlob


class Parents:
    """``listed``: the backups, newest first; called once, with the session begun. ``holds``: whether all of these
    blobs, joined, are stored. Memory: about 200 bytes a stream.
    """

    def __init__(
        self,
        listed: Callable[[], Iterable[Committed]],
        seen: list[set[str]],
        holds: Callable[[bytes], bool],
        read: ReadBlob,
    ) -> None:
        self._listed = listed
        self._seen = seen
        self._holds = holds
        self._read = read
        self._roots: set[bytes] = set()
        self._whole: set[bytes] = set()  # of those the ones that are all there
        self._more: Iterator[Committed] | None = None
        self._lock = threading.Lock()

    def wrote(self, ref: StreamRef) -> None:
        """A stream of this very session; one that was gone through is as good."""
        self._roots.add(ref.root)
        self._whole.add(ref.root)

    def is_whole(self, ref: StreamRef) -> bool:
        """Whether every blob of a stream is there, and none is said to be damaged: then it may be kept as it is."""
        if ref.root in self._whole:
            return True
        if not self._is_there(ref):
            return False
        self.wrote(ref)  # no collector takes it: what is looked up is in no pack that may go
        return True

    def vouch(self, ref: StreamRef) -> None:
        """Raises RepositoryError for what may be collected before this session is over."""
        with self._lock:
            if ref.root in self._roots or self._is_in_backup(ref.root) or self._is_there(ref):
                self._roots.add(ref.root)
                return
        hint = "Run the backup again: it then builds on what is there."
        raise RepositoryError(f"What stream {ref.name!r} builds on is being removed.", hint=hint)

    def _is_in_backup(self, root: bytes) -> bool:
        if self._more is None:
            self._more = (one for one in self._listed() if all(one.id in seen for seen in self._seen))
        for backup in self._more:
            try:
                self._roots.update(root for _, root in backup.rows())
            except Damaged:
                continue  # its streams are gone through like others
            if root in self._roots:
                return True
        return False

    def _is_there(self, ref: StreamRef) -> bool:
        try:
            return all(map(self._holds, Reach(self._read).stream(ref.size, ref.root)))
        except Damaged:
            return False
