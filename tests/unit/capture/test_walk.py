"""What capture makes of listings that fail, of borrowed things, and of references that lead outside."""

from collections.abc import Iterator
from typing import Any

import pytest

from hoarfrost.capture import capture
from hoarfrost.errors import Forbidden, MissingService, NotFound, Unavailable
from hoarfrost.events import AnyEvent, Found, Progress, silent
from hoarfrost.kinds import Kind
from hoarfrost.kinds.field import Keep, Ref
from hoarfrost.kinds.role import advice
from hoarfrost.model import Body, Finding, Reference


class Cloud:
    """A cloud that knows a role and counts nothing."""

    requests = 0

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    def metered(self) -> Any:
        return self


CLOUD: Any = Cloud("member")


class Listed(Kind):
    """A kind whose API is a list in memory, or an error in place of one."""

    service, path, key, plural, sdk = "shop", "/things", "thing", "things", ""

    def __init__(self, *bodies: Body, error: Exception | None = None, others: tuple[Body, ...] = ()) -> None:
        self._bodies, self._error, self._others = bodies, error, others

    def enumerate(self, cloud: Any) -> Iterator[Body]:
        yield from self._bodies
        if self._error:
            raise self._error

    def show(self, cloud: Any, id: str) -> Body:
        for body in self._others:
            if body["id"] == id:
                return body
        raise NotFound(f"no {id}")


class Shelf(Listed):
    """Something that others own."""

    owned = False


class Box(Listed):
    """Something that stands on a shelf."""

    kept = Keep("id", "name", "height")
    shelf = Ref("shelf", to="shelf")
    lid = Ref("lid", to="shelf", optional=True)
    maker = Ref("maker", to="shelf", note=True)

    def findings(self, body: Body) -> Iterator[Finding]:
        if body.get("wet"):
            yield self.note(body, "warning", "wet", "{} is {wet}.")

    def recall(self, body: Body, reference: Reference) -> Body | None:
        return {"id": reference.id, "name": "as I knew it"} if body.get("height") else None


def kinds(*boxes: Body, error: Exception | None = None) -> dict[str, Kind]:
    there = ({"id": "oak", "name": "Oak"},)
    return {"box": Box(*boxes, error=error), "shelf": Shelf({"id": "unused", "name": "Unused"}, others=there)}


def test_what_is_owned_is_listed_and_what_it_names_is_adopted() -> None:
    graph, findings = capture(CLOUD, kinds({"id": "b1", "name": "one", "shelf": "oak"}), silent)
    assert {one.address: one.owned for one in graph} == {"box/b1": True, "shelf/oak": False}
    assert findings == []


def test_what_a_run_borrows_is_left_out() -> None:
    names = ("hoarfrost-tmp-x-1", "snapshot for hoarfrost-tmp-x-1", "my hoarfrost-tmp-x-1", "")
    boxes = ({"id": str(place), "name": name, "shelf": "oak"} for place, name in enumerate(names))
    graph, _ = capture(CLOUD, kinds(*boxes), silent)
    assert [one.id for one in graph.of_kind("box")] == ["2", "3"]


@pytest.mark.parametrize(
    ("error", "severity", "code"),
    [(MissingService("no shop"), "info", "absent"), (Forbidden("no"), "error", "unreadable")],
)
def test_a_kind_that_cannot_be_listed_is_a_finding(error: Exception, severity: str, code: str) -> None:
    graph, (finding,) = capture(CLOUD, kinds(error=error), silent)
    assert (len(graph), finding.address, finding.severity, finding.code) == (0, "box", severity, code)


@pytest.mark.parametrize(
    ("error", "roles", "hint"),
    [
        (Forbidden("no"), ("reader",), "it takes the role of a member"),
        (Forbidden("no"), ("member",), "this cloud's are stricter"),
        (Forbidden("no", hint="Knock first."), ("reader",), "Knock first."),
    ],
)
def test_a_refusal_says_what_helps_against_it(error: Forbidden, roles: tuple[str, ...], hint: str) -> None:
    assert hint in advice(error, (), roles)
    cloud: Any = Cloud(*roles)
    _, (finding,) = capture(cloud, kinds(error=error), silent)
    assert finding.hint == f"None of it is in the backup. {advice(error, (), roles)}"


@pytest.mark.parametrize("error", [Unavailable("503"), NotFound("404")])
def test_a_listing_that_breaks_off_stops_the_run(error: Exception) -> None:
    """What it gave before must not stand for everything."""
    with pytest.raises(type(error)):
        capture(CLOUD, kinds({"id": "b1", "name": "one", "shelf": "oak"}, error=error), silent)


def test_a_reference_that_leads_nowhere_is_a_finding() -> None:
    body = {"id": "b1", "name": "one", "shelf": "gone", "lid": "lost", "maker": "dead"}
    graph, findings = capture(CLOUD, kinds(body), silent)
    assert len(graph) == 1
    assert {(one.address, one.code) for one in findings} == {("box/b1", "dangling")}
    told = " ".join(one.sentence for one in findings)
    assert "gone, which cannot be read; it cannot come back" in told
    assert "lost, which cannot be read; it can come back without" in told
    assert "dead" not in told, "lineage may lead nowhere"


def test_a_reference_that_is_more_than_lineage_is_told_whatever_came_first() -> None:
    first = {"id": "b1", "name": "one", "shelf": "oak", "maker": "gone"}
    _, findings = capture(CLOUD, kinds(first, {"id": "b2", "name": "two", "shelf": "gone"}), silent)
    assert [one.address for one in findings] == ["box/b2"]


def test_what_is_gone_is_recalled_from_what_names_it() -> None:
    body = {"id": "b1", "name": "one", "shelf": "gone", "height": 3}
    graph, findings = capture(CLOUD, kinds(body), silent)
    assert graph["shelf/gone"].name == "as I knew it"
    assert findings == []


def test_findings_of_kinds_and_events() -> None:
    events: list[AnyEvent] = []
    body = {"id": "b1", "name": "{curly}", "shelf": "oak", "wet": True}
    _, (finding,) = capture(CLOUD, kinds(body), events.append)
    assert (finding.address, finding.sentence) == ("box/b1", "box {curly} is {wet}.")
    assert [type(one) for one in events] == [Progress, Found]
    assert isinstance(events[0], Progress)
    assert (events[0].address, events[0].done) == ("box", 1)


@pytest.mark.parametrize(
    ("roles", "counted", "found"),
    [
        (("reader",), 3, ("error", "hidden")),
        (("reader",), None, ("warning", "hidden")),
        (("reader",), 0, None),
        (("member",), 3, ("warning", "counted-not-listed")),
        (("manager",), None, None),
        (("member",), 0, None),
    ],
)
def test_an_empty_list_is_not_simply_believed(
    roles: tuple[str, ...],
    counted: int | None,
    found: tuple[str, str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Veiled(Listed):
        """Something that readers are not shown."""

        quota, reads = "veiled", ("member",)

    cloud: Any = Cloud(*roles)
    monkeypatch.setattr("hoarfrost.kinds.quota.Quotas.used", lambda self, service, quota: counted)
    _, findings = capture(cloud, {"veiled": Veiled()}, silent)
    assert [(one.severity, one.code) for one in findings] == ([found] if found else [])
    _, findings = capture(cloud, {"veiled": Veiled({"id": "v", "name": "v"})}, silent)
    assert findings == [], "what is seen is believed"
