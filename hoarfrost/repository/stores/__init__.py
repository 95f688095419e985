"""Which store a URL names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from hoarfrost.errors import UsageError
from hoarfrost.repository.stores.local import LocalStore
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.store import Store

_memory: dict[str, MemoryStore] = {}


def open_store(url: str) -> Store:
    """``/path``, ``./path``, ``~/path``, ``file:/path``; ``memory:`` (``memory:name``: one in the process).

    Makes nothing: whether a repository is there is the repository's question. Raises UsageError.
    """
    if url.startswith(("/", "./", "../", "~/")) or url in (".", ".."):
        return LocalStore(Path(url).expanduser())
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "memory":
        return _memory.setdefault(rest, MemoryStore(rest)) if rest else MemoryStore()
    if colon and scheme == "file":
        parts = urlsplit(url)
        if parts.netloc in ("", "localhost") and parts.path and not (parts.query or parts.fragment):
            return LocalStore(Path(unquote(parts.path)))
        raise UsageError("A file: URL of a repository is file:/path.", hint=_HINT)
    if not colon:
        hint = f"If it is a folder, say ./{url}." if url else _HINT
        raise UsageError("The repository's URL does not say where it is.", hint=hint)
    raise UsageError(f"There is no kind of store called {scheme!r}.", hint=_HINT)


_HINT = "Known: /path, ./path, file:/path."

__all__ = ["Store", "open_store"]
