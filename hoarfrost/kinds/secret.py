"""What of a body must never be printed: masked where a body is shown, taken out of sentences that repeat it.

Services put what they refuse into their answers ("Invalid input for psk: ..."); so an error about a thing that has a
secret is looked through before anybody sees it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from hoarfrost.kinds.field import Secret, change, values
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body

MASK = "***"

SHORTEST = 3
"""Characters: what is shorter is in every other word, and no secret."""


def masked(kind: Kind, body: Body) -> Body:
    """A copy that may be shown."""
    shown = copy.deepcopy(body)
    for path in _paths(kind):
        change(shown, path, lambda value: MASK)
    return shown


def scrubbed(kind: Kind, body: Body, text: str) -> str:
    """``text`` without the secrets of ``body``."""
    told = {str(value) for path in _paths(kind) for value in values(body, path)}
    for one in sorted((one for one in told if len(one) >= SHORTEST), key=len, reverse=True):
        text = text.replace(one, MASK)
    return text


def _paths(kind: Kind) -> Iterator[str]:
    return (path for one in kind.fields if isinstance(one, Secret) for path in one.paths)
