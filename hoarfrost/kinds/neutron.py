"""What all kinds of Neutron have in common: the fields it keeps itself, and listing by project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import MissingService
from hoarfrost.kinds.field import Note, Ref
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body


class Neutron(Kind):
    """Base of the kinds of the network service."""

    service = "network"
    query: ClassVar[dict[str, str]] = {"project_id": "{project_id}"}

    extension: ClassVar[str] = ""  # alias of the Neutron extension that brings the kind, if it is not core

    def __init_subclass__(cls) -> None:
        """Neutron's quotas bear the names of its resources."""
        super().__init_subclass__()
        if "quota" not in vars(cls):
            cls.quota = getattr(cls, "key", "")

    project = Ref("project_id", to="project", note=True)
    kept_by_neutron = Note(
        "id", "tenant_id", "created_at", "updated_at", "revision_number", "standard_attr_id"
    )

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        self._needs_extension(cloud)
        yield from super().enumerate(cloud)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        self._needs_extension(cloud)
        if self.under:
            yield from super().visible(cloud)
        else:
            yield from self._rest(cloud).list(self.path, self.plural)

    def _needs_extension(self, cloud: Cloud) -> None:
        if self.extension and self.extension not in cloud.extensions():
            raise MissingService(f"The network service has no {self.name} (extension {self.extension}).")
