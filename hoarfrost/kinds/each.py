"""One request for each of many things, a few at a time: where an API's list does not say everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE = 8


def each(work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """``work(item)`` of every item, in their order. Raises what the first failing one raised."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="each") as pool:
        yield from pool.map(work, list(items))
