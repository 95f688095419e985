"""How the bytes of a resource leave a cloud and enter one: what every mover promises to the stages.

The movers themselves are in `hoarfrost.stream.movers`; a kind names its mover with ``mover = "volume"``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.model import Finding, Frozen, Resource, Stream

if TYPE_CHECKING:
    from hoarfrost.repository import Extent, StreamRef

Tell = Callable[[int, int], None]
"""(bytes done, bytes in all) of the resource that is being moved."""


class Storage(Protocol):
    """What a mover sees of the repository. One stream is one call; extents come in order of offset."""

    def write(
        self,
        name: str,
        size: int,
        extents: Iterable[Extent],
        base: StreamRef | None = None,
        lineage: StreamRef | None = None,
        sub_block: int | None = None,
    ) -> StreamRef:
        """As `repository.Session.write`. What the last two say a mover need not know: they are put in for it."""
        ...

    def keep(self, ref: StreamRef) -> bool:
        """A stream of an earlier backup that is unchanged: it belongs to this backup too.

        False where it is not whole in the repository any more: then the source has to be read again.
        """
        ...

    def read(self, ref: StreamRef, ranges: Iterable[tuple[int, int]] | None = None) -> Iterator[Extent]: ...

    def map(self, ref: StreamRef) -> Iterator[tuple[int, int]]:
        """(offset, length) of what is not zero, in order, without reading the data; may be coarse."""
        ...


class Mover(Protocol):
    """Reads and writes the bytes of one kind, in bounded memory. Everything temporary goes through ``borrow``."""

    def read(
        self,
        cloud: Cloud,
        borrow: Borrow,
        resource: Resource,
        frozen: Frozen | None,
        storage: Storage,
        base: Stream | None,
        tell: Tell,
    ) -> Stream:
        """From the cloud into the repository. ``base``: the stream of the same resource in the last backup."""
        ...

    def supply(
        self, cloud: Cloud, borrow: Borrow, resource: Resource, stream: Stream, storage: Storage, tell: Tell
    ) -> Mapping[str, Any]:
        """Before the resource is created: bring the bytes to the cloud; returns what to add to the create request."""
        ...

    def fill(
        self, cloud: Cloud, resource: Resource, id: str, stream: Stream, storage: Storage, tell: Tell
    ) -> tuple[Finding, ...]:
        """After the resource was created as ``id``: bring the bytes into it. Returns what the user should know."""
        ...
