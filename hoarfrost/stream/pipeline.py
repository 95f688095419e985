"""Several resources at a time through their movers. Decides what one failure costs: the bytes of that
resource.

How bytes are read says the mover; what is to be read says the window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from hoarfrost.cloud import Borrow, Cloud
from hoarfrost.errors import AuthenticationFailed, CloudError, Damaged
from hoarfrost.events import Found, Happened, Progress, Sink
from hoarfrost.kinds.kind import Kind, Severity
from hoarfrost.kinds.mover import Mover, Storage, Tell
from hoarfrost.model import Finding, Frozen, Graph, Resource, Stream, Window
from hoarfrost.pattern import unmatched
from hoarfrost.stream.descended import Descended
from hoarfrost.stream.incomplete import Incomplete
from hoarfrost.stream.movers.content import handle

ODD = (LookupError, TypeError, ValueError, AttributeError)
"""What an answer raises that is not as its API describes it; it costs its own resource and no other."""

Previous = Callable[[str], Stream | None]
"""The stream that the last backup has for an address."""

FINE = 16 << 10

_OFTEN = 0.5  # seconds between two events of progress of one resource


def stream(
    cloud: Cloud,
    borrow: Borrow,
    graph: Graph,
    window: Window,
    kinds: Mapping[str, Kind],
    movers: Mapping[str, Mover],
    storage: Storage,
    previous: Previous,
    sink: Sink,
    fine: Iterable[str] = (),
    workers: int = 3,
) -> tuple[list[Stream], list[Finding]]:
    """The streams of everything that has bytes, in the order of the graph.

    ``previous``: the stream of the last backup for an address. ``fine``: patterns (`Resource.matches`) of what is
    stored in differences of 16 instead of 64 KiB. A resource whose bytes could not be read is there with the
    outcome ``failed`` and has a Finding. Raises what is wrong with more than one resource:
    AuthenticationFailed, and errors of the repository other than damage to what an earlier backup left.
    """
    moments = {one.address: one for one in window.moments}
    fine = tuple(fine)
    work = _Work(cloud, borrow, graph, kinds, movers, storage, previous, sink, fine)
    jobs = [one for one in graph if work.has_bytes(one, moments.get(one.address))]
    findings = list(_unmatched(fine, jobs, sink))
    with ThreadPoolExecutor(workers, "stream") as pool:
        futures = [pool.submit(work.one, one, moments.get(one.address)) for one in jobs]
        try:
            for over in wait(futures, return_when=FIRST_EXCEPTION).done:
                over.result()  # what stops the run does so at once, whatever is still under way before it
            results = [future.result() for future in futures]
        except BaseException:
            borrow.stop()  # those that are under way stop at their next piece or poll
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [stream for stream, _ in results], findings + [one for _, more in results for one in more]


def _unmatched(fine: Iterable[str], jobs: Iterable[Resource], sink: Sink) -> Iterator[Finding]:
    """Said before the first byte is read, when a mistake is still cheap."""
    for one in unmatched(fine, jobs):
        finding = Finding(
            address="",
            severity="warning",
            code="fine-unmatched",
            sentence=f"--fine {one.pattern} fits nothing with bytes in this project, so that nothing is stored finer.",
            hint=f"There is: {one.there}." if one.there else "The project has nothing with bytes.",
        )
        sink(Found(stage="stream", finding=finding))
        yield finding


class _Work:
    def __init__(
        self,
        cloud: Cloud,
        borrow: Borrow,
        graph: Graph,
        kinds: Mapping[str, Kind],
        movers: Mapping[str, Mover],
        storage: Storage,
        previous: Previous,
        sink: Sink,
        fine: tuple[str, ...],
    ) -> None:
        self._cloud, self._borrow, self._storage, self._sink = cloud, borrow, storage, sink
        self._graph, self._kinds, self._movers = graph, kinds, movers
        self._previous, self._fine = previous, fine
        self._done: dict[str, Stream] = {}

    def has_bytes(self, resource: Resource, frozen: Frozen | None) -> bool:
        """What must be frozen and was not has no bytes of its own (a server that boots from a volume)."""
        kind = self._kinds.get(resource.kind)
        if kind is None or not kind.mover or not resource.owned or resource.made_by:
            return False
        return not kind.freezes or frozen is not None

    def one(self, resource: Resource, frozen: Frozen | None) -> tuple[Stream, list[Finding]]:
        if frozen is not None and not frozen.id:
            return _failed(resource), []  # the freeze has said why
        mover = self._movers[self._kinds[resource.kind].mover]
        try:
            base, storage = self._previous(resource.address), self._for(resource)
            done = mover.read(
                self._cloud, self._borrow, resource, frozen, storage, base, self._teller(resource)
            )
        except AuthenticationFailed:
            raise
        except Incomplete as error:
            return error.stream, [self._finding(resource, error, error.severity)]
        except (CloudError, Damaged) as error:
            return _failed(resource), [self._finding(resource, error)]
        except ODD as error:
            odd = CloudError(f"{type(error).__name__}: {error}")
            return _failed(resource), [self._finding(resource, odd)]
        self._done[resource.address] = done
        self._sink(Happened(stage="stream", address=resource.address, what="stored"))
        return done, []

    def _for(self, resource: Resource) -> Storage:
        """The storage, with what this resource descends from and how fine its differences are."""
        grain = FINE if resource.matches(self._fine) else None
        for reference in self._kinds[resource.kind].ancestors(resource.body):
            ancestor = self._graph.get(reference.address)
            if ancestor and self._kinds[ancestor.kind].is_disk(ancestor.body):
                stored = self._done.get(ancestor.address) or self._previous(ancestor.address)
                if stored and stored.ref is not None:
                    return Descended(self._storage, handle(stored), grain)
        return Descended(self._storage, None, grain) if grain else self._storage

    def _finding(
        self, resource: Resource, error: CloudError | Damaged, severity: Severity = "error"
    ) -> Finding:
        lost = (
            f"The bytes of {resource.kind} {_title(resource)} are not whole: " if severity == "error" else ""
        )
        finding = Finding(
            address=resource.address,
            severity=severity,
            code="bytes-" + error.code,
            sentence=lost + error.sentence,
            hint=error.hint,
        )
        self._sink(Found(stage="stream", finding=finding))
        return finding

    def _teller(self, resource: Resource) -> Tell:
        last = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal last
            self._borrow.go_on()
            now = time.monotonic()
            if now - last >= _OFTEN or done >= total:
                last = now
                self._sink(Progress(stage="stream", address=resource.address, done=done, total=total))

        return tell


def _title(resource: Resource) -> str:
    return repr(resource.name) if resource.name else resource.id


def _failed(resource: Resource) -> Stream:
    return Stream(address=resource.address, size=0, format="raw", outcome="failed")
