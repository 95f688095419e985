"""What a role may do where the operator has left the policies of 2026 as they come.

Decides only that one role includes another (a manager may what a member may). Clouds differ: what is not held is
told beforehand and tried all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hoarfrost.errors import Forbidden

ORDER = ("reader", "member", "manager", "admin")
"""Each includes those before it. Other roles (creator, load-balancer_member) stand for themselves."""


class Powers(Protocol):
    """What of a cloud decides what can come back: the project and the roles on it, and the extensions of its network
    service."""

    @property
    def roles(self) -> tuple[str, ...]: ...

    @property
    def project_id(self) -> str: ...

    def extensions(self) -> frozenset[str]: ...


def holds(roles: Iterable[str], needed: Iterable[str]) -> bool:
    """Whether one of ``needed`` is among ``roles``, or included in one of them; True where none is needed."""
    held, needed = set(roles), set(needed)
    highest = max((ORDER.index(one) for one in held if one in ORDER), default=-1)
    return not needed or bool(needed & (held | set(ORDER[: highest + 1]))) or "admin" in held


def only_reads(roles: Iterable[str]) -> bool:
    """Whether nothing among ``roles`` lets anything be made."""
    return set(roles) <= {"reader"}


def needed(roles: Iterable[str]) -> str:
    """The roles that a kind names (`reads`, `makes`), in words."""
    return f"the role {' or '.join(roles) or 'of a member'}"


def advice(error: Forbidden, roles: Iterable[str], held: Iterable[str]) -> str:
    """What to do about a refusal of what one of ``roles`` is needed for: what it says itself, else what is lacking."""
    if error.hint != error.default_hint:
        return error.hint
    if holds(held, tuple(roles) or ("member",)):
        return "By OpenStack's policies as they come this role may do it; this cloud's are stricter: ask its operator."
    return f"By OpenStack's policies as they come it takes {needed(roles)}."
