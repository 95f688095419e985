"""What a run says while it works. Stages send events to a Sink; the command line, a page, metrics read them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hoarfrost.model import Finding


class Event(msgspec.Struct, frozen=True, tag=True):
    """Base of all events; ``stage`` is one word of the flow: capture, freeze, stream, commit, plan, restore, verify,
    undo."""

    stage: str


class StageBegan(Event, frozen=True):
    detail: str = ""


class StageEnded(Event, frozen=True):
    seconds: float
    detail: str = ""


class Progress(Event, frozen=True):
    """Of one thing: ``done`` of ``total`` (bytes or items; ``total`` 0 if unknown), by so many ``requests``."""

    address: str
    done: int
    total: int
    unit: str = "bytes"
    requests: int = 0


class Happened(Event, frozen=True):
    """One thing is over: captured, frozen, stored, created, given back ..."""

    address: str
    what: str


class Found(Event, frozen=True):
    finding: Finding


AnyEvent = StageBegan | StageEnded | Progress | Happened | Found


class Sink(Protocol):
    """Takes events from any thread; never raises."""

    def __call__(self, event: AnyEvent, /) -> None: ...


def silent(event: AnyEvent, /) -> None:
    """The sink that nobody listens to."""
