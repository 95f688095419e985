"""Which thing of the target a resource of the backup *is*, where it is there already.

Decides by the natural key that the kind declares. Where the backup is restored into the project that it came from,
the very same id comes before a namesake, and stands for a thing without a name, too. What has no name, or did not get
back what it would be recognised by, is what an earlier restore made of it, as far as that is remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, NotFound
from hoarfrost.kinds.field import Data, values
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.model import Body, Graph, Resource


def recognised(
    resource: Resource,
    kind: Kind,
    free: Iterable[Body],
    resolve: Resolve,
    graph: Graph,
    earlier: Collection[str] = (),
) -> tuple[Body, str] | None:
    """One of ``free`` (what nothing else stands for yet) and by what it is recognised, None if nothing is like it.

    An empty name is no name; other bytes make it another thing. ``earlier``: ids of what restores made of it.
    """
    ours, there = resource.body, list(free)
    nameless = kind.nameless(ours)
    for body in there:
        if kind.id(body) == resource.id and nameless and kind.nameless(body):
            return body, "the same id"
    if alike := _alike(resource, kind, there, resolve, graph):
        return alike, f"the same {kind.recognised_by()}"
    if nameless or "name" not in kind.natural:
        made = [body for body in there if kind.id(body) in earlier and not other_data(kind, ours, body)]
        if made:
            return made[0], "an earlier restore made it"
    return None


def _alike(resource: Resource, kind: Kind, there: list[Body], resolve: Resolve, graph: Graph) -> Body | None:
    ours = resource.body
    like = None if kind.nameless(ours) else kind.likeness(ours, resolve)
    if like is None:
        return None
    alike = [
        body for body in there if kind.likeness(body) == like and not _anothers(resource, kind, body, graph)
    ]
    described = ours.get("description")
    alike.sort(key=lambda body: (kind.id(body) != resource.id, body.get("description") != described))
    equal = [body for body in alike if not other_data(kind, ours, body)]
    if not equal and alike and kind.id(alike[0]) == kind.title(alike[0]):
        return alike[0]  # its name is all it has, and there cannot be two of it
    return equal[0] if equal else None


def _anothers(resource: Resource, kind: Kind, body: Body, graph: Graph) -> bool:
    """Whether it is, by its id, another one of the backup: two of the same name are not to change places."""
    address = f"{kind.name}/{kind.id(body)}"
    return address != resource.address and address in graph


def other_data(kind: Kind, ours: Body, theirs: Body) -> bool:
    """Whether what the API says of the bytes differs, as far as it is known of both."""
    paths = [path for one in kind.fields if isinstance(one, Data) for path in one.paths]
    known = [(list(values(ours, path)), list(values(theirs, path))) for path in paths]
    return kind.unlike(ours, theirs) or any(a != b for a, b in known if a and b)


def still_there(kind: Kind, cloud: Cloud, id: str) -> bool:
    """Whether the cloud that the backup is of still has it; it is believed where nobody may look."""
    try:
        kind.show(cloud, id)
    except NotFound:
        return False
    except Forbidden:
        return True
    return True
