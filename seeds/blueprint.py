"""What a tenant is to be, before there is any cloud: an ordered list of things to make, which refer to one another.

Plain data, the same for the same seed. Leaves to `build` how it is made real.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass(frozen=True)
class Id:
    """Stands for what the answer to ``label``'s creation says at ``field``; of ``offer`` it is the cloud's name
    or id for something that it offers. ``form`` may put it into a longer text."""

    label: str
    field: str = ""
    form: str = "{}"


@dataclass(frozen=True)
class Call:
    """A further call, after creation; ``path`` is below the service's endpoint, ``{id}`` in it the new thing's id."""

    method: str
    path: str | Id
    body: Any = None
    raw: bytes | None = None


@dataclass(frozen=True)
class Make:
    """``under``: label of the thing whose collection it is in."""

    label: str
    kind: str
    body: dict[str, Any]
    then: tuple[Call, ...] = ()
    after: tuple[str, ...] = ()
    under: str = ""

    def needs(self) -> set[str]:
        """The labels that have to be there before."""
        asked = (self.body, [call.body for call in self.then], [call.path for call in self.then])
        return {one.label for one in _ids(asked)} - {"offer", ""} | set(self.after) | ({self.under} - {""})


@dataclass
class Blueprint:
    """``things`` in an order in which they may be made one after the other."""

    seed: int
    size: int
    random: Random
    things: list[Make] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        body: dict[str, Any],
        *then: Call,
        after: tuple[str, ...] = (),
        under: str = "",
    ) -> str:
        """Its label."""
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        label = f"{kind}-{number}"
        self.things.append(Make(label, kind, body, then, after, under))
        return label

    def of(self, kind: str) -> list[Make]:
        return [one for one in self.things if one.kind == kind]

    def some(self, kind: str, most: int) -> list[str]:
        """Labels of up to ``most`` things of a kind."""
        labels = [one.label for one in self.of(kind)]
        return self.random.sample(labels, min(len(labels), self.random.randint(0, most)))

    @property
    def manager(self) -> bool:
        """Whether a member alone cannot make it."""
        chosen = [one for one in self.of("floating_ip") if "floating_ip_address" in one.body]
        return bool(self.of("qos_policy") or self.of("network_log") or chosen)


def _ids(value: Any) -> Iterator[Id]:
    if isinstance(value, Id):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _ids(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _ids(one)
