"""What every part of the measurement hands back: a table, and what went wrong. Decides how much is a quick run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")
Cell = str | int


class Effort(NamedTuple):
    """``quick``: a sample, for every run of the tests. ``long``: more of what has no end."""

    quick: bool = False
    long: bool = False
    seed: int = 1

    def of(self, quick: int, full: int, long: int | None = None) -> int:
        if self.quick:
            return quick
        return long if self.long and long is not None else full


class Part(NamedTuple):
    """``failures``: each a sentence; there should be none."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    failures: list[str]


class Violation(Exception):
    """A promise that was not kept."""


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most so many of them, evenly, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most < 2:
        return list(items[:most])
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def failed(title: str, trial: Callable[[], object]) -> list[str]:
    """The sentence of a trial that failed, or nothing. Any error counts, that of the trial itself too."""
    try:
        trial()
    except Exception as error:  # noqa: BLE001 - told in the report
        return [f"{title}: {type(error).__name__}: {error}"]
    return []


def total(rows: Iterable[Sequence[Cell]], columns: int) -> tuple[Cell, ...]:
    """A last row that sums the numbers."""
    rows = list(rows)
    sums = (sum(cell for row in rows if isinstance(cell := row[i], int)) for i in range(1, columns))
    return ("all", *sums)
