"""Whether a resource is still what was captured: what of it would be restored, and nothing else, is
compared."""

from __future__ import annotations

from hoarfrost.cloud import Cloud
from hoarfrost.errors import NotFound
from hoarfrost.kinds.field import Asked, Keep, Late, Ref
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Resource


def changed(cloud: Cloud, kind: Kind, resource: Resource) -> bool:
    """True too if it was deleted meanwhile. Notes (states, times) change by themselves and do not count."""
    try:
        now = kind.show(cloud, resource.id)
    except NotFound:
        return True
    names = {
        path.partition(".")[0].removesuffix("[]")
        for one in kind.fields
        if isinstance(one, Keep | Late | Asked) or (isinstance(one, Ref) and not one.note)
        for path in one.paths
    }
    return any(now.get(name) != resource.body.get(name) for name in names)
