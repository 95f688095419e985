"""What `restore show` and `restore apply` say of a plan file, before any cloud is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hoarfrost.cli.app import main
from hoarfrost.model import Plan, Step
from hoarfrost.plan import write
from hoarfrost.run import Journal

GROUP = "11111111-2222-3333-4444-555555555555"
RULE = f"ingress IPv4 tcp 5432 from {GROUP}"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("HOARFROST_REPOSITORY", raising=False)
    steps = (
        Step(address=f"security_group/{GROUP}", name="web", action="create", reason="new"),
        Step(address="security_group_rule/r", name=RULE, action="skip", reason="left out by choice"),
        Step(address="application_credential/a", name="robot", action="create", reason="new"),
    )
    made = Plan(id="p", backup="b", made="", auth_url="", project_id="", project_name="", steps=steps)
    write(made, tmp_path / "plan.yaml")
    return str(tmp_path / "plan.yaml")


def test_people_see_names_where_programs_see_ids(plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", "show", plan]) == 0
    out = capsys.readouterr().out
    assert "ingress IPv4 tcp 5432 from web" in out and GROUP not in out
    assert main(["restore", "show", plan, "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[1]["name"] == RULE
    assert main(["restore", "show", plan, "-f", "value", "-c", "name"]) == 0
    assert capsys.readouterr().out.splitlines() == ["web", RULE, "robot"]


def test_a_secret_for_nothing_is_said_before_anything_else(
    plan: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("secret")
    assert main(["restore", "apply", plan, "--app-secret", f"nosuch={tmp_path / 'f'}"]) == 2
    said = capsys.readouterr().err
    assert "nosuch" in said and "It makes: robot." in said


def test_a_plan_that_was_applied_is_overwritten_by_none(
    plan: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOARFROST_STATE", str(tmp_path / "state"))
    journal = Journal.begin("restore", plan="p")
    journal.record({"plan": "p", "node": "network/n", "state": "made", "id": "x"})
    before = Path(plan).read_bytes()
    assert main(["restore", "plan", "latest", "--output", plan, "--force"]) == 2
    assert "was applied on this machine" in capsys.readouterr().err
    assert Path(plan).read_bytes() == before
