"""What the cloud makes along with something stands for what came along with the captured one."""

from __future__ import annotations

from typing import Any

import pytest
from toycloud import ALONG, Memory, ToyCloud, backup_of

from hoarfrost.events import silent
from hoarfrost.model import Backup, Plan
from hoarfrost.plan import plan
from hoarfrost.restore import apply, undo
from hoarfrost.verify import compare

BODIES: list[tuple[str, dict[str, Any]]] = [
    ("latch", {"id": "k", "name": "latch", "lock_id": "l"}),
    ("lock", {"id": "l", "name": "lock"}),
    ("door", {"id": "d", "name": "door", "lock_id": "l"}),
]
BACKUP = backup_of([ALONG[kind].resource(body) for kind, body in BODIES])


class Doors(ToyCloud):
    """Every door comes with a lock."""

    def post(self, path: str, body: Any, headers: Any = None) -> Any:
        made = super().post(path, body, headers)
        if path == "/doors":
            door = self.bodies[path][made["door"]["id"]]
            self.bodies["/locks"]["new"] = {"id": "new", "name": "", "status": "ready"}
            door["lock_id"] = "new"
        return made


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def planned(cloud: Any, backup: Backup = BACKUP, **how: Any) -> Plan:
    return plan(backup, "b", cloud, ALONG, **how)


def test_a_reference_to_what_came_along_leads_to_what_comes_along() -> None:
    cloud: Any = Doors()
    made = planned(cloud)
    places = {step.node: place for place, step in enumerate(made.steps)}
    assert places["door/d"] < places["update:latch/k"]
    assert {step.node: step.reason for step in made.steps}["lock/l"] == "comes with door door"
    assert [one.code for one in made.findings if one.code == "reference-lost"] == []
    storage: Any = None
    outcome = apply(made, BACKUP, cloud, ALONG, {}, storage, Memory(), silent)
    (latch,) = cloud.bodies["/latches"].values()
    assert latch["lock_id"] == outcome.ids["lock/l"] == "new"
    there = backup_of(
        [kind.resource(body) for kind in ALONG.values() for body in kind.enumerate(cloud)]
    ).graph()
    assert compare(BACKUP, made, outcome.ids, there, ALONG, cloud).findings == []


def test_what_does_not_come_along_is_said_beforehand() -> None:
    cloud: Any = Doors()
    (lost,) = (one for one in planned(cloud, exclude=["door"]).findings if one.code == "reference-lost")
    assert lost.address == "latch/k"


def test_what_sweeps_others_away_is_removed_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(ALONG["latch"]), "sweeps", True)
    cloud: Any = Doors()
    made, ledger, storage = planned(cloud), Memory(), None
    apply(made, BACKUP, cloud, ALONG, {}, storage, ledger, silent)  # type: ignore[arg-type]
    undo(made, cloud, ALONG, ledger, silent)
    assert cloud.changed("delete") == ["latch", "door"]
    monkeypatch.setattr(type(ALONG["latch"]), "sweeps", False)
    monkeypatch.setattr(type(ALONG["door"]), "sweeps", True)
    cloud, ledger = Doors(), Memory()
    apply(made := planned(cloud), BACKUP, cloud, ALONG, {}, storage, ledger, silent)  # type: ignore[arg-type]
    undo(made, cloud, ALONG, ledger, silent)
    assert cloud.changed("delete") == ["door", "latch"]
