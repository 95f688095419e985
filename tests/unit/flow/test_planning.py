"""What `make_plan` adds to the plan itself: what this machine knows no more."""

from pathlib import Path
from typing import Any

import pytest
from toycloud import KINDS, ToyCloud, backup_of, thing_and_all

from hoarfrost import flow
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
