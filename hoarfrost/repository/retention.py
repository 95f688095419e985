"""Which backups to keep, and why. Decides nothing but that: no store, no clock.

Of each hour, day, week (ISO), month and year the newest backup stands for it, and the newest so many of those that have
one are kept. A backup that any rule keeps is kept, and so is the newest complete one: newer ones that lack something
do not stand for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

_PERIODS: dict[str, Callable[[datetime], tuple[int, ...]]] = {
    "hourly": lambda t: (t.year, t.month, t.day, t.hour),
    "daily": lambda t: (t.year, t.month, t.day),
    "weekly": lambda t: tuple(t.isocalendar()[:2]),
    "monthly": lambda t: (t.year, t.month),
    "yearly": lambda t: (t.year,),
}


class Policy(msgspec.Struct, frozen=True):
    """``last`` backups, one for each of so many periods, and all that are not older than ``within``."""

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: timedelta | None = None

    def __bool__(self) -> bool:
        return self != Policy()


class Verdict(NamedTuple):
    """``reason`` is never empty."""

    id: str
    time: datetime
    keep: bool
    reason: str


def judge(
    backups: Iterable[tuple[str, datetime]], policy: Policy, now: datetime, complete: Collection[str] = ()
) -> list[Verdict]:
    """Each backup with its verdict, the newest first. Times count in the zone they are given in.

    ``complete``: those that lack nothing.
    """
    newest = sorted(backups, key=lambda one: (one[1], one[0]), reverse=True)
    reasons: dict[str, list[str]] = {id: [] for id, _ in newest}
    for number, (id, _) in enumerate(newest[: policy.last], 1):
        reasons[id].append(f"last {number} of {policy.last}")
    for name, period in _PERIODS.items():
        wanted = getattr(policy, name)
        standing: dict[tuple[int, ...], str] = {}
        for id, time in newest:
            standing.setdefault(period(time), id)
        for number, id in enumerate(list(standing.values())[:wanted], 1):
            reasons[id].append(f"{name} {number} of {wanted}")
    for id, time in newest:
        if policy.within is not None and now - time <= policy.within:
            reasons[id].append("within the time that is kept")
    whole = next((id for id, _ in newest if id in complete), None)
    if whole is not None and not reasons[whole]:
        reasons[whole].append("no rule keeps it, but it is the newest complete one")
    return [
        Verdict(id, time, bool(reasons[id]), ", ".join(reasons[id]) or "no rule keeps it")
        for id, time in newest
    ]
