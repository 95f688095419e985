"""What the user says about things that have another name on the target: ``KIND:THERE=HERE`` and its file.

Decides what such a statement means and whether it can be meant. What is done about things that no statement
names is decided in `suggest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hoarfrost.errors import MappingError
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body, Resource, Struct
from hoarfrost.pattern import listed
from hoarfrost.written import NotYaml, parsed

_SHAPE = "It is a file of YAML that reads `kind:`, below it `name there: name here`."


class Entry(Struct, frozen=True):
    """``source``: name or id in the backup; ``target``: name or id on the target, "" to leave it out."""

    kind: str
    source: str
    target: str


class Mappings(Struct, frozen=True):
    """What the user said; a later entry for the same thing wins."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, path: Path | None = None, flags: Sequence[str] = ()) -> Mappings:
        """From a YAML file (kind -> name there -> name here, null to leave out), then from flags.

        Raises MappingError for what cannot be understood.
        """
        entries = [*(_from_file(path) if path else ()), *(_from_flag(flag) for flag in flags)]
        return cls(entries=tuple(entries))

    def find(self, resource: Resource) -> Entry | None:
        """The entry that speaks of ``resource``."""
        ours = [
            one
            for one in self.entries
            if one.kind == resource.kind and one.source in (resource.id, resource.name)
        ]
        return ours[-1] if ours else None

    def check(self, resources: Iterable[Resource], kinds: Mapping[str, Kind]) -> None:
        """Raises MappingError for an entry that speaks of nothing in the backup."""
        names: dict[str, set[str]] = {}
        for one in resources:
            names.setdefault(one.kind, set()).update((one.id, one.name))
        for entry in self.entries:
            if entry.kind not in kinds:
                raise MappingError(f"there is no kind {entry.kind!r}", hint=f"There are: {listed(kinds)}.")
            if entry.source not in names.get(entry.kind, ()):
                there = listed({one.name or one.id for one in resources if one.kind == entry.kind})
                raise MappingError(
                    f"the backup has no {entry.kind} {entry.source!r}",
                    hint=f"It has: {there}." if there else f"It has nothing of the kind {entry.kind}.",
                )


def pick(kind: Kind, wanted: str, bodies: Iterable[Body]) -> Body:
    """The one of ``bodies`` whose id or name is ``wanted``. Raises MappingError, which lists them."""
    bodies = list(bodies)
    found = [one for one in bodies if kind.id(one) == wanted] or [
        one for one in bodies if kind.title(one) == wanted
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = listed(kind.id(one) for one in found)
        raise MappingError(
            f"the target has several of the {kind.name} {wanted!r}", hint=f"Name one by its id: {ids}."
        )
    there = listed(kind.title(one) or kind.id(one) for one in bodies)
    raise MappingError(
        f"the target has no {kind.name} {wanted!r}",
        hint=f"It has: {there}." if there else f"It has nothing of the kind {kind.name}.",
    )


def _from_file(path: Path) -> list[Entry]:
    try:
        content = parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(f"the mapping {path} cannot be read: {error.strerror}", hint=_SHAPE) from error
    except NotYaml as error:
        raise MappingError(f"the mapping {path} is no YAML{error}", hint=_SHAPE) from error
    except UnicodeDecodeError as error:
        raise MappingError(f"the mapping {path} is no text in UTF-8", hint=_SHAPE) from error
    entries = []
    for kind, names in (content or {}).items() if isinstance(content or {}, dict) else [("", None)]:
        if not isinstance(names, dict):
            raise MappingError(f"{path} is no mapping", hint=_SHAPE)
        entries += [
            Entry(kind=str(kind), source=str(source), target="" if target is None else str(target))
            for source, target in names.items()
        ]
    return entries


def _from_flag(flag: str) -> Entry:
    kind, colon, rest = flag.partition(":")
    source, equals, target = rest.rpartition("=")
    if not (kind and colon and source and equals):
        raise MappingError(
            f"{flag!r} is no mapping", hint="Write KIND:THERE=HERE, for instance flavor:m1.small=t.micro."
        )
    return Entry(kind=kind, source=source, target=target)
