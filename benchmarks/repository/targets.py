"""What the engine is meant to reach, and whether it did. Decides how a target is computed from the figures.

Nothing is taken off anybody's numbers: starting the program and unlocking the repository are in all of them. What
unlocking takes is the case ``unlock``.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Target(NamedTuple):
    figure: str
    value: float
    limit: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        return self.value <= self.limit if self.at_most else self.value >= self.limit


def targets(found: dict[str, Any]) -> list[Target]:
    return [*_first(found), *_increments(found), *_reading(found), *_requests(found)]


def _ratio(found: dict[str, Any], case: str, over: str, key: str = "cpu_s") -> float:
    return float(found[case][over][key] / found[case]["hoarfrost"][key])


def _first(found: dict[str, Any]) -> list[Target]:
    borg = min(_ratio(found, "first", side) for side in ("borg", "borg_fixed"))
    return [
        Target("first: CPU of the limit / ours", _ratio(found, "first", "limit"), 0.85),
        Target("first: wall of the limit / ours", _ratio(found, "first", "limit", "wall_s"), 0.85),
        Target("first: CPU of restic / ours", _ratio(found, "first", "restic"), 3),
        Target("first: CPU of borg's best / ours", borg, 1.5),
    ]


def _increments(found: dict[str, Any]) -> list[Target]:
    def grown(case: str) -> float:
        return float(found[case]["hoarfrost"]["stored_bytes"] / found[case]["changed_bytes"])

    restic = _ratio(found, "random", "restic", "stored_bytes")
    return [
        Target("clustered: stored / changed", grown("clustered"), 1.1, at_most=True),
        Target("clustered: CPU of restic / ours", _ratio(found, "clustered", "restic"), 5),
        Target("random: stored / changed", grown("random"), 3.5, at_most=True),
        Target("random, 16 KiB: stored / changed", grown("random_16k"), 1.7, at_most=True),
        Target("random: stored of restic / ours", restic, 4),
    ]


def _reading(found: dict[str, Any]) -> list[Target]:
    size, data = found["about"]["size"], found["about"]["data"]
    known = found["clustered_known"]
    return [
        Target("unchanged: GB/s of CPU", size / 1e9 / found["unchanged"]["hoarfrost"]["cpu_s"], 2),
        Target(
            "changes known: read / changed sub-blocks",
            known["hoarfrost"]["moved_bytes"] / known["touched_bytes"],
            1,
            at_most=True,
        ),
        Target("restore: CPU of the limit / ours", _ratio(found, "restore", "limit"), 0.85),
        Target("restore: wall of the limit / ours", _ratio(found, "restore", "limit", "wall_s"), 0.85),
        Target("restore: MB/s of CPU, zeros apart", data / 1e6 / found["restore"]["hoarfrost"]["cpu_s"], 500),
    ]


def _requests(found: dict[str, Any]) -> list[Target]:
    """Of the session: all requests count, whatever they ask for."""
    return [
        Target(f"{case}: requests beyond 17 a stored GB", _beyond(found[case]["hoarfrost"]), 20, at_most=True)
        for case in ("first", "clustered", "random", "unchanged")
    ]


def _beyond(figures: dict[str, float]) -> float:
    made = sum(number for key, number in figures.items() if key.startswith("requests_"))
    return max(0.0, made - 17 * figures["stored_bytes"] / 1e9)
