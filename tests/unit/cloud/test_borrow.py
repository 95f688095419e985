"""Temporary resources: written down first, found by name, given back in an order that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hoarfrost.cloud import Borrow, Borrowed, leftovers, wait_until
from hoarfrost.errors import (
    Cancelled,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    TimedOut,
    Unavailable,
    WentWrong,
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoarfrost.cloud.wait.time.sleep", lambda seconds: None)


class Fake:
    """A cloud that holds images, volumes and snapshots; deletion takes two looks."""

    project_id = "p"

    def __init__(self) -> None:
        self.things: dict[str, dict[str, dict[str, Any]]] = {
            plural: {} for plural in ("images", "volumes", "snapshots", "secrets")
        }
        self.deleted: list[str] = []
        self.busy: dict[str, list[Exception]] = {}

    def has(self, service: str) -> bool:
        return True

    def rest(self, service: str, microversion: str = "") -> Fake:
        return self

    def add(self, plural: str, name: str) -> str:
        id = f"{plural}-{len(self.things[plural])}"
        self.things[plural][id] = {"id": id, "name": name, "status": "available", "looks": 2}
        return id

    def list(self, path: str, plural: str, **query: str) -> Iterator[dict[str, Any]]:
        assert path.endswith("/detail") or query == ({"owner": "p"} if plural == "images" else {})
        yield from list(self.things[plural].values())

    def _at(self, path: str) -> tuple[dict[str, dict[str, Any]], str]:
        *_, plural, id = path.split("/")
        return self.things[plural], id

    def get(self, path: str) -> Any:
        things, id = self._at(path)
        if id not in things:
            raise NotFound("404")
        if things[id]["status"] == "deleting":
            things[id]["looks"] -= 1
            if not things[id]["looks"]:
                del things[id]
                raise NotFound("404")
        key = path.split("/")[-2].removesuffix("s")
        return things[id] if key == "image" else {key: things[id]}

    def delete(self, path: str) -> None:
        things, id = self._at(path)
        if self.busy.get(id):
            raise self.busy[id].pop(0)
        self.deleted.append(id)
        things[id]["status"] = "deleting"


class Notes:
    def __init__(self) -> None:
        self.entries: list[Mapping[str, str]] = []

    def record(self, entry: Mapping[str, str]) -> None:
        self.entries.append(dict(entry))


@pytest.fixture
def cloud() -> Fake:
    return Fake()


@pytest.fixture
def notes() -> Notes:
    return Notes()


def lent(cloud: Fake, notes: Notes) -> Borrow:
    return Borrow(cloud, notes, "r1")  # type: ignore[arg-type]


def found(cloud: Fake) -> list[Borrowed]:
    return leftovers(cloud)  # type: ignore[arg-type]


def test_the_intent_comes_before_the_thing(cloud: Fake, notes: Notes) -> None:
    borrow = lent(cloud, notes)

    def make(name: str) -> str:
        assert [one["borrow"] for one in notes.entries] == ["intent"]
        return cloud.add("volumes", name)

    one = borrow.take("volume", make)
    assert one == Borrowed("volume", "volumes-0", "hoarfrost-tmp-r1-1")
    assert notes.entries[-1] == {"borrow": "made", "what": "volume", "id": one.id, "name": one.name}
    borrow.give_back(one)
    assert notes.entries[-1]["borrow"] == "gone"
    assert (cloud.things["volumes"], borrow.held()) == ({}, [])


def test_all_is_given_back_in_an_order_that_works(cloud: Fake, notes: Notes) -> None:
    with lent(cloud, notes) as borrow:
        borrow.take("volume_snapshot", lambda name: cloud.add("snapshots", name))
        borrow.take("volume", lambda name: cloud.add("volumes", name))
        borrow.take("image", lambda name: cloud.add("images", name))
        by_product = cloud.add("snapshots", "snapshot for hoarfrost-tmp-r1-3")
        borrow.adopt("volume_snapshot", by_product, "snapshot for hoarfrost-tmp-r1-3")
        theirs = cloud.add("volumes", "snapshot for the boss")
    assert [one.partition("-")[0] for one in cloud.deleted] == ["images", "volumes", "snapshots", "snapshots"]
    assert list(cloud.things["volumes"]) == [theirs]
    assert found(cloud) == []


def test_killed_between_intent_and_id(cloud: Fake, notes: Notes) -> None:
    """The cloud made it, the answer was lost: it is found by its name, here and by any other machine."""
    borrow = lent(cloud, notes)

    def make(name: str) -> str:
        cloud.add("images", name)
        raise Unavailable("connection lost")

    with pytest.raises(Unavailable):
        borrow.take("image", make)
    assert found(cloud) == [Borrowed("image", "images-0", "hoarfrost-tmp-r1-1")]
    assert borrow.held() == [Borrowed("image", "", "hoarfrost-tmp-r1-1")]
    assert borrow.give_back_all() == []
    assert found(cloud) == []


def test_what_was_refused_is_not_looked_for(cloud: Fake, notes: Notes) -> None:
    borrow = lent(cloud, notes)

    def make(name: str) -> str:
        raise Forbidden("no")

    with pytest.raises(Forbidden):
        borrow.take("image", make)
    assert borrow.held() == []


def test_what_is_busy_is_asked_again(cloud: Fake, notes: Notes) -> None:
    borrow = lent(cloud, notes)
    one = borrow.take("volume", lambda name: cloud.add("volumes", name))
    cloud.busy[one.id] = [Refused("400, status must be available"), Conflict("409"), Unavailable("503")]
    borrow.give_back(one)
    assert cloud.deleted == [one.id]


def test_what_cannot_be_removed_is_said_and_stops_no_other(cloud: Fake, notes: Notes) -> None:
    with lent(cloud, notes) as borrow:
        stuck = borrow.take("volume", lambda name: cloud.add("volumes", name))
        borrow.take("volume", lambda name: cloud.add("volumes", name))
        cloud.busy[stuck.id] = [Forbidden("403, not yours")]
        [finding] = borrow.give_back_all()
    assert (finding.address, finding.severity) == (f"volume/{stuck.id}", "error")
    assert "not yours" in finding.sentence
    assert found(cloud) == [stuck]


def test_a_failed_deletion_is_said(cloud: Fake, notes: Notes) -> None:
    borrow = lent(cloud, notes)
    one = borrow.take("volume_snapshot", lambda name: cloud.add("snapshots", name))
    delete = cloud.delete

    def fails(path: str) -> None:
        delete(path)
        cloud.things["snapshots"][one.id]["status"] = "error_deleting"

    cloud.delete = fails  # type: ignore[method-assign]
    with pytest.raises(WentWrong, match="error_deleting"):
        borrow.give_back(one)


def test_leaving_without_an_answer_to_what_is_left_raises(cloud: Fake, notes: Notes) -> None:
    with pytest.raises(WentWrong, match="could not be removed"), lent(cloud, notes) as borrow:
        one = borrow.take("image", lambda name: cloud.add("images", name))
        cloud.busy[one.id] = [Forbidden("403")]


def test_an_error_on_the_way_is_not_hidden_by_what_is_left(cloud: Fake, notes: Notes) -> None:
    with pytest.raises(KeyError) as caught, lent(cloud, notes) as borrow:
        one = borrow.take("image", lambda name: cloud.add("images", name))
        cloud.busy[one.id] = [Forbidden("403")]
        raise KeyError("mine")
    assert "could not be removed" in caught.value.__notes__[0]


def test_stopping(cloud: Fake, notes: Notes) -> None:
    borrow = lent(cloud, notes)
    borrow.take("image", lambda name: cloud.add("images", name))
    borrow.stop()
    with pytest.raises(Cancelled):
        borrow.go_on()
    with pytest.raises(Cancelled):
        borrow.take("image", lambda name: cloud.add("images", name))
    assert borrow.give_back_all() == []
    assert found(cloud) == []


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("hoarfrost.cloud.wait.time.monotonic", lambda: clock[0])
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr("hoarfrost.cloud.wait.time.sleep", sleep)
    with pytest.raises(TimedOut, match="making tea took longer than 60 s"):
        wait_until(lambda: None, what="making tea", limit=60)
    assert pauses[:3] == [0.3, 0.375, 0.46875]
    assert max(pauses) <= 5
    assert sum(pauses) == pytest.approx(60)
    assert wait_until(lambda: 0, what="x", limit=0) == 0
