"""Seeds that are run again and again: cheap ones with every flow test, and those in which something was once found.

A case may be drawn from some parts only, so that it is small and says what it is about.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """``only``: the parts it is drawn from, as `seeds.draw.tenant` takes them."""

    seed: int
    only: str
    into: str
    why: str


CHEAP = (
    Case(3, "security,network.draw", "same", "duplicate names, rules in circles, IPv6 modes, a router"),
    Case(13, "access,security,objects", "other", "credentials, key pairs, rules, objects of every kind"),
)
"""With the flow tests: together under two minutes on two free cores."""
