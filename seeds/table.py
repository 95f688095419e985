"""The table of the seeds, in Markdown: what was there, what was compared, what was announced, what failed."""

from __future__ import annotations

from seeds.story import Row

HEAD = (
    "| seed | into | resources | fields compared | equal | announced | failures |",
    "|---:|---|---:|---:|---:|---:|---:|",
)


def line(row: Row) -> str:
    cells = (row.seed, row.into, row.resources, row.fields, row.equal, len(row.announced), len(row.failures))
    return "| " + " | ".join(str(one) for one in cells) + " |"


def markdown(rows: list[Row]) -> str:
    return "\n".join([*HEAD, *(line(row) for row in rows)])
