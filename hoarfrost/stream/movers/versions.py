"""The versions of an object, oldest first: as a listing tells of them, and as they are put back one after the other.

Decides what of a name's history is there already in a container that is being filled, and what stands for a name
that was deleted, and for a version that could not be read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from msgspec.structs import replace

from hoarfrost.cloud import Rest, quote_path
from hoarfrost.stream.movers.inventory import Item

VERSIONED = "x-versions-enabled"
"""The header of a container that keeps old versions, or has kept them."""

AS_BEFORE = "null"
"""The id of a version that was put while none were kept."""

_DELETED = "application/x-deleted"
_NEVER = 1 << 62


def by_name(listing: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """What is listed, gathered by name. Listings give the newest version first; here it is the last one."""
    for _, listed in groupby(listing, itemgetter("name")):
        yield list(listed)[::-1]


def is_deletion(listed: dict[str, Any]) -> bool:
    return str(listed.get("content_type", "")).startswith(_DELETED)


def deletion(listed: dict[str, Any]) -> Item:
    version = str(listed.get("version_id", ""))
    return Item(listed["name"], 0, "", listed["last_modified"], "deleted", version=version)


def unread(listed: dict[str, Any], version: str) -> Item:
    return Item(
        listed["name"], listed["bytes"], listed["hash"], listed["last_modified"], "unread", version=version
    )


def history(last: Item | None, older: tuple[Item, ...]) -> Item | None:
    """One item for a name. A name of which there are only old versions counts as deleted."""
    if last is None and older:
        last = Item(older[-1].name, 0, "", older[-1].modified, "deleted")
    return last and replace(last, older=older)


def has_expired(item: Item) -> bool:
    return int(item.headers.get("x-delete-at", _NEVER)) <= time.time()


def steps(item: Item) -> list[Item]:
    """What has to be put or deleted, in order. Versions that have expired or could not be read are left out; an expired
    current one is deleted, and so is one that could not be read: an older one must not be taken for it."""
    older = [one for one in item.older if not has_expired(one) and one.kind != "unread"]
    if item.kind == "unread" or has_expired(item):
        return [*older, Item(item.name, 0, "", item.modified, "deleted")] if older else []
    return [*older, item]


def left(rest: Rest, container: str, item: Item, begun: bool) -> list[Item]:
    """The steps that are not done yet: a run that was stopped goes on where it was, and repeats rather than skips.

    Where the current version could not be read, whatever is current there stays so: it may be the user's, also where
    it is like an old one. Unless this run has ``begun`` with the name itself, in an empty place.
    """
    only = {"versions": "true", "prefix": item.name, "end_marker": f"{item.name}\x01"}
    there = [one for one in rest.list(quote_path(container), "", **only) if one.get("name") == item.name]
    wanted, at = steps(item), 0
    for one in reversed(there):
        if at < len(wanted) and _is(one, wanted[at]):
            at += 1
    if item.kind == "unread" and not begun and any(map(_is_current, there)):
        return []
    return wanted[at:]


def _is_current(listed: dict[str, Any]) -> bool:
    return bool(listed.get("is_latest", True)) and not is_deletion(listed)


def _is(listed: dict[str, Any], item: Item) -> bool:
    if item.kind == "deleted" or is_deletion(listed):
        return item.kind == "deleted" and is_deletion(listed)
    return item.kind in ("slo", "symlink") or (listed["hash"], listed["bytes"]) == (item.etag, item.bytes)
