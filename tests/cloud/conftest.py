"""Tests against a real cloud: which one, a repository in memory, and proof that nothing temporary stays."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from hoarfrost.cloud import Borrow, Cloud, leftovers
from hoarfrost.repository import Cost, Extent, Passphrase, Repository, StreamRef, open_store


@pytest.fixture(scope="session")
def cloud() -> Cloud:
    """A plain member of a project."""
    return Cloud.connect(os.environ.get("HOARFROST_TEST_CLOUD", "devcloud-member"))


@pytest.fixture(scope="session")
def other() -> Cloud:
    """A plain member of another project."""
    return Cloud.connect(os.environ.get("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other"))


@pytest.fixture(scope="session")
def admin() -> Cloud:
    """The administrator, for what only an operator can offer."""
    return Cloud.connect(os.environ.get("HOARFROST_TEST_ADMIN_CLOUD", "devcloud-admin"))


class Notes:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.entries: list[Mapping[str, str]] = []

    def record(self, entry: Mapping[str, str]) -> None:
        self.entries.append(dict(entry))


@pytest.fixture
def borrow(cloud: Cloud) -> Iterator[Borrow]:
    run = f"test{uuid.uuid4().hex[:8]}"
    with Borrow(cloud, Notes(), run) as borrow:
        yield borrow
    assert [one for one in leftovers(cloud) if run in one.name] == []


class Memory:
    """A repository as movers see it. What is read is committed first, since only then it can be read."""

    def __init__(self) -> None:
        cost = Cost(time=1, memory_kib=64, lanes=1)
        self._repository = Repository.init(open_store("memory:"), Passphrase("test"), cost=cost)
        self._stack = ExitStack()
        self._open: list[StreamRef] = []
        self._begin()
        self.kept: list[StreamRef] = []

    def _begin(self) -> None:
        self._session = self._stack.enter_context(self._repository.session("test"))

    def write(
        self,
        name: str,
        size: int,
        extents: Iterable[Extent],
        base: StreamRef | None = None,
        lineage: StreamRef | None = None,
        sub_block: int | None = None,
    ) -> StreamRef:
        ref = self._session.write(name, size, extents, base, lineage, sub_block)
        self._open.append(ref)
        return ref

    def keep(self, ref: StreamRef) -> bool:
        self.kept.append(ref)
        return True

    def read(self, ref: StreamRef, ranges: Iterable[tuple[int, int]] | None = None) -> Iterator[Extent]:
        self._settle(ref)
        return self._repository.read(ref, ranges)

    def map(self, ref: StreamRef) -> Iterator[tuple[int, int]]:
        self._settle(ref)
        return self._repository.map(ref)

    def _settle(self, ref: StreamRef) -> None:
        if ref in self._open:
            self._session.commit(b"{}", {}, self._open)
            self.close()
            self._open = []
            self._begin()

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def storage() -> Iterator[Memory]:
    storage = Memory()
    yield storage
    storage.close()


@pytest.fixture
def undo() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Takes what removes something a test made; done at the end, the last first, all of it."""
    steps: list[Callable[[], object]] = []
    yield steps.append
    errors = []
    for step in reversed(steps):
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the other steps must be done too; raised below
            errors.append(error)
    assert errors == []
