"""The figures for people. Decides what stands in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.repository.rounds import Figures
from benchmarks.repository.targets import Target

_SIDES = ("hoarfrost", "restic", "borg", "borg_fixed", "limit")


def show(found: dict[str, Any], targets: list[Target]) -> None:
    """In Markdown, so that it can stand on a page as it is."""
    console = Console(width=120)
    about = found["about"]
    console.print(
        f"{about['size'] >> 20} MiB ext4, {about['data'] / 1e6:.0f} MB of it not zero; "
        f"medians of {about['rounds']} rounds; restic {about['restic']}, borg {about['borg']}; "
        f"{about['cores']} cores, {about['processor']}",
        soft_wrap=True,
    )
    for title, cell in _CELLS.items():
        console.print(_figures(found, title, cell))
    console.print(_targets(targets))


def _times(figures: Figures, ours: Figures) -> str:
    cpu = figures["cpu_s"]
    return f"{cpu:.2f}" if figures is ours else f"{cpu:.2f} ({cpu / ours['cpu_s']:.1f})"


_CELLS: dict[str, Callable[[Figures, Figures], str]] = {
    "CPU s (times ours)": _times,
    "wall s": lambda figures, _: f"{figures['wall_s']:.2f}",
    "stored MB": lambda figures, _: f"{figures['stored_bytes'] / 1e6:.1f}",
    "peak memory MB": lambda figures, _: f"{figures['peak_rss_bytes'] / 1e6:.0f}",
}


def _figures(found: dict[str, Any], title: str, cell: Callable[[Figures, Figures], str]) -> Table:
    table = Table(box=box.MARKDOWN)
    table.add_column(title)
    for side in _SIDES:
        table.add_column(side, justify="right")
    for case, sides in found.items():
        if case != "about":
            ours = sides["hoarfrost"]
            table.add_row(case, *(cell(sides[side], ours) if side in sides else "" for side in _SIDES))
    return table


def _targets(targets: list[Target]) -> Table:
    table = Table(box=box.MARKDOWN)
    table.add_column("target")
    table.add_column("measured", justify="right")
    table.add_column("wanted", justify="right")
    table.add_column("")
    for one in targets:
        sign = "≤" if one.at_most else "≥"
        table.add_row(
            one.figure,
            f"{one.value:.2f}",
            f"{sign} {one.limit:g}",
            "reached" if one.reached else "NOT reached",
        )
    return table
