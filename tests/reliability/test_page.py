"""The page says what the command measured: every part in the form the command writes, with nothing lost in any row."""

import re

import pytest

from reliability.__main__ import PARTS
from reliability.page import PAGE, figures, table, written
from reliability.part import Part

TABLES = re.split(r"^### ", figures(PAGE.read_text(encoding="utf-8")), flags=re.M)[1:]
CELL = re.compile(r"[\d,]+")


def test_the_page_has_a_table_for_every_part() -> None:
    assert len(TABLES) == len(PARTS)


@pytest.mark.parametrize("text", TABLES, ids=lambda text: text.partition("\n")[0])
def test_the_last_column_of_every_table_is_nought(text: str) -> None:
    title, _, header, _, *rows = text.strip().split("\n")
    columns = [cell.strip() for cell in header.strip("|").split("|")]
    parsed = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    cells = [tuple(int(c.replace(",", "")) if CELL.fullmatch(c) else c for c in row) for row in parsed]
    assert cells
    assert all(row[-1] == 0 for row in cells)
    assert table(Part(title, tuple(columns), cells, [])).strip() == f"### {text}".strip()


def test_new_figures_take_the_place_of_old_ones() -> None:
    page = PAGE.read_text(encoding="utf-8")
    part = Part("A part", ("what", "lost"), [("x", 1234), ("y", 0)], [])
    once = written(page, [part])
    assert written(once, [part]) == once
    assert "| x | 1,234 |" in figures(once)
    assert figures(once).count("### ") == len(TABLES) + 1
    assert once.partition("<!--")[0] == page.partition("<!--")[0]
