"""The window: from the first request to freeze something to the last thing frozen, with nothing copied in
between.

Decides the order, and what a failure costs: that one resource. Requests go out together, except that what
refers to others waits until those are frozen: some back ends ask Nova to snapshot an attached volume,
which it refuses while it takes an image of the server. How a resource is frozen says its kind, and what
others one call freezes with it (all volumes of a server that boots from one); if that call is refused, each of
them is frozen by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from msgspec.structs import replace

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.errors import AuthenticationFailed, HoarfrostError, Refused, TimedOut, Unavailable
from hoarfrost.events import Found, Happened, Sink
from hoarfrost.freeze.changed import changed
from hoarfrost.freeze.past import past
from hoarfrost.kinds.freezing import Progress, Together
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body, Finding, Frozen, Graph, Resource, Window

AT_ONCE = 32
"""Requests that go out at the same time."""

LIMIT = 4 * 3600.0
"""Seconds until a copy is given up; an image of a large disk takes its time, with the disk already frozen."""

_PAUSES = (0.2, 1.0)  # seconds between two looks, at first and at most


def freeze(
    cloud: Cloud,
    borrow: Borrow,
    graph: Graph,
    kinds: Mapping[str, Kind],
    sink: Sink,
    snapshots: Iterable[str] = (),
) -> tuple[Window, list[Finding]]:
    """Freeze everything whose kind freezes, and wait until the copies can be read.

    A resource that could not be frozen has a Finding, and a moment without ``id``. What freezing teaches of a
    resource is added to its body in ``graph``. ``snapshots``: patterns of the history whose bytes are to be read too
    (see `past`); it stands still by itself, and its moments are older than the window.
    """
    wanted = [one for one in graph if one.owned and not one.made_by and kinds[one.kind].freezes]
    leaders = _leaders(wanted, kinds)
    work = _Work(cloud, borrow, graph, kinds, leaders, sink)
    opened, began = now(), time.monotonic()
    with ThreadPoolExecutor(AT_ONCE, "freeze") as pool:
        for wave in _waves([one for one in wanted if one.address not in leaders], leaders):
            list(pool.map(work.ask, wave))
            work.wait(pool, {"frozen", "ready"})
        work.wait(pool, {"ready"})
        done = [work.moments[one.address] for one in wanted if one.address in work.moments]
        moments = tuple(pool.map(lambda moment: _marked(cloud, kinds, graph, moment), done))
    closed = max((one.frozen_at for one in moments if one.frozen_at), default=opened)
    for address, learned in work.learned.items():
        graph.add(replace(graph[address], body=graph[address].body | learned))
    seconds = max(work.last - began, 0.0) if moments else 0.0
    older, told = past(graph, kinds, snapshots, sink)
    window = Window(opened=opened, closed=closed, seconds=round(seconds, 3), moments=(*moments, *older))
    return window, work.findings + told


class _Work:
    """What is known of each copy. Lists and dicts are only ever added to, one entry by one thread."""

    def __init__(
        self,
        cloud: Cloud,
        borrow: Borrow,
        graph: Graph,
        kinds: Mapping[str, Kind],
        leaders: Mapping[str, Resource],
        sink: Sink,
    ) -> None:
        self._cloud, self._borrow, self._graph, self._kinds = cloud, borrow, graph, kinds
        self._leaders, self._sink = leaders, sink
        self.learned: dict[str, Body] = {}
        self.moments: dict[str, Frozen] = {}
        self.findings: list[Finding] = []
        self.last = 0.0  # monotonic time at which the latest was seen frozen

    def ask(self, resource: Resource) -> None:
        """Leaves no moment if there is nothing to freeze."""
        led = [address for address, leader in self._leaders.items() if leader is resource]
        if led:
            self._ask_together(resource, led)
        requested = now()
        try:
            answer = self._kinds[resource.kind].freeze(self._cloud, self._borrow, resource)
        except AuthenticationFailed:
            raise
        except HoarfrostError as error:
            answer = self._failed(resource, error)
        if isinstance(answer, Finding):
            self._report(answer)
            answer = Frozen(address=resource.address, source="", id="", requested=requested)
        if answer is not None:
            self.moments[resource.address] = replace(answer, requested=requested)

    def _ask_together(self, leader: Resource, led: list[str]) -> None:
        requested = now()
        try:
            answer = self._kinds[leader.kind].freeze_together(self._cloud, self._borrow, leader)
        except AuthenticationFailed:
            raise
        except HoarfrostError as error:
            self._report(_apart(leader, error))
            answer = Together((), {})
        if answer.learned:
            self.learned[leader.address] = answer.learned
        for moment in answer.moments:
            if moment.address in led:
                self.moments[moment.address] = replace(moment, requested=requested)
        for address in led:
            if address not in self.moments:
                self.ask(self._graph[address])

    def wait(self, pool: ThreadPoolExecutor, enough: set[Progress]) -> None:
        """Look at all of them again and again until each is far enough, or has failed."""
        deadline = time.monotonic() + LIMIT
        pause, longest = _PAUSES
        while open_ := [one for one in self.moments.values() if one.id and _progress(one) not in enough]:
            list(pool.map(lambda moment: self._look(moment, deadline), open_))
            time.sleep(pause)
            pause = min(pause * 1.2, longest)

    def _look(self, moment: Frozen, deadline: float) -> None:
        kind = self._kinds[moment.address.partition("/")[0]]
        try:
            progress = kind.frozen(self._cloud, moment)
            if time.monotonic() > deadline:
                raise TimedOut(f"the copy was not ready after {LIMIT:.0f} s")
        except AuthenticationFailed:
            raise
        except HoarfrostError as error:
            self.moments[moment.address] = replace(moment, id="")
            self._report(self._failed(self._graph[moment.address], error))
            return
        if progress != "asked" and not moment.frozen_at:
            moment = replace(moment, frozen_at=now())
            self.last = max(self.last, time.monotonic())
            self._sink(Happened(stage="freeze", address=moment.address, what="frozen"))
        if progress == "ready":
            moment = replace(moment, ready=now())
        self.moments[moment.address] = moment

    def _failed(self, resource: Resource, error: HoarfrostError) -> Finding:
        sentence = f"{{}} could not be frozen: {error.sentence}"
        return self._kinds[resource.kind].note(resource.body, "error", "not-frozen", sentence, error.hint)

    def _report(self, finding: Finding) -> None:
        self.findings.append(finding)
        self._sink(Found(stage="freeze", finding=finding))


def _leaders(wanted: list[Resource], kinds: Mapping[str, Kind]) -> dict[str, Resource]:
    """address -> the resource with which it is frozen; of several, the first."""
    known = {one.address for one in wanted}
    return {
        address: one
        for one in reversed(wanted)
        for address in kinds[one.kind].leads(one.body)
        if address in known and address != one.address
    }


def _waves(wanted: list[Resource], leaders: Mapping[str, Resource]) -> Iterator[list[Resource]]:
    """Each wave refers only to the waves before it (or to itself, should references go in circles).

    Whoever refers to what is frozen with another waits for that other.
    """
    left = {one.address: one for one in wanted}

    def waits_for(one: Resource) -> Iterator[str]:
        for reference in one.references:
            leader = leaders.get(reference.address)
            address = leader.address if leader else reference.address
            if address != one.address:
                yield address

    while left:
        ready = [one for one in left.values() if not any(address in left for address in waits_for(one))]
        wave = ready or list(left.values())
        for one in wave:
            del left[one.address]
        yield wave


def _progress(moment: Frozen) -> Progress:
    if moment.ready:
        return "ready"
    return "frozen" if moment.frozen_at else "asked"


def _marked(cloud: Cloud, kinds: Mapping[str, Kind], graph: Graph, moment: Frozen) -> Frozen:
    """What cannot be looked at again was not seen to stay as it was."""
    resource = graph[moment.address]
    try:
        stayed = not moment.id or not changed(cloud, kinds[resource.kind], resource)
    except (Refused, Unavailable):
        stayed = False
    return moment if stayed else replace(moment, consistency="changed during the window")


def _apart(leader: Resource, error: HoarfrostError) -> Finding:
    return Finding(
        address=leader.address,
        severity="info",
        code="not-together",
        sentence=f"What belongs to {leader.kind} {leader.name or leader.id} was frozen one by one: {error.sentence}",
    )


def now() -> str:
    """UTC to the millisecond, since a window is short."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
