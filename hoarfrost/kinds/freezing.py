"""How one moment of a resource is held fast, and which bytes of its history can be read.

Decides nothing of when: the stage `hoarfrost.freeze` calls these, in its order.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.model import Body, Finding, Frozen, Graph, Resource

Progress = Literal["asked", "frozen", "ready"]
"""Of a copy of one moment: not yet there; of that moment, but not to be read yet; to be read."""


class Together(NamedTuple):
    """What one call froze: the moment of each, and what it said of the resource that no other call says."""

    moments: tuple[Frozen, ...]
    learned: Body


class Past(NamedTuple):
    """What takes the bytes of history, of which moment they are, and what the history's own body then says."""

    holder: Resource
    moment: Frozen
    learned: Body


class Freezing:
    """What a kind with bytes overrides; without that there is nothing to freeze."""

    def freeze(self, cloud: Cloud, borrow: Borrow, resource: Resource) -> Frozen | Finding | None:
        """Ask for a copy of this moment; do not wait for it. The caller sets the times.

        None: it has no bytes of its own. A Finding says why it has none that could be read.
        """
        return None

    def leads(self, body: Body) -> tuple[str, ...]:
        """Addresses of what `freeze_together` freezes with one call, so that it need not be frozen by itself."""
        return ()

    def freeze_together(self, cloud: Cloud, borrow: Borrow, resource: Resource) -> Together:
        """What has no moment in the answer, or all of it if this raises, is frozen by itself after all."""
        return Together((), {})

    def past(self, resource: Resource, graph: Graph, wanted: bool) -> Past | Finding | None:
        """Of history: how its bytes are read, if that is ``wanted``; a Finding says why they are not."""
        return None

    def frozen(self, cloud: Cloud, moment: Frozen) -> Progress:
        """How far the copy is. Raises WentWrong when there will be none."""
        return "ready"
