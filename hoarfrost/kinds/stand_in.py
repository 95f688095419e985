"""Which thing of the target takes the place of one that is never restored: rules that a kind can declare.

The first of its rules that finds something wins. A suggestion that is a guess says so in its reason. The user's
own word comes before all of this (`hoarfrost.plan.mapping`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from hoarfrost.cloud import Cloud
from hoarfrost.model import Body, Graph, Resource

if TYPE_CHECKING:
    from hoarfrost.kinds.kind import Kind, Resolve


class Ask(NamedTuple):
    """What a rule may look at. ``offers``: what the project may use there and what `Kind.fits`."""

    resource: Resource
    kind: Kind
    offers: list[Body]
    graph: Graph
    visible: Callable[[str], list[Body]]
    cloud: Cloud
    resolve: Resolve


Rule = Callable[[Ask], "tuple[Body, str] | None"]
"""The one to take, and why."""


def alike(ask: Ask) -> tuple[Body, str] | None:
    """The same natural key."""
    like = ask.kind.likeness(ask.resource.body, ask.resolve)
    found = [one for one in ask.offers if like is not None and ask.kind.likeness(one) == like]
    return (found[0], f"the same {ask.kind.recognised_by()}") if found else None


def same_name(ask: Ask) -> tuple[Body, str] | None:
    named = [one for one in ask.offers if ask.resource.name and ask.kind.title(one) == ask.resource.name]
    if not named:
        return None
    several = f"a guess: the first of {len(named)} of the same name"
    return named[0], "the same name" if len(named) == 1 else several


def the_only(ask: Ask) -> tuple[Body, str] | None:
    return (ask.offers[0], "a guess: the only one there is") if len(ask.offers) == 1 else None


def own(ask: Ask) -> tuple[Body, str] | None:
    return (ask.offers[0], "the one of the credentials") if len(ask.offers) == 1 else None
