"""What is put around a store: repeating, limits, read-only; and that a put whose answer was lost is still ours."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoarfrost.errors import Missing, NameTaken, StoreError, StoreFull, StoreRefused, StoreUnavailable
from hoarfrost.repository.stores.counted import CountedStore
from hoarfrost.repository.stores.limited import LimitedStore
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.probe import probe
from hoarfrost.repository.stores.readonly import ReadOnlyStore
from hoarfrost.repository.stores.retried import RetriedStore
from hoarfrost.repository.stores.store import Buffer
from hoarfrost.repository.stores.wrapped import WrappedStore
from tests.unit.repository.fault_stores import FaultyStore


class LostAnswer(WrappedStore):
    """The first put is done, and nobody hears of it; ``meanwhile`` happens before the second."""

    def __init__(self, store: MemoryStore, done: bool = True, meanwhile: bytes = b"") -> None:
        super().__init__(store)
        self.done, self.meanwhile, self.puts = done, meanwhile, 0

    def put_new(self, name: str, data: Buffer) -> None:
        self.puts += 1
        if self.puts == 1:
            if self.done:
                super().put_new(name, data)
            raise StoreUnavailable("time-out")
        if self.meanwhile and self.puts == 2:
            super().put_new(name, self.meanwhile)
        super().put_new(name, data)


def hasty(store: WrappedStore, tries: int = 7) -> RetriedStore:
    return RetriedStore(store, tries=tries, sleep=lambda _: None)


def test_a_put_that_was_done_before_its_answer_was_lost_is_ours() -> None:
    store = hasty(LostAnswer(MemoryStore()))
    store.put_new("snaps/a", memoryview(b"ours"))
    assert store.get("snaps/a") == b"ours"
    with pytest.raises(NameTaken):
        store.put_new("snaps/a", b"ours")  # no doubt here: somebody made it, with the same bytes


@pytest.mark.parametrize("theirs", [b"them", b"longer than ours"])
def test_a_name_that_another_took_meanwhile_is_theirs(theirs: bytes) -> None:
    store = hasty(LostAnswer(MemoryStore(), done=False, meanwhile=theirs))
    with pytest.raises(NameTaken):
        store.put_new("snaps/a", b"ours")
    assert store.get("snaps/a") == theirs


def test_what_may_help_is_repeated_with_growing_waits_and_an_end() -> None:
    waits: list[float] = []
    counted = CountedStore(FaultyStore(MemoryStore(), 1, before=1))
    with pytest.raises(StoreUnavailable):
        RetriedStore(counted, tries=9, sleep=waits.append).get("format")
    assert counted.requests["get"] == 9
    assert len(waits) == 8
    assert all(0 <= wait <= min(20, 2**tried) for tried, wait in enumerate(waits))
    assert max(waits) > 2


def test_a_store_that_does_not_answer_is_told_of_at_the_first_failure_and_not_at_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[int] = []
    store = RetriedStore(
        FaultyStore(MemoryStore(), 1, before=1), sleep=lambda _: told.append(len(caplog.records))
    )
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            store.get("format")
    assert told == [1] * 12
    assert "Trying again up to 6 times, for 51 s or so." in caplog.text


def test_to_run_it_again_is_advised_only_where_a_store_had_answered() -> None:
    faulty = FaultyStore(MemoryStore(), 1, before=1)
    with pytest.raises(StoreUnavailable) as caught:
        hasty(faulty).get("format")
    assert "check the address" in caught.value.hint and "Run the same" not in caught.value.hint
    store = hasty(faulty)
    faulty._chances["before"] = 0
    with pytest.raises(Missing):
        store.get("format")
    faulty._chances["before"] = 1
    with pytest.raises(StoreUnavailable) as caught:
        store.get("format")
    assert caught.value.hint == StoreUnavailable.default_hint


@pytest.mark.parametrize(
    "error", [StoreFull("x"), StoreRefused("x"), StoreError("x"), NameTaken("x"), Missing("x")]
)
def test_what_cannot_help_is_not_repeated(error: Exception) -> None:
    class Stubborn(WrappedStore):
        asked = 0

        def put_new(self, name: str, data: Buffer) -> None:
            self.asked += 1
            raise error

    store = Stubborn(MemoryStore())
    with pytest.raises(type(error)):
        hasty(store).put_new("format", b"x")
    assert store.asked == 1


@given(seed=st.integers(0, 2**32), names=st.lists(st.sampled_from("abcdef"), max_size=30))
def test_over_a_line_that_fails_often_a_store_is_what_it_was(seed: int, names: list[str]) -> None:
    faulty = FaultyStore(MemoryStore(), seed, before=0.2, after=0.2)
    store = hasty(faulty, tries=60)
    kept: dict[str, bytes] = {}
    for number, name in enumerate(names):
        data = b"%d" % number
        if number % 4 == 3:
            store.delete(name)
            kept.pop(name, None)
        elif name in kept:
            with pytest.raises(NameTaken):
                store.put_new(name, data)
        else:
            store.put_new(name, data)
            kept[name] = data
        assert {name: store.get(name) for name, _ in store.list("")} == kept


def test_read_only() -> None:
    under = MemoryStore()
    under.put_new("format", b"x")
    store = ReadOnlyStore(under)
    assert (store.get("format"), store.size("format"), list(store.list(""))) == (b"x", 1, [("format", 1)])
    for change in (lambda: store.put_new("snaps/a", b""), lambda: store.delete("format")):
        with pytest.raises(StoreRefused, match="read-only"):
            change()
    assert list(under.objects) == ["format"]


def test_bandwidth_is_kept_on_average_both_ways() -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    store = LimitedStore(MemoryStore(), bandwidth=1000, clock=lambda: now, sleep=sleep)
    for number in range(10):
        store.put_new(f"packs/{number}", bytes(500))
    assert now == pytest.approx(4.5)  # the last one has begun
    store.get("packs/0")
    store.get_range("packs/0", 0, 100)
    store.size("packs/0")
    assert now == pytest.approx(5.6)


def test_so_many_requests_at_once() -> None:
    class Watched(MemoryStore):
        running = most = 0
        lock = threading.Lock()

        def get(self, name: str) -> bytes:
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            try:
                gate.wait(0.05)
                return super().get(name)
            finally:
                with self.lock:
                    self.running -= 1

    gate = threading.Event()
    watched = Watched()
    watched.put_new("format", b"x")
    store = LimitedStore(watched, requests=3)
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(store.get, ["format"] * 24)) == [b"x"] * 24
    assert watched.most == 3


class Overwriting(MemoryStore):
    """A server that does not know If-None-Match."""

    def put_new(self, name: str, data: Buffer) -> None:
        self.objects[name] = bytes(data)


class Inverted(MemoryStore):
    """A server that understood it the other way round."""

    def put_new(self, name: str, data: Buffer) -> None:
        if name not in self.objects:
            raise NameTaken(name)
        self.objects[name] = bytes(data)


class Lying(MemoryStore):
    def put_new(self, name: str, data: Buffer) -> None:
        taken = name in self.objects
        self.objects[name] = bytes(data)
        if taken:
            raise NameTaken(name)


class Whole(MemoryStore):
    def get_range(self, name: str, offset: int, length: int) -> bytes:
        return self.get(name)


class Keeping(MemoryStore):
    def delete(self, name: str) -> None:
        self.deleted = name


@pytest.mark.parametrize("kind", [Overwriting, Inverted, Lying, Whole, Keeping])
def test_the_probe_finds_what_would_lose_backups(kind: type[MemoryStore]) -> None:
    store = kind()
    with pytest.raises(StoreError):
        probe(store)
    assert store.objects == {} or kind is Keeping
