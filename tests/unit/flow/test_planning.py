"""What `make_plan` adds to the plan itself: what this machine knows no more, and patterns that fit nothing."""

from pathlib import Path
from typing import Any

import pytest
from toycloud import KINDS, ToyCloud, backup_of, thing_and_all

from hoarfrost import flow
from hoarfrost.errors import UsageError
from hoarfrost.events import silent
from hoarfrost.plan import Mappings
from hoarfrost.run import Journal


def test_a_damaged_journal_is_named_and_stepped_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud: Any = ToyCloud()
    cloud.add("size", name="small")
    monkeypatch.setenv("HOARFROST_STATE", str(tmp_path))
    monkeypatch.setattr(flow, "KINDS", KINDS)
    monkeypatch.setattr(flow, "load", lambda repository, id: ("whole", backup_of(thing_and_all())))
    journal = Journal.begin("restore", auth_url=cloud.auth_url, project_id=cloud.project_id)
    made, _ = flow.make_plan(cloud, None, "b", Mappings(), "reuse", silent)  # type: ignore[arg-type]
    before = [one.code for one in made.findings]
    path = tmp_path / "runs" / f"{journal.run}.jsonl"
    path.write_bytes(path.read_bytes() + b"\0\n")
    made, _ = flow.make_plan(cloud, None, "b", Mappings(), "reuse", silent)  # type: ignore[arg-type]
    assert [one.code for one in made.findings] == ["journal", *before]
    assert str(path) in made.findings[0].sentence


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("thing/thng", "thing/thing."),
        ("thng/thing", "thing, box"),
        ("red", "label/red."),
        ("", "box, label"),
    ],
)
@pytest.mark.parametrize("option", ["only", "exclude"])
def test_a_pattern_that_fits_nothing_is_refused_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch, option: str, pattern: str, told: str
) -> None:
    monkeypatch.setattr(flow, "load", lambda repository, id: ("whole", backup_of(thing_and_all())))
    patterns: Any = {option: ["box", pattern]}
    with pytest.raises(UsageError, match=f"--{option} {pattern}: ") as caught:
        flow.make_plan(None, None, "b", Mappings(), "reuse", silent, **patterns)  # type: ignore[arg-type]
    assert f"There is: {told}" in caught.value.hint
