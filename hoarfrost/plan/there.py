"""What the target cloud has, each listing asked for once while a plan is made.

Decides nothing; it is what `planner` and `suggest` look at.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, MissingService
from hoarfrost.kinds.kind import Chosen, Kind
from hoarfrost.kinds.role import holds, needed
from hoarfrost.model import Body, Finding, Step


class There:
    """The project on the target cloud, and what others share with it."""

    def __init__(self, cloud: Cloud, kinds: Mapping[str, Kind]) -> None:
        self._cloud, self._kinds = cloud, kinds
        self._own: dict[str, list[Body]] = {}
        self._visible: dict[str, list[Body]] = {}
        self.findings: list[Finding] = []

    def own(self, kind: str) -> list[Body]:
        """What the project owns."""
        if kind not in self._own:
            self._own[kind] = self._listed(kind, self._kinds[kind].enumerate)
        return self._own[kind]

    def visible(self, kind: str) -> list[Body]:
        """Also what others share."""
        if kind not in self._visible:
            self._visible[kind] = self._listed(kind, self._kinds[kind].visible) if kind in self._kinds else []
        return self._visible[kind]

    def name(self, kind: str, id: str) -> str:
        """How one of what was listed already is called, "" if it is not among it."""
        listed = (*self._own.get(kind, ()), *self._visible.get(kind, ()))
        return next((self._kinds[kind].title(one) for one in listed if self._kinds[kind].id(one) == id), "")

    def chosen(self, steps: Mapping[str, Step]) -> Chosen:
        """What takes the place of a thing of the backup by ``steps``; None of what is made anew."""

        def chosen(kind: str, id: str) -> Body | None:
            step = steps.get(f"{kind}/{id}")
            if step is None or not step.target:
                return None
            return next((one for one in self.visible(kind) if self._kinds[kind].id(one) == step.target), None)

        return chosen

    def existing(self, made: Container[str] = ()) -> dict[str, tuple[str, ...]]:
        """Ids by kind of everything that was listed as the project's own, and of the kinds ``made``."""
        return {
            kind: tuple(sorted(self._kinds[kind].id(body) for body in bodies))
            for kind, bodies in sorted(self._own.items())
            if not self._kinds[kind].mapped or kind in made
        }

    def _listed(self, kind: str, listing: Callable[[Cloud], Iterable[Body]]) -> list[Body]:
        if not self._cloud.has(self._kinds[kind].service):
            return []
        try:
            found = list(listing(self._cloud))
            if not found and not holds(self._cloud.roles, self._kinds[kind].reads):
                self._hidden(self._kinds[kind])
            return found
        except (Forbidden, MissingService) as error:
            if self._kinds[kind].administered:
                return []
            self.findings.append(
                Finding(
                    address=kind,
                    severity="warning",
                    code="unreadable",
                    sentence=f"what the target has of the kind {kind} cannot be listed: {error.sentence}",
                    hint="Nothing of it can be recognised or mapped.",
                )
            )
            return []

    def _hidden(self, kind: Kind) -> None:
        """An empty list may be all that this role is shown."""
        if not kind.administered:
            told = kind.name.replace("_", " ")
            self.findings.append(
                Finding(
                    address=kind.name,
                    severity="warning",
                    code="hidden",
                    sentence=f"Whether the target has any of the kind {told} this role may not be shown: the list is"
                    " empty. What is there already would be made a second time.",
                    hint=f"Plan with {needed(kind.reads)}.",
                )
            )
