"""The events of a run as lines on stderr: a bar where there is a terminal, else one plain line now and then."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from textwrap import fill
from types import TracebackType
from typing import TextIO

from hoarfrost.events import AnyEvent, Found, Happened, Progress, StageBegan, StageEnded
from hoarfrost.model import Finding

EVERY = 10.0
"""Seconds between two plain lines of progress."""

MARK = {"info": "info", "warning": "warning", "error": "ERROR"}

WIDTH = 100
"""Of the sentences in a table: a table is as wide as its longest line."""


def size(count: float) -> str:
    """``1.5 GiB``; binary units."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(count) < 1024 or unit == "TiB":
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("not reached")


_CONTROL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves the cursor, changes colours or the direction of writing, or ends a line; and what is no character."""


def printable(text: str, *, lines: bool = True) -> str:
    """With everything escaped, as in Python, that a terminal would obey instead of showing it.

    ``lines``: but for the ends of lines. Names and labels are others' to choose, and could draw over what stands beside
    them.
    """
    shown = _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
    return shown if lines else shown.replace("\n", "\\n")


def finding_line(finding: Finding) -> str:
    hint = f" ({finding.hint})" if finding.hint else ""
    address = f"{finding.address}: " if finding.address else ""
    return f"{MARK[finding.severity]}: {address}{finding.sentence}{hint}"


def finding_lines(findings: Iterable[Finding]) -> str:
    """The weightiest first, for the cell of a table."""
    ordered = sorted(findings, key=lambda one: -list(MARK).index(one.severity))
    return "\n".join(wrapped(finding_line(one)) for one in ordered) or "none"


def wrapped(text: str, width: int = WIDTH) -> str:
    """A sentence or an enumeration as lines for the cell of a table."""
    return fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


class Reporter(AbstractContextManager["Reporter"]):
    """A sink for a human. ``detail`` also prints each thing that happened."""

    def __init__(self, stream: TextIO, *, detail: bool = False, quiet: bool = False) -> None:
        self._stream, self._detail, self._quiet = stream, detail, quiet
        self._lock = threading.Lock()
        self._moving: dict[str, Progress] = {}
        self._last = time.monotonic()
        self._bar: _Bar | None = _Bar(stream) if stream.isatty() and not quiet else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, event: AnyEvent, /) -> None:
        with self._lock:
            match event:
                case StageBegan():
                    self._moving.clear()
                    self._line(f"{event.stage}: {event.detail}" if event.detail else f"{event.stage} ...")
                case StageEnded():
                    self._line(f"{event.stage}: {event.detail or 'done'} in {event.seconds:.1f} s")
                case Found():
                    if event.finding.severity != "info" or self._detail:
                        self._line("  " + finding_line(event.finding))
                case Happened():
                    self._moving.pop(event.address, None)
                    if self._detail:
                        self._line(f"  {event.address}: {event.what}")
                case Progress():
                    self._progress(event)

    def _progress(self, event: Progress) -> None:
        self._moving[event.address] = event
        moving = [one for one in self._moving.values() if one.unit == event.unit]
        done, total = sum(one.done for one in moving), sum(one.total for one in moving)
        if self._bar:
            self._bar.show(event.stage, done, total)
        elif time.monotonic() - self._last >= EVERY:
            if event.unit == "bytes":
                self._line(
                    f"  {event.stage}: {len(moving)} under way, {size(done)} of their {size(total)} done"
                )
            else:
                self._line(f"  {event.stage}: {done} {event.unit} so far")

    def _line(self, text: str) -> None:
        self._last = time.monotonic()
        if self._quiet:
            return
        text = printable(text, lines=False)
        if self._bar:
            self._bar.line(text)
        else:
            print(text, file=self._stream, flush=True)


class _Bar:
    """A bar of `rich` at the foot of the terminal."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
        from rich.progress import Progress as RichProgress

        self._progress = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task("", visible=False)

    def show(self, stage: str, done: int, total: int) -> None:
        self._progress.update(
            self._task, description=stage, completed=done, total=max(total, 1), visible=total > 0
        )

    def line(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)
        self._progress.update(self._task, visible=False)

    def stop(self) -> None:
        self._progress.stop()
