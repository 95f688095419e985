"""Applying a plan: order, duplicates, what a failure stops, what a second run does, taking it back."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from toycloud import KINDS, Killed, Memory, ToyCloud, ToyMover, backup_of, thing_and_all

from hoarfrost.errors import Conflict, NotFound, PlanError, Unavailable
from hoarfrost.events import silent
from hoarfrost.model import Backup, Plan
from hoarfrost.plan import fit, plan
from hoarfrost.restore import Outcome, apply, undo

BACKUP = backup_of(thing_and_all())


def target() -> ToyCloud:
    cloud = ToyCloud()
    cloud.add("size", name="small")
    cloud.add("box", name="somebody's")
    return cloud


def planned(cloud: ToyCloud, backup: Backup = BACKUP) -> Plan:
    return plan(backup, "b", cloud, KINDS)  # type: ignore[arg-type]


def run(
    made: Plan, cloud: ToyCloud, ledger: Memory, mover: ToyMover | None = None, workers: int = 4
) -> Outcome:
    storage: Any = None
    movers: Any = {"thing": mover or ToyMover()}
    return apply(made, BACKUP, cloud, KINDS, movers, storage, ledger, silent, workers=workers)  # type: ignore[arg-type]


def looks(cloud: ToyCloud) -> list[Any]:
    """Everything there is, by names instead of ids; two clouds that look alike are alike."""
    names = {id: f"{body['name']}" for bodies in cloud.bodies.values() for id, body in bodies.items()}
    names |= {id: f"{body['box_id'] and body['name']}" for id, body in cloud.bodies["/slots"].items()}
    seen = []
    for path, bodies in cloud.bodies.items():
        for body in bodies.values():
            told = {
                k: [names.get(v, v) for v in value] if isinstance(value, list) else names.get(value, value)
                for k, value in body.items()
                if k != "id"
            }
            seen.append((path, sorted(told.items(), key=str)))
    return sorted(seen, key=str)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def undisturbed() -> list[Any]:
    cloud = target()
    assert run(planned(cloud), cloud, Memory()).status == "complete"
    return looks(cloud)


def test_everything_is_made_once_with_references_bytes_and_late_updates() -> None:
    cloud = target()
    outcome = run(planned(cloud), cloud, Memory())
    assert outcome.counts() == {"mapped": 1, "created": 9, "updated": 4}
    machines = {body["name"]: body for body in cloud.bodies["/machines"].values()}
    assert machines["machine1"]["peer_id"] == machines["machine2"]["id"]
    assert all(slot["lit"] for slot in cloud.bodies["/slots"].values())
    for n in "12":
        thing = cloud.bodies["/things"][outcome.ids[f"thing/t{n}"]]
        assert thing["bytes"] == f"bytes of t{n}"
        assert thing["slot_id"] == outcome.ids[f"slot/s{n}"]
        assert machines[f"machine{n}"]["things"] == [thing["id"]]
    assert all(box.get("tags") == ["kept"] for box in cloud.bodies["/boxes"].values() if box["name"] == "box")


def test_late_update_comes_after_things_and_before_machines() -> None:
    cloud = target()
    run(planned(cloud), cloud, Memory())
    calls = [
        (verb, path)
        for verb, path, _ in cloud.log
        if (verb, path) in (("post", "/things"), ("put", "/slots"), ("post", "/machines"))
    ]
    assert calls == [("post", "/things")] * 2 + [("put", "/slots")] * 2 + [("post", "/machines")] * 2


def test_second_apply_makes_nothing() -> None:
    cloud, ledger = target(), Memory()
    made = planned(cloud)
    run(made, cloud, ledger)
    before, looked = list(cloud.log), looks(cloud)
    outcome = run(made, cloud, ledger)
    assert cloud.log == before and looks(cloud) == looked
    assert outcome.counts() == {"mapped": 1, "present": 13}


def test_second_apply_makes_nothing_without_its_journal() -> None:
    cloud = target()
    made = planned(cloud)
    first = run(made, cloud, Memory())
    before, fresh = list(cloud.log), Memory()
    for _ in range(2):
        outcome = run(made, cloud, fresh)
        assert cloud.log == before
        assert outcome.count("created") == 0 and outcome.status == "complete"
        assert set(outcome.ids.values()) == set(first.ids.values())


def records_of_a_whole_run() -> int:
    cloud, ledger = target(), Memory()
    run(planned(cloud), cloud, ledger)
    return len(ledger.entries)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("at", range(records_of_a_whole_run()))
def test_killed_at_any_record_and_resumed_is_as_if_undisturbed(at: int, workers: int) -> None:
    cloud, ledger = target(), Memory(die_at=at)
    made = planned(cloud)
    with pytest.raises(Killed):
        run(made, cloud, ledger, workers=workers)
    ledger.die_at = -1
    outcome = run(made, cloud, ledger, workers=workers)
    assert outcome.status == "complete"
    assert looks(cloud) == undisturbed()


@pytest.mark.parametrize("at", range(0, records_of_a_whole_run() - 4, 3))
def test_killed_twice(at: int) -> None:
    cloud, ledger = target(), Memory(die_at=at)
    made = planned(cloud)
    with pytest.raises(Killed):
        run(made, cloud, ledger)
    ledger.die_at = len(ledger.entries) + 2
    with pytest.raises(Killed):
        run(made, cloud, ledger)
    ledger.die_at = -1
    assert run(made, cloud, ledger).status == "complete"
    assert looks(cloud) == undisturbed()


def test_a_failed_step_stops_only_what_depends_on_it() -> None:
    cloud, ledger = target(), Memory()
    made = planned(cloud)
    cloud.fail[("post", "slot1")] = Conflict("no")
    outcome = run(made, cloud, ledger)
    words = {(one.address, one.what) for one in outcome.done}
    assert outcome.status == "partial"
    assert (
        ("slot/s1", "failed") in words
        and ("thing/t1", "skipped") in words
        and ("machine/m1", "skipped") in words
    )
    assert ("machine/m2", "created") in words and ("label/l", "created") in words
    assert cloud.names("machine") == ["machine2"]
    assert [one.address for one in outcome.findings if one.severity == "error"] == ["slot/s1"]
    cloud.fail.clear()
    assert run(made, cloud, ledger).status == "complete"
    assert looks(cloud) == undisturbed()


def test_something_optional_that_fails_is_done_without() -> None:
    cloud = target()
    made = planned(cloud)
    cloud.fail[("post", "red")] = Conflict("no")
    run(made, cloud, Memory())
    assert [body.get("label_id") for body in cloud.bodies["/machines"].values()] == [None, None]


def test_half_made_is_told_and_replaced_by_the_next_run() -> None:
    cloud, ledger = target(), Memory()
    made = planned(cloud)
    cloud.broken.add("slot1")
    outcome = run(made, cloud, ledger)
    assert "half-made" in {one.code for one in outcome.findings}
    cloud.broken.clear()
    assert run(made, cloud, ledger).status == "complete"
    assert cloud.changed("delete") == ["slot1"]
    assert looks(cloud) == undisturbed()


def test_bytes_that_stopped_half_way_are_brought_by_the_next_run() -> None:
    cloud, ledger, mover = target(), Memory(), ToyMover()
    made = planned(cloud)
    mover.fail["thing"] = Unavailable("the line is dead")
    assert run(made, cloud, ledger, mover).count("failed") == 2
    assert run(made, cloud, ledger).status == "complete"
    assert looks(cloud) == undisturbed()


def test_something_else_that_is_missing_does_not_make_a_second_one() -> None:
    """What a half-made thing needs is not found: that thing itself is there, and stays the only one."""
    cloud, ledger, mover = target(), Memory(), ToyMover()
    made = planned(cloud)
    mover.fail["thing"] = Unavailable("the line is dead")
    run(made, cloud, ledger, mover)
    mover.fail["thing"] = NotFound("the image behind it is gone")
    assert run(made, cloud, ledger, mover).count("failed") == 2
    assert cloud.names("thing") == ["thing", "thing"]
    assert run(made, cloud, ledger).status == "complete"
    assert looks(cloud) == undisturbed()


def test_what_a_user_removed_is_made_again() -> None:
    cloud, ledger = target(), Memory()
    made = planned(cloud)
    first = run(made, cloud, ledger)
    del cloud.bodies["/machines"][first.ids["machine/m1"]]
    assert run(made, cloud, ledger).counts() == {"mapped": 1, "present": 11, "created": 1, "updated": 1}


def test_undo_removes_what_was_made_and_nothing_else() -> None:
    cloud, ledger = target(), Memory()
    cloud.add("label", name="red")
    before = looks(cloud)
    made = planned(cloud)
    assert run(made, cloud, ledger).count("reused") == 1
    outcome = undo(made, cloud, KINDS, ledger, silent)  # type: ignore[arg-type]
    assert outcome.counts() == {"removed": 8} and outcome.status == "complete"
    assert looks(cloud) == before
    order = [path for verb, path, _ in cloud.log if verb == "delete"]
    assert [path for path, _ in itertools.groupby(order)] == ["/machines", "/things", "/slots", "/boxes"]
    assert undo(made, cloud, KINDS, ledger, silent).done == ()  # type: ignore[arg-type]


def test_undo_goes_on_after_a_refusal() -> None:
    cloud, ledger = target(), Memory()
    made = planned(cloud)
    run(made, cloud, ledger)
    cloud.fail[("delete", "red")] = Unavailable("the line is dead")
    outcome = undo(made, cloud, KINDS, ledger, silent)  # type: ignore[arg-type]
    assert (outcome.status, outcome.counts()) == ("partial", {"removed": 8, "failed": 1})
    assert cloud.names("label") == ["red"]


def test_a_plan_for_another_project_is_refused() -> None:
    made = planned(target())
    with pytest.raises(PlanError, match="made for the project"):
        run(made, ToyCloud("elsewhere"), Memory())


def test_a_plan_whose_target_is_gone_is_refused() -> None:
    cloud = target()
    made = planned(cloud)
    cloud.bodies["/sizes"].clear()
    with pytest.raises(PlanError, match="not there any more"):
        run(made, cloud, Memory())
    assert cloud.log == []


def test_a_fitted_plan_is_the_same_plan() -> None:
    cloud = target()
    made = planned(cloud)
    assert fit(made, BACKUP, cloud, KINDS) == made  # type: ignore[arg-type]


def test_somebody_s_nameless_thing_is_never_taken_for_ours() -> None:
    """One without a name is like any other: not what was there before the plan, nor what came after it."""
    cloud = target()
    cloud.add("thing", name="", bytes="precious")
    resources = [
        KINDS[one.kind].resource({**one.body, "name": ""}) if one.kind == "thing" else one
        for one in thing_and_all()
        if one.kind != "size"
    ]
    sizes = [one for one in thing_and_all() if one.kind == "size"]
    backup = backup_of([*sizes, *resources])
    made = planned(cloud, backup)
    cloud.add("thing", name="", bytes="also precious")
    storage: Any = None
    movers: Any = {"thing": ToyMover()}
    outcome = apply(made, backup, cloud, KINDS, movers, storage, Memory(), silent)  # type: ignore[arg-type]
    assert outcome.counts() == {"mapped": 1, "created": 9, "updated": 4}
    bytes = sorted(body["bytes"] for body in cloud.bodies["/things"].values())
    assert bytes == ["also precious", "bytes of t1", "bytes of t2", "precious"]
