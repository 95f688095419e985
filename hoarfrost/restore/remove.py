"""Taking one resource away again, and being sure that it is gone."""

from __future__ import annotations

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.errors import NotFound
from hoarfrost.kinds.kind import Kind

LIMIT = 600.0
"""Seconds until something is gone; deleting a large volume may overwrite it."""


def remove(cloud: Cloud, kind: Kind, id: str) -> None:
    """Raises CloudError if it cannot be removed. Fine if it is gone already."""
    try:
        kind.purge(cloud, id)
    except NotFound:
        if is_gone(cloud, kind, id):
            return
        raise
    if type(kind).settled is not Kind.settled:  # what takes time to become ready takes time to go
        wait_until(lambda: is_gone(cloud, kind, id) or None, what=f"removing {kind.name} {id}", limit=LIMIT)


def is_gone(cloud: Cloud, kind: Kind, id: str) -> bool:
    """Whether it itself is not there any more."""
    try:
        kind.show(cloud, id)
    except NotFound:
        return True
    return False
