"""What is otherwise only mapped, made by somebody who may, from what the backup says of it."""

from __future__ import annotations

from typing import Any

import pytest
from toycloud import KINDS, Killed, Memory, Size, ToyCloud, ToyMover, backup_of, thing_and_all

from hoarfrost.errors import Refused
from hoarfrost.events import silent
from hoarfrost.model import Plan
from hoarfrost.plan import fit, plan
from hoarfrost.plan.file import parse, text
from hoarfrost.restore import Outcome, apply, undo

BACKUP = backup_of(thing_and_all())


class Whole(Size):
    key, makes = "size", ("admin",)

    def by_value(self, body: Any) -> bool:
        return True


Whole.name = "size"
WHOLE: Any = {**KINDS, "size": Whole()}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def target(role: str = "admin") -> Any:
    cloud = ToyCloud()
    cloud.roles = (role,)
    cloud.add("size", name="large")
    return cloud


def run(made: Plan, cloud: Any, ledger: Memory) -> Outcome:
    storage: Any = None
    movers: Any = {"thing": ToyMover()}
    return apply(made, BACKUP, cloud, WHOLE, movers, storage, ledger, silent)


def action(made: Plan) -> str:
    return next(step.action for step in made.steps if step.address == "size/z")


def test_only_who_may_makes_it_and_only_where_nothing_is_like_it() -> None:
    assert action(plan(BACKUP, "b", target("member"), WHOLE)) == "impossible"
    assert action(plan(BACKUP, "b", target(), WHOLE)) == "create"
    assert action(plan(BACKUP, "b", target(), KINDS)) == "impossible"
    there = target()
    there.add("size", name="small")
    assert action(plan(BACKUP, "b", there, WHOLE)) == "map"


def test_it_is_made_before_what_needs_it_and_taken_back() -> None:
    cloud, ledger = target(), Memory()
    made = fit(parse(text(plan(BACKUP, "b", cloud, WHOLE))), BACKUP, cloud, WHOLE)
    assert action(made) == "create"
    outcome = run(made, cloud, ledger)
    assert outcome.status == "complete", outcome.findings
    assert cloud.names("size") == ["large", "small"]
    sizes = {body["size_id"] for body in cloud.bodies["/machines"].values()}
    assert sizes == {outcome.ids["size/z"]}
    assert undo(made, cloud, WHOLE, ledger, silent).status == "complete"
    assert cloud.names("size") == ["large"]


def test_what_was_made_beside_is_remembered_and_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, ledger, there = target(), Memory(), set[str]()

    def made_beside(self: Whole, cloud: Any, id: str, body: Any) -> str | None:
        assert id not in there
        there.add(f"beside {id}")
        return f"beside {id}"

    def take_along(self: Whole, cloud: Any, beside: str) -> None:
        assert beside.removeprefix("beside ") not in cloud.bodies["/sizes"], "it goes first"
        there.remove(beside)

    monkeypatch.setattr(Whole, "beside", made_beside)
    monkeypatch.setattr(Whole, "take_along", take_along)
    made = plan(BACKUP, "b", cloud, WHOLE)
    id = run(made, cloud, ledger).ids["size/z"]
    assert there == {f"beside {id}"}
    ledger.record({"plan": made.id, "node": "size/z", "state": "done", "id": id})
    assert undo(made, cloud, WHOLE, ledger, silent).status == "complete"
    assert there == set()


def test_what_was_made_beside_goes_also_of_what_failed_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """And last, as several may share it."""
    cloud, ledger, taken = target(), Memory(), list[str]()

    def refuse(self: Whole, *_: Any) -> None:
        raise Refused("no")

    def take_along(self: Whole, cloud: Any, beside: str) -> None:
        assert all(not one for path, one in cloud.bodies.items() if path != "/sizes")
        taken.append(beside)
        if len(taken) > 1:
            raise Refused("it is in use")

    monkeypatch.setattr(Whole, "beside", lambda *_: "specs")
    monkeypatch.setattr(Whole, "made", refuse)
    monkeypatch.setattr(Whole, "take_along", take_along)
    made = plan(BACKUP, "b", cloud, WHOLE)
    assert run(made, cloud, ledger).status == "partial"
    assert undo(made, cloud, WHOLE, ledger, silent).status == "complete"
    assert taken == ["specs"] and cloud.names("size") == ["large"]
    again = undo(made, cloud, WHOLE, ledger, silent)
    assert again.status == "partial" and "beside size specs" in again.findings[0].sentence


@pytest.mark.parametrize("at", range(4))
def test_a_run_that_was_cut_makes_no_second_one(at: int) -> None:
    cloud, ledger = target(), Memory(die_at=at)
    made = plan(BACKUP, "b", cloud, WHOLE)
    with pytest.raises(Killed):
        run(made, cloud, ledger)
    ledger.die_at = -1
    assert run(made, cloud, ledger).status == "complete"
    assert cloud.names("size") == ["large", "small"]
