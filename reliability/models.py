"""The searches of the protocol's model (tests/model): how many states, and whether any of them has lost something."""

from __future__ import annotations

from reliability.part import Cell, Effort, Part
from tests.model import collection, repacking
from tests.model.search import search


def measure(effort: Effort) -> Part:
    rows: list[tuple[Cell, ...]] = []
    failures = []
    sizes = {
        "whole packs": [(1, 1)] if effort.quick else [(2, 1), (1, 2)],
        "packs that are rewritten": [(1, 1)] if effort.quick else [(1, 2)],
    }
    for model, name in ((collection, "whole packs"), (repacking, "packs that are rewritten")):
        for writers, collectors in sizes[name]:
            found = search(model.first(writers, collectors), model.Protocol().steps, model.lost)
            title = f"{name}, {writers} writers, {collectors} collectors"
            rows.append((title, len(model.RULES), found.states, int(found.path is not None)))
            if found.path:
                failures.append(f"{title}: lost by {found.path}")
    return Part("States of the protocol's model", ("model", "rules", "states", "lost"), rows, failures)
