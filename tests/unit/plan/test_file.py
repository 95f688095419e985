"""The plan as a file: readable, editable, and judged when it comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from toycloud import KINDS, ToyCloud, backup_of, thing_and_all

from hoarfrost.errors import PlanError
from hoarfrost.model import Plan
from hoarfrost.plan import fit, plan, read, write
from hoarfrost.plan.file import parse, text

BACKUP = backup_of(thing_and_all())


@pytest.fixture
def cloud() -> ToyCloud:
    made = ToyCloud()
    made.add("size", name="small")
    made.add("label", name="red")
    return made


def planned(cloud: ToyCloud) -> Plan:
    return plan(BACKUP, "b", cloud, KINDS)  # type: ignore[arg-type]


def fitted(content: str, cloud: ToyCloud) -> Plan:
    return fit(parse(content), BACKUP, cloud, KINDS)  # type: ignore[arg-type]


def edited(content: str, address: str, **changes: str | None) -> str:
    file = yaml.safe_load(content)
    (step,) = [one for one in file["steps"] if one["step"] == address]
    step.update(changes)
    return str(yaml.safe_dump(file))


def test_written_and_read_it_is_the_same_plan(cloud: ToyCloud, tmp_path: Path) -> None:
    made = planned(cloud)
    write(made, tmp_path / "plan.yaml")
    assert fit(read(tmp_path / "plan.yaml"), BACKUP, cloud, KINDS) == made  # type: ignore[arg-type]


def test_it_reads_well(cloud: ToyCloud) -> None:
    content = text(planned(cloud))
    assert content.startswith("# A plan of Hoarfrost")
    assert (
        "- step: box/b1\n  name: box\n  action: create\n  reason: nothing there is recognised as it\n"
        in content
    )
    assert "update" not in content.partition("steps:")[2].partition("existing:")[0]


def test_a_step_taken_out_is_skipped_and_what_needs_it_is_impossible(cloud: ToyCloud) -> None:
    file = yaml.safe_load(text(planned(cloud)))
    file["steps"] = [one for one in file["steps"] if one["step"] != "thing/t1"]
    made = {step.node: step for step in fitted(yaml.safe_dump(file), cloud).steps}
    assert made["thing/t1"].action == "skip"
    assert made["machine/m1"].reason.startswith("needs thing thing, which is skipped")


def test_what_was_only_impossible_because_of_another_comes_back_with_it(cloud: ToyCloud) -> None:
    cloud.bodies["/sizes"].clear()
    content = text(planned(cloud))
    large = cloud.add("size", name="large")
    made = {
        step.node: step
        for step in fitted(edited(content, "size/z", action="map", target="large"), cloud).steps
    }
    assert made["size/z"].target == large
    assert made["machine/m1"].action == "create" and "update:machine/m1" in made


def test_a_new_name(cloud: ToyCloud) -> None:
    made = {
        step.node: step for step in fitted(edited(text(planned(cloud)), "box/b1", name="crate"), cloud).steps
    }
    assert made["box/b1"].name == "crate"


@pytest.mark.parametrize(
    ("address", "changes", "told"),
    [
        ("box/b1", {"action": "destroy"}, "cannot be understood"),
        ("box/b1", {"step": "box/b9"}, "not in the backup"),
        ("box/b1", {"step": "box/b2"}, "two steps for box/b2"),
        ("box/b1", {"action": "map"}, "no target"),
        ("box/b1", {"action": "map", "target": "nowhere"}, "the target has no box 'nowhere'"),
        ("size/z", {"action": "create"}, "never created"),
        ("box/b1", {"colour": "red"}, "cannot be understood"),
    ],
)
def test_an_edit_that_cannot_be_meant(
    cloud: ToyCloud, address: str, changes: dict[str, str], told: str
) -> None:
    content = edited(text(planned(cloud)), address, **changes)
    with pytest.raises(PlanError, match=told):
        fitted(content, cloud)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"action": "destroy"}, "'destroy' is no action"),
        ({"action": "update"}, "'update' is no action"),
        ({"action": None}, "None is no action"),
        ({"colour": "red"}, "there is no colour in a step"),
        ({"target": 7}, "Expected `str`, got `int`"),
    ],
)
def test_an_edit_that_is_misunderstood_names_the_step_and_the_words(
    cloud: ToyCloud, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(PlanError) as caught:
        parse(edited(text(planned(cloud)), "box/b1", **changes))
    assert caught.value.sentence == f"the plan cannot be understood in step box/b1 (box): {why}"
    assert "create, reuse, map, skip, impossible" in caught.value.hint


@pytest.mark.parametrize("content", ["", "steps: [", "- a\n- b\n", "format: 99\n"])
def test_no_plan_at_all(content: str) -> None:
    with pytest.raises(PlanError):
        parse(content)


def test_a_target_of_whose_kind_the_user_sees_only_his_own_is_taken_as_it_is(cloud: ToyCloud) -> None:
    """As a member maps the project that something is shared with: he can list no project but his own."""

    class Size(type(KINDS["size"])):  # type: ignore[misc]
        credential = "project_id"

    content = edited(text(planned(cloud)), "size/z", action="map", target="not to be seen")
    with pytest.raises(PlanError, match="the target has no size"):
        fitted(content, cloud)
    kinds = {**KINDS, "size": Size()}
    (step,) = [
        one
        for one in fit(parse(content), BACKUP, cloud, kinds).steps
        if one.address == "size/z"  # type: ignore[arg-type]
    ]
    assert step.target == "not to be seen"
