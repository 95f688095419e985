"""A cheap repository to try things on, and the way to look at everything in it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from hoarfrost.repository import Cost, Limits, Passphrase, Repository, Store, StreamRef
from hoarfrost.repository.stores.memory import MemoryStore

CHEAP = Cost(time=1, memory_kib=64, lanes=1)
SMALL = Limits(pack_bytes=1 << 20, packs_an_index=2)
DECODER = Path(__file__).parents[3] / "docs/format/decoder.py"


def load_decoder() -> ModuleType:
    """The second implementation of the format; shares no line with hoarfrost.repository."""
    spec = importlib.util.spec_from_file_location("decoder", DECODER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def passphrase() -> Passphrase:
    return Passphrase("correct horse")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make(passphrase: Passphrase) -> Callable[[Store], Repository]:
    return lambda store: Repository.init(store, passphrase, cost=CHEAP, limits=SMALL)


@pytest.fixture
def again(passphrase: Passphrase) -> Callable[[Store], Repository]:
    """The repository as another process would open it."""
    return lambda store: Repository.open(store, passphrase, limits=SMALL)


@pytest.fixture
def repository(store: MemoryStore, make: Callable[[Store], Repository]) -> Repository:
    return make(store)


@pytest.fixture
def content() -> Callable[[Repository, StreamRef], bytes]:
    """The bytes of a stream; its extents must be in order, without a gap and as long as they say.

    In the order of packs the same must come, each byte once.
    """

    def read(repository: Repository, ref: StreamRef) -> bytes:
        whole = bytearray(ref.size)
        at = 0
        for extent in repository.read(ref):
            assert extent.offset == at
            assert extent.length > 0
            assert extent.kind in ("data", "zero")
            if extent.data is not None:
                whole[at : extent.end] = extent.data
            at = extent.end
        assert at == ref.size
        scattered = bytearray(b"\xaa" * ref.size)
        for extent in repository.read(ref, ordered=False):
            assert extent.length > 0
            at -= extent.length
            scattered[extent.offset : extent.end] = extent.data or bytes(extent.length)
        assert at == 0
        assert scattered == whole
        return bytes(whole)

    return read
