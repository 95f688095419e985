"""How the fidelity of a backup or of a restore is told: one number, and below it every field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

import msgspec

if TYPE_CHECKING:
    from hoarfrost.model import Fate


def told(fates: Iterable[Fate], values: bool, *, only: tuple[str, ...] = ()) -> Any:
    """For programs an object, for people lines: kind, word (of ``only`` these, if any), fields, reasons."""
    from hoarfrost.model import Word, fidelity, percent

    fates = list(fates)
    words = {word: sum(one.count for one in fates if one.word == word) for word in get_args(Word)}
    if values:
        share = round(fidelity(fates), 4)
        return {"share": share, "words": words, "fields": [msgspec.to_builtins(one) for one in fates]}
    counted = ", ".join(f"{count} {word}" for word, count in words.items())
    return "\n".join([f"{percent(fidelity(fates))} ({counted})", *_lines(fates, only or tuple(words))])


def _lines(fates: list[Fate], words: tuple[str, ...]) -> Iterable[str]:
    for kind in dict.fromkeys(one.kind for one in fates):
        for word in reversed(words):
            ours = [one for one in fates if (one.kind, one.word) == (kind, word)]
            if word == "lost":
                yield from (f"{kind}: lost: {one.field} {one.count}: {one.why}" for one in ours)
            elif ours:
                yield f"{kind}: {word}: " + ", ".join(f"{one.field} {one.count}" for one in ours)
