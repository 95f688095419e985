"""Taking one resource away again, and being sure that it is gone."""

from __future__ import annotations

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.errors import Forbidden, NotFound, Refused, TimedOut
from hoarfrost.kinds.kind import Kind

LIMIT = 600.0
"""Seconds until something is gone; deleting a large volume may overwrite it."""

PATIENCE = 60.0
"""Seconds for which a refusal is taken for "not yet": what used it may itself be on its way out."""


def remove(cloud: Cloud, kind: Kind, id: str) -> None:
    """Raises CloudError if it cannot be removed. Fine if it is gone already."""
    refusals: list[Refused] = []

    def asked() -> bool | None:
        try:
            kind.purge(cloud, id)
        except NotFound:
            return True
        except Forbidden:
            raise
        except Refused as error:  # 409, and Cinder's 400 for a volume that is still in use
            refusals.append(error)
            return None
        return True

    try:
        wait_until(asked, what=f"removing {kind.name} {id}", limit=PATIENCE)
    except TimedOut as error:
        raise (refusals[-1] if refusals else error) from error
    if type(kind).settled is not Kind.settled:
        wait_until(lambda: _is_gone(cloud, kind, id) or None, what=f"removing {kind.name} {id}", limit=LIMIT)


def _is_gone(cloud: Cloud, kind: Kind, id: str) -> bool:
    try:
        kind.show(cloud, id)
    except NotFound:
        return True
    return False
