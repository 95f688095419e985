"""Work ahead: in order, never more at once or waiting than is said, and what fails is told when its turn comes."""

import threading
from collections.abc import Iterator

import pytest

from hoarfrost.repository.flight import in_flight

MOST = 2


class Work:
    """Counts what is under way, and what was begun."""

    def __init__(self, fails: int = -1) -> None:
        self.begun = self.most = 0
        self._fails = fails
        self._under_way = 0
        self._lock = threading.Lock()
        self._second = threading.Event()

    def __call__(self, job: int) -> int:
        with self._lock:
            self.begun += 1
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            if self.begun > 1:
                self._second.set()
        assert self._second.wait(10)  # the first is not over before there are two
        with self._lock:
            self._under_way -= 1
        if job == self._fails:
            raise ValueError(job)
        return -job


def test_in_order_and_so_many_at_once() -> None:
    work, taken = Work(), 0
    for job, result in in_flight(range(50), work, MOST):
        assert (job, result) == (taken, -taken)
        taken += 1
        assert work.begun - taken < MOST + 2  # of which the last one taken is in use
    assert (taken, work.begun, work.most) == (50, 50, MOST)


def test_one_that_fails_is_told_after_those_before_it_and_the_rest_is_not_begun() -> None:
    work, taken = Work(fails=5), list[int]()
    with pytest.raises(ValueError, match="5"):
        for job, _ in in_flight(range(50), work, MOST):
            taken.append(job)
    assert taken == list(range(5))
    assert work.begun <= 5 + MOST + 2
    assert not [one for one in threading.enumerate() if one.name.startswith("repository-read")]


def test_who_wants_no_more_leaves_nothing_under_way() -> None:
    def jobs() -> Iterator[int]:
        for job in range(50):
            asked.append(job)
            yield job

    work, asked = Work(), list[int]()
    flight = in_flight(jobs(), work, MOST)
    assert next(flight) == (0, 0)
    flight.close()  # type: ignore[attr-defined]
    assert len(asked) == MOST + 2
    assert not [one for one in threading.enumerate() if one.name.startswith("repository-read")]


def test_one_alone_needs_no_thread() -> None:
    ident = threading.get_ident()
    assert list(in_flight([1], lambda _: threading.get_ident(), MOST)) == [(1, ident)]
    assert list(in_flight([], lambda _: ident, MOST)) == []
