"""Several resources at a time: one failure costs one resource, and what stops a run stops it."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import pytest

from hoarfrost.errors import AuthenticationFailed, Cancelled, Damaged, StoreFull, WentWrong
from hoarfrost.events import AnyEvent, Found, Progress
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Finding, Frozen, Graph, Resource, Stream, Window
from hoarfrost.stream import stream
from hoarfrost.stream.incomplete import Incomplete


class File(Kind):
    """Has bytes that are read as they are."""

    service, path, key, plural, sdk, mover = "x", "/files", "file", "files", "", "toy"


class Disk(Kind):
    """Has bytes that must be frozen."""

    service, path, key, plural, sdk, mover = "x", "/disks", "disk", "disks", "", "toy"
    freezes: ClassVar[bool] = True


class Bare(Kind):
    """Has no bytes."""

    service, path, key, plural, sdk = "x", "/bares", "bare", "bares", ""


class Toy:
    """A mover that does what the name of the resource says."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[Frozen | None, Stream | None]] = {}
        self.started = threading.Event()

    def read(
        self, cloud: Any, borrow: Any, resource: Resource, frozen: Any, storage: Any, base: Any, tell: Any
    ) -> Stream:
        self.seen[resource.id] = (frozen, base)
        whole = Stream(address=resource.address, size=3, format="raw", ref="ref")
        if resource.id == "endless":
            self.started.set()
            while True:
                tell(0, 100)
        errors: dict[str, Exception] = {
            "wrong": WentWrong("the image vanished", hint="Look."),
            "damaged": Damaged("segment 3"),
            "partly": Incomplete("two objects are missing", whole),
            "full": StoreFull("no space"),
            "locked": AuthenticationFailed("401"),
            "odd": KeyError("size"),
        }
        if resource.id in errors:
            if resource.id == "full":
                self.started.wait(5)
            raise errors[resource.id]
        for done in range(3):
            tell(done + 1, 3)
        return whole


class Borrowing:
    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()

    def go_on(self) -> None:
        if self.stopped.is_set():
            raise Cancelled("stopped")


def run(
    *resources: Resource,
    moments: tuple[Frozen, ...] = (),
    previous: dict[str, Stream] | None = None,
    toy: Toy | None = None,
    fine: tuple[str, ...] = (),
) -> tuple[list[Stream], list[Finding], Toy, list[AnyEvent]]:
    toy, events = toy or Toy(), list[AnyEvent]()
    kinds: dict[str, Kind] = {"file": File(), "disk": Disk(), "bare": Bare()}
    window = Window(opened="", closed="", seconds=0, moments=moments)
    streams, findings = stream(
        *(
            None,
            Borrowing(),
            Graph(resources),
            window,
            kinds,
            {"toy": toy},
            None,
            (previous or {}).get,
            events.append,
            fine,
        )  # type: ignore[arg-type]
    )
    return streams, findings, toy, events


def a(kind: str, id: str, **more: Any) -> Resource:
    return Resource(kind=kind, id=id, name=id, body={}, **more)


def frozen(id: str, copy: str) -> Frozen:
    return Frozen(address=f"disk/{id}", source="copy", id=copy, requested="")


def test_one_failure_costs_one_resource() -> None:
    streams, findings, _, events = run(
        *(a("file", id) for id in ("one", "wrong", "damaged", "partly", "two"))
    )
    assert [(one.address, one.outcome) for one in streams] == [
        ("file/one", "complete"),
        ("file/wrong", "failed"),
        ("file/damaged", "failed"),
        ("file/partly", "complete"),
        ("file/two", "complete"),
    ]
    assert [(one.address, one.severity, one.code) for one in findings] == [
        ("file/wrong", "error", "bytes-went-wrong"),
        ("file/damaged", "error", "bytes-damaged"),
        ("file/partly", "error", "bytes-incomplete"),
    ]
    assert "the image vanished" in findings[0].sentence
    assert findings[0].hint == "Look."
    assert len([one for one in events if isinstance(one, Found)]) == 3
    assert Progress(stage="stream", address="file/one", done=3, total=3) in events


def test_an_answer_that_nobody_expected_costs_one_resource() -> None:
    streams, findings, _, _ = run(a("file", "odd"), a("file", "one"))
    assert [one.outcome for one in streams] == ["failed", "complete"]
    assert [(one.address, one.severity) for one in findings] == [("file/odd", "error")]
    assert "KeyError: 'size'" in findings[0].sentence


def test_only_what_has_bytes_of_its_own_is_read() -> None:
    streams, findings, toy, _ = run(
        a("bare", "b"),
        a("file", "theirs", owned=False),
        a("file", "automatic", made_by="the cloud"),
        a("disk", "on volumes"),
        a("disk", "good"),
        a("disk", "failed"),
        moments=(frozen("good", "c1"), frozen("failed", "")),
    )
    assert [(one.address, one.outcome) for one in streams] == [
        ("disk/good", "complete"),
        ("disk/failed", "failed"),
    ]
    assert findings == [], "the freeze has said it already"
    assert list(toy.seen) == ["good"]


def test_a_pattern_for_fine_differences_that_fits_nothing_is_said() -> None:
    _, findings, _, events = run(a("file", "one"), a("bare", "b"), fine=("file/two", "file/o*"))
    assert [(one.code, one.severity) for one in findings] == [("fine-unmatched", "warning")]
    assert "file/two" in findings[0].sentence
    assert findings[0].hint == "There is: file/one."
    assert events[0] == Found(stage="stream", finding=findings[0])


def test_the_last_backup_is_handed_to_the_mover() -> None:
    last = Stream(address="file/x", size=1, format="raw", ref="old")
    _, _, toy, _ = run(a("file", "x"), a("file", "y"), previous={"file/x": last})
    assert (toy.seen["x"][1], toy.seen["y"][1]) == (last, None)


@pytest.mark.parametrize(("what", "error"), [("full", StoreFull), ("locked", AuthenticationFailed)])
def test_what_concerns_all_stops_all(what: str, error: type[Exception]) -> None:
    """Also a resource that is under way and would take for ever."""
    with pytest.raises(error):
        run(a("file", what), a("file", "endless"), *(a("file", f"f{number}") for number in range(20)))
    with pytest.raises(error):
        run(a("file", "endless"), a("file", what), *(a("file", f"f{number}") for number in range(20)))
