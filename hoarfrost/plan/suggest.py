"""Which thing of the target takes the place of one that is never restored: flavor, type, external network,
public image.

Decides only that the first rule wins; the rules are the kind's own (`hoarfrost.kinds.stand_in`).
"""

from __future__ import annotations

from typing import NamedTuple

from hoarfrost.kinds.stand_in import Ask


class Suggestion(NamedTuple):
    target: str
    reason: str


def suggest(ask: Ask) -> Suggestion | None:
    """None where nothing on the target is like it."""
    fitting = [one for one in ask.offers if ask.kind.fits(ask.resource.body, one)]
    ask = ask._replace(offers=fitting)
    for rule in ask.kind.stand_ins:
        if found := rule(ask):
            return Suggestion(ask.kind.id(found[0]), found[1])
    return None
