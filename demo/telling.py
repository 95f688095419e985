"""How the story is told on a terminal: a line as something begins, its time at its end, tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.table import Table

from demo.compare import Comparison

MIB = 1 << 20
WIDTH = 110
"""Columns that the tables need."""


class Telling:
    """Remembers how long each phase took."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._console.width = max(self._console.width, WIDTH)
        self.phases: dict[str, float] = {}

    @contextmanager
    def phase(self, title: str) -> Iterator[None]:
        self._console.print(f"\n[bold]{len(self.phases) + 1}. {title}[/bold]")
        began = time.monotonic()
        yield
        self.phases[title] = time.monotonic() - began
        self.say(f"({self.phases[title]:.1f} s)")

    def say(self, text: str) -> None:
        self._console.print(f"   {text}", markup=False)

    def table(self, title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
        """The first column is text, the others are figures."""
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for number, name in enumerate(columns):
            table.add_column(name, justify="right" if number else "left", no_wrap=True)
        for row in rows:
            table.add_row(*(str(one) for one in row))
        self._console.print()
        self._console.print(table)


def comparison_rows(comparison: Comparison) -> list[tuple[object, ...]]:
    counts = {kind: count for kind, count in comparison.counts.items() if count.captured or count.restored}
    total = [sum(getattr(one, part) for one in counts.values()) for part in ("captured", "restored", "equal")]
    rows = [(kind, one.captured, one.restored, one.equal) for kind, one in counts.items()]
    return [*rows, ("all", *total)]


def mib(amount: int) -> str:
    return f"{amount / MIB:.1f} MiB"
