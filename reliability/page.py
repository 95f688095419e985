"""The tables as they stand in docs/explanation/reliability.md. Decides nothing about what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reliability.part import Cell, Part

PAGE = Path(__file__).parents[1] / "docs/explanation/reliability.md"
_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"


def table(part: Part) -> str:
    lines = [f"### {part.title}", "", _row(part.columns), "|" + "---|" * len(part.columns)]
    return "\n".join([*lines, *(_row(row) for row in part.rows), ""])


def _row(cells: Sequence[Cell]) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |"


def figures(page: str) -> str:
    """What stands between the marks."""
    return page.partition(_BEGIN)[2].partition(_END)[0]


def written(page: str, parts: Sequence[Part]) -> str:
    """The page with new figures in the place of those it had; tables of other parts stay."""
    tables = {text.partition("\n")[0]: f"### {text}".strip() for text in figures(page).split("### ")[1:]}
    tables |= {part.title: table(part).strip() for part in parts}
    before, _, rest = page.partition(_BEGIN)
    body = "\n\n".join(tables.values())
    return f"{before}{_BEGIN}\n\n{body}\n\n{_END}{rest.partition(_END)[2]}"
