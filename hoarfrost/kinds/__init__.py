"""All kinds of resources, by name, found in the modules of this package: a new one is entered nowhere.

A kind is a class that says a ``path``; one without is a base of others.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.order import kind_order

SERVICES = ("identity", "key-manager", "network", "load-balancer", "image", "block-storage", "compute")
"""Where references leave it open what comes first, these services do, in this order; then any others."""


def _found() -> Iterator[Kind]:
    """By module, and in each as they stand in it."""
    for module in sorted(one.name for one in pkgutil.iter_modules(__path__, f"{__name__}.")):
        classes = (one for one in vars(import_module(module)).values() if isinstance(one, type))
        for one in classes:
            if issubclass(one, Kind) and one.__module__ == module and hasattr(one, "path"):
                yield one()


def _turn(kind: Kind) -> int:
    return SERVICES.index(kind.service) if kind.service in SERVICES else len(SERVICES)


KINDS: dict[str, Kind] = {kind.name: kind for kind in sorted(_found(), key=_turn)}
"""Where references leave it open what comes first, this order decides."""

__all__ = ["KINDS", "Kind", "kind_order"]
