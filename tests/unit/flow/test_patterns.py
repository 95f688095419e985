"""What `back_up` says of patterns that fit nothing: an error where they never could, else a warning at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hoarfrost import flow
from hoarfrost.errors import UsageError
from hoarfrost.events import AnyEvent, Found, silent
from hoarfrost.model import Graph, Resource
from hoarfrost.run import Journal

HISTORY = Graph(
    Resource(kind=kind, id=id, name=name, body={}, owned=owned)
    for kind, id, name, owned in (
        ("volume", "1", "daily", True),
        ("volume_snapshot", "2", "before-upgrade", True),
        ("volume_snapshot", "3", "", True),
        ("volume_snapshot", "4", "somebody's", False),
    )
)


@pytest.mark.parametrize("pattern", ["volumes/db", "network", "db"])
def test_a_kind_without_bytes_is_refused_before_anything_is_done(
    pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: Any = None
    monkeypatch.setenv("HOARFROST_STATE", str(tmp_path))
    with pytest.raises(UsageError, match=f"--fine {pattern}: there is no kind") as caught:
        flow.back_up(nothing, nothing, silent, ["volume", pattern])
    assert "volume" in caught.value.hint
    assert list(Journal.runs()) == []


def test_a_name_with_signs_of_a_pattern_is_matched_by_itself() -> None:
    one = Resource(kind="volume", id="1", name="disk [1]?", body={})
    patterns = ("volume/disk [1]?", "volume/disk*", "volume", "volume/1")
    assert [one.matches([pattern]) for pattern in patterns] == [True] * 4
    assert not one.matches(["volume/disk 1?", "volume/disk [1]"])
    assert one.matches(iter(["x", "volume"]))


@pytest.mark.parametrize("pattern", ["*", "before-*", "volume_snapshot/3", "2"])
def test_snapshots_that_are_there_need_no_word(pattern: str) -> None:
    assert list(flow._no_snapshots([pattern], HISTORY, silent)) == []


@pytest.mark.parametrize(
    ("pattern", "there"),
    [
        ("before_upgrade", "before-upgrade, 3"),
        ("daily", "3, before-upgrade"),
        ("somebody's", "3, before-upgrade"),
    ],
)
def test_snapshots_that_are_not_there_are_warned_of_at_once(pattern: str, there: str) -> None:
    events: list[AnyEvent] = []
    (finding,) = flow._no_snapshots(["*", pattern], HISTORY, events.append)
    assert (finding.severity, finding.hint) == ("warning", f"There is: {there}.")
    assert f"--with-snapshots {pattern} " in finding.sentence
    assert events == [Found(stage="capture", finding=finding)]


def test_where_no_snapshot_is_at_all_all_of_them_are_none() -> None:
    assert list(flow._no_snapshots(["*"], Graph(), silent)) == []
    (finding,) = flow._no_snapshots(["x"], Graph(), silent)
    assert finding.hint == "The project has no snapshot of a volume."
