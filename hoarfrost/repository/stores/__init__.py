"""Which store a URL names, and what is put around it. Nothing heavy is imported before such a URL is opened."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from hoarfrost.errors import UsageError
from hoarfrost.repository.stores.limited import LimitedStore
from hoarfrost.repository.stores.local import LocalStore
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.probe import probe
from hoarfrost.repository.stores.readonly import ReadOnlyStore
from hoarfrost.repository.stores.retried import RetriedStore
from hoarfrost.repository.stores.store import Store

_memory: dict[str, MemoryStore] = {}


def open_store(url: str, *, read_only: bool = False, bandwidth: int = 0, requests: int = 0) -> Store:
    """``/path``, ``./path``, ``~/path``, ``file:/path``; ``s3:bucket/prefix``; ``swift:container/prefix``;
    ``sftp:user@host:port/path``; ``memory:`` (``memory:name``: one in the process).

    ``bandwidth`` (bytes a second) and ``requests`` (at once) limit what is asked of it. Makes nothing: whether a
    repository is there is the repository's question. Raises UsageError, which repeats nothing of a URL that may hold
    a password; what cannot be reached is noticed at the first request.
    """
    store = _place(url)
    if bandwidth or requests:
        store = LimitedStore(store, bandwidth=bandwidth, requests=requests)
    if not isinstance(store, LocalStore | MemoryStore):
        store = RetriedStore(store)
    return ReadOnlyStore(store) if read_only else store


def _place(url: str) -> Store:
    if url.startswith(("/", "./", "../", "~/")) or url in (".", ".."):
        return LocalStore(Path(url).expanduser())
    scheme, colon, rest = url.partition(":")
    if not colon:
        hint = f"If it is a folder, say ./{url}." if url else _HINT
        raise UsageError("The repository's URL does not say where it is.", hint=hint)
    if scheme == "memory":
        return _memory.setdefault(rest, MemoryStore(rest)) if rest else MemoryStore()
    if scheme == "file":
        parts = urlsplit(url)
        if parts.netloc in ("", "localhost") and parts.path and not (parts.query or parts.fragment):
            return LocalStore(Path(unquote(parts.path)))
        raise UsageError("A file: URL of a repository is file:/path.", hint=_HINT)
    if scheme == "s3":
        from hoarfrost.repository.stores.s3 import S3Store

        return S3Store.at(rest)
    if scheme == "swift":
        from hoarfrost.repository.stores.swift import SwiftStore

        return SwiftStore.at(rest)
    if scheme == "sftp":
        from hoarfrost.repository.stores.sftp import SftpStore

        return SftpStore.at(rest)
    raise UsageError("There is no such kind of store as the repository's URL names.", hint=_HINT)


_HINT = (
    "Known: /path, ./path, file:/path, s3:bucket/prefix, swift:container/prefix, sftp:user@host:port/path."
)

__all__ = ["Store", "open_store", "probe"]
