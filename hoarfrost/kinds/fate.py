"""What becomes of every field of a backup, as its declarations say: counted by kind, field and word.

Decides what is counted: the project's own things, without what the cloud made. A thing whose bytes are missing is
lost with all its fields; a reference to something that was not captured is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hoarfrost.kinds.field import values
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.treatment import Treatment, treatments
from hoarfrost.model import Backup, Body, Fate, Graph, Resource


class Then(NamedTuple):
    """The powers with which a backup was made."""

    roles: tuple[str, ...]
    aliases: tuple[str, ...]
    project_id: str = ""

    def extensions(self) -> frozenset[str]:
        return frozenset(self.aliases)


def foreseen(backup: Backup, kinds: Mapping[str, Kind]) -> tuple[Fate, ...]:
    """What a restore with the same roles on the same cloud would keep."""
    powers, graph = Then(backup.roles, backup.cloud.extensions, backup.project_id), backup.graph()

    def same(kind: str, id: str) -> Body | None:
        known = graph.get(f"{kind}/{id}")
        return known.body if known else None

    failed = {one.address for one in backup.streams if one.outcome == "failed"}
    return tallied(
        (resource, one)
        for resource, kind in restorable(backup, kinds)
        for one in without_lost(
            treatments(kind, resource.body, powers),
            dict(kind.withheld(resource.body, same, powers))
            | dict.fromkeys(_unread(resource, kind, graph), "what it names could not be read"),
            "its bytes are not in the backup"
            if resource.address in failed
            else kind.only_recorded(resource.body),
        )
    )


def restorable(backup: Backup, kinds: Mapping[str, Kind]) -> Iterator[tuple[Resource, Kind]]:
    """What a restore would make, or take for its own; not what the credentials stand for."""
    for one in backup.resources:
        kind = kinds.get(one.kind)
        given = getattr(backup, kind.credential) if kind and kind.credential else ""
        if kind is not None and one.owned and not one.made_by and not kind.mapped and one.id != given:
            yield one, kind


def without_lost(
    treated: Iterable[Treatment], lost: Mapping[str, str], whole: str = ""
) -> Iterator[Treatment]:
    """The same with other words where a path is in ``lost`` (path -> why), or everything is (``whole``)."""
    for one in treated:
        why = whole or lost.get(one.path, "")
        yield Treatment(one.path, "lost", why) if why and one.word in ("kept", "mapped") else one


def tallied(treated: Iterable[tuple[Resource, Treatment]]) -> tuple[Fate, ...]:
    """In the order in which they came first."""
    counts = Counter((resource.kind, *one) for resource, one in treated)
    return tuple(
        Fate(kind=kind, field=field, word=word, count=count, why=why)
        for (kind, field, word, why), count in counts.items()
    )


def _unread(resource: Resource, kind: Kind, graph: Graph) -> Iterator[str]:
    """The paths of references that lead to nothing that was captured."""
    for ref, path in kind.refs():
        named = [one for one in map(ref.named, values(resource.body, path)) if one]
        if any(f"{to}/{id}" not in graph for to, id in named):
            yield path
