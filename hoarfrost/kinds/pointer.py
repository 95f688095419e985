"""References whose kind stands in another field of the body, as with what an RBAC policy shares.

They are kept as one field for each kind, ``+network`` or ``+security_group``, which then is an ordinary reference.
"""

from __future__ import annotations

from hoarfrost.errors import PlanError
from hoarfrost.model import Body


def pointed(body: Body, kind: str | None, field: str) -> Body:
    """``body`` with the id in ``field`` also as a reference to ``kind``."""
    return body | {f"+{kind}": body[field]} if kind and body.get(field) else body


def unpointed(wanted: Body, field: str, *, needed: bool = True) -> Body:
    """``wanted`` with the id in ``field`` again. Raises PlanError where there is none and one is needed."""
    found = [value for name, value in wanted.items() if name.startswith("+")]
    if needed and not found:
        raise PlanError(f"what {field} names is of a type that is not known here")
    said = {name: value for name, value in wanted.items() if not name.startswith("+")}
    return said | ({field: found[0]} if found else {})
