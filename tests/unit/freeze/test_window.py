"""The window: all requests first, one failure one resource, and a measured span."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import pytest

from hoarfrost.errors import AuthenticationFailed, Conflict, NotFound, WentWrong
from hoarfrost.events import AnyEvent, Found, Happened
from hoarfrost.freeze import freeze
from hoarfrost.kinds.field import Keep, Note, Ref
from hoarfrost.kinds.freezing import Progress, Together
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body, Finding, Frozen, Graph, Resource, Window


class Box(Kind):
    """A thing with bytes. ``way`` in its body says how its freezing goes."""

    service, path, key, plural = "x", "/boxes", "box", "boxes"
    sdk = ""
    freezes = True
    mover = "box"
    kept = Keep("name", "colour")
    noted = Note("id", "way", "updated")
    inside = Ref("in", to="box")

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.looked: list[tuple[str, int]] = []
        self.now: dict[str, Body] = {}
        self.together: threading.Barrier | None = None

    def leads(self, body: Body) -> tuple[str, ...]:
        return tuple(f"box/{id}" for id in body.get("leads", ()))

    def freeze_together(self, cloud: Any, borrow: Any, resource: Resource) -> Together:
        self.asked.append(f"all of {resource.id}")
        if "refuses" in resource.body:
            raise Conflict("409, busy")
        led = [id for id in resource.body["leads"] if id != "forgotten"]
        moments = (Frozen(address=f"box/{id}", source="copy", id=f"copy-{id}", requested="") for id in led)
        return Together(tuple(moments), {"+order": led})

    def freeze(self, cloud: Any, borrow: Any, resource: Resource) -> Frozen | Finding | None:
        self.asked.append(resource.id)
        if self.together:
            self.together.wait(5)
        way = resource.body["way"]
        if way == "refused":
            raise Conflict("409, busy", hint="Wait.")
        if way == "locked out":
            raise AuthenticationFailed("401")
        if way == "none":
            return None
        if way == "odd":
            return self.note(resource.body, "warning", "not-frozen", "{} is odd.")
        return Frozen(address=resource.address, source="copy", id=f"copy-{resource.id}", requested="")

    def frozen(self, cloud: Any, moment: Frozen) -> Progress:
        id = moment.address.partition("/")[2]
        looks = sum(1 for one, _ in self.looked if one == id)
        self.looked.append((id, len(self.asked)))
        way = self.now[id]["way"]
        if way == "vanishes":
            raise WentWrong("the copy vanished")
        if way == "slow":
            return ("asked", "frozen", "frozen", "ready")[min(looks, 3)]  # type: ignore[return-value]
        return "ready"

    def show(self, cloud: Any, id: str) -> Body:
        if id not in self.now:
            raise NotFound("404")
        return self.now[id]


class Bare(Kind):
    """A thing without bytes."""

    service, path, key, plural = "x", "/bares", "bare", "bares"
    sdk = ""
    natural: ClassVar[tuple[str, ...]] = ("id",)


class Bench:
    def __init__(self) -> None:
        self.box, self.events = Box(), list[AnyEvent]()
        self.resources: list[Resource] = []

    def add(self, id: str, way: str = "plain", **body: Any) -> Resource:
        whole = {"id": id, "name": id, "way": way, "colour": "red", **body}
        self.box.now[id] = dict(whole)
        self.resources.append(self.box.resource(whole))
        return self.resources[-1]

    def run(self) -> tuple[Window, list[Finding]]:
        kinds = {"box": self.box, "bare": Bare()}
        self.graph = Graph(self.resources)
        return freeze(None, None, self.graph, kinds, self.events.append)  # type: ignore[arg-type]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("hoarfrost.freeze.window._PAUSES", (0.001, 0.001))
    return Bench()


def test_all_requests_go_out_before_anything_is_looked_at(bench: Bench) -> None:
    for number in range(12):
        bench.add(f"b{number}")
    bench.box.together = threading.Barrier(12)  # no request returns until all are out
    window, findings = bench.run()
    assert findings == []
    assert all(asked == 12 for _, asked in bench.box.looked)
    assert [one.address for one in window.moments] == [one.address for one in bench.resources]
    assert all(one.requested <= one.frozen_at <= one.ready for one in window.moments)
    assert window.opened <= window.closed
    assert window.seconds < 5


def test_what_refers_to_others_waits_until_they_are_frozen(bench: Bench) -> None:
    bench.add("server", **{"in": "volume"})
    bench.add("volume", "slow")
    bench.add("other")
    window, _ = bench.run()
    moments = {one.address: one for one in window.moments}
    assert bench.box.asked.index("server") == 2
    assert moments["box/volume"].frozen_at <= moments["box/server"].requested
    looks = [id for id, asked in bench.box.looked if asked < 3]
    assert looks.count("volume") == 2, "it is waited for until it is frozen, not until it is ready"


def test_one_call_freezes_several_and_whoever_needs_them_waits_for_it(bench: Bench) -> None:
    bench.add("twin", **{"in": "shared"})
    bench.add("shared")
    bench.add("leader", "none", leads=["shared", "elsewhere", "forgotten"])
    bench.add("forgotten")
    bench.add("second", "none", leads=["shared"])
    window, findings = bench.run()
    assert findings == []
    assert "shared" not in bench.box.asked and bench.box.asked.count("forgotten") == 1
    assert bench.box.asked.index("all of leader") < bench.box.asked.index("twin")
    assert {one.address: one.id for one in window.moments} == {
        f"box/{id}": f"copy-{id}" for id in ("twin", "shared", "forgotten")
    }
    assert bench.graph["box/leader"].body["+order"] == ["shared", "elsewhere"]


def test_where_one_call_is_refused_each_is_frozen_by_itself(bench: Bench) -> None:
    bench.add("leader", "none", leads=["a", "b"], refuses=True)
    bench.add("a")
    bench.add("b", "refused")
    window, findings = bench.run()
    assert [(one.code, one.severity) for one in findings] == [
        ("not-together", "info"),
        ("not-frozen", "error"),
    ]
    assert [(one.address, one.id) for one in window.moments] == [("box/a", "copy-a"), ("box/b", "")]


def test_circles_are_no_trap(bench: Bench) -> None:
    bench.add("a", **{"in": "b"})
    bench.add("b", **{"in": "a"})
    assert len(bench.run()[0].moments) == 2


def test_one_failure_is_one_finding(bench: Bench) -> None:
    for way in ("refused", "vanishes", "odd", "none", "plain", "slow"):
        bench.add(way, way)
    window, findings = bench.run()
    assert {(one.address, one.severity) for one in findings} == {
        ("box/refused", "error"),
        ("box/vanishes", "error"),
        ("box/odd", "warning"),
    }
    assert next(one for one in findings if one.address == "box/refused").hint == "Wait."
    assert {one.address: bool(one.id) for one in window.moments} == {
        "box/refused": False,
        "box/vanishes": False,
        "box/odd": False,
        "box/plain": True,
        "box/slow": True,
    }
    assert [one.finding for one in bench.events if isinstance(one, Found)] == findings
    frozen = [one.address for one in bench.events if isinstance(one, Happened)]
    assert sorted(frozen) == ["box/plain", "box/slow"]


def test_the_window_closes_when_the_last_is_frozen_not_when_it_is_ready(bench: Bench) -> None:
    bench.add("slow", "slow")
    window, _ = bench.run()
    [moment] = window.moments
    assert window.closed == moment.frozen_at < moment.ready or window.closed == moment.frozen_at
    assert len(bench.box.looked) == 4


def test_what_is_not_ours_is_not_frozen(bench: Bench) -> None:
    body = {"id": "x", "name": "x", "way": "plain"}
    bench.resources = [bench.box.resource(body, owned=False), Bare().resource({"id": "y"})]
    window, findings = bench.run()
    assert (window.moments, window.seconds, findings, bench.box.asked) == ((), 0.0, [], [])
    assert window.opened == window.closed


def test_changes_that_matter_are_marked(bench: Bench) -> None:
    bench.add("same", updated="now")
    bench.add("other")
    bench.add("gone")
    bench.box.now["same"] = {**bench.box.now["same"], "updated": "later"}
    bench.box.now["other"] = {**bench.box.now["other"], "colour": "blue"}
    show = bench.box.show

    def gone(cloud: Any, id: str) -> Body:
        if id == "gone":
            raise NotFound("404")
        return show(cloud, id)

    bench.box.show = gone  # type: ignore[method-assign]
    window, _ = bench.run()
    assert [one.consistency for one in window.moments] == [
        "crash-consistent",
        "changed during the window",
        "changed during the window",
    ]


def test_lost_authentication_stops_everything(bench: Bench) -> None:
    bench.add("x", "locked out")
    with pytest.raises(AuthenticationFailed):
        bench.run()
