"""The page about the format is enough to read a repository: a decoder written from it alone does."""

import random

from hoarfrost.repository import Extent, Repository
from hoarfrost.repository.layout import SEGMENT
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.decoder import Decoder


def test_a_second_implementation_reads_the_same(repository: Repository, store: MemoryStore) -> None:
    block = random.Random(4).randbytes(70_000)
    large = 66 * SEGMENT + 5  # level 1, two nodes
    with repository.session("format") as session:
        streams = [
            session.write_bytes("empty", b""),
            session.write_bytes("small", b"small"),
            session.write_bytes("mixed \u00e9", block + bytes(SEGMENT) + b"text" * 400_000),
            session.write(
                "large", large, [Extent(64 * SEGMENT - 7, 14, b"over the edge!"), Extent(large - 1, 1, b"z")]
            ),
        ]
        session.commit(b"the manifest", {"n": 4}, streams)
    ((summary, manifest, found),) = Decoder(store.objects, "correct horse").backups()
    assert (summary, manifest) == ({"n": 4}, b"the manifest")
    assert found["empty"] == b""
    assert found["small"] == b"small"
    assert found["mixed \u00e9"] == block + bytes(SEGMENT) + b"text" * 400_000
    assert len(found["large"]) == large
    at = 64 * SEGMENT - 7
    assert found["large"][at : at + 14] == b"over the edge!"
    assert found["large"].count(0) == large - 15
