"""A repository of each format version, made once, is read for ever; the published vectors hold for both programs."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hoarfrost.errors import RoleForbids
from hoarfrost.repository import Extent, Passphrase, Repository, StreamRef
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.ring import Ring
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import DECODER, SMALL, load_decoder

GOLDEN = Path(__file__).parents[2] / "golden"


def load_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", GOLDEN / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return load_maker()


@pytest.fixture
def golden() -> MemoryStore:
    """A copy: nothing writes into the golden one."""
    store = MemoryStore()
    root = GOLDEN / "v2"
    store.objects = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    return store


def whole(repository: Repository, ref: StreamRef, ordered: bool) -> bytes:
    out = bytearray(ref.size)
    for extent in repository.read(ref, ordered=ordered):
        out[extent.offset : extent.end] = extent.data or bytes(extent.length)
    return bytes(out)


@pytest.mark.parametrize("ordered", [True, False])
def test_the_golden_repository_is_read(golden: MemoryStore, maker: ModuleType, ordered: bool) -> None:
    repository = Repository.open(golden, Passphrase(maker.PASSPHRASE))
    found = {
        backup.summary["name"]: {
            name: whole(repository, ref, ordered) for name, ref in backup.streams.items()
        }
        for backup in repository.backups()
    }
    assert found == maker.contents()
    assert [backup.manifest() for backup in repository.backups()] == [
        b'{"golden": "first"}',
        b'{"golden": "second"}',
    ]


def test_the_golden_repository_is_read_by_the_decoder(maker: ModuleType) -> None:
    decoder = load_decoder()
    repository = decoder.Repository(decoder.Folder(GOLDEN / "v2"), maker.PASSPHRASE)
    found = {
        snap["summary"]["name"]: {
            name: b"".join(repository.segments(*row)) for name, *row in repository.streams(snap)
        }
        for _, snap in repository.backups()
    }
    assert found == maker.contents()


def test_the_golden_repository_is_written_on(golden: MemoryStore, maker: ModuleType) -> None:
    writer = Repository.open(golden, Passphrase("writer"), limits=SMALL)
    base = writer.backups()[-1].find("child")
    assert base is not None
    data = maker.contents()["second"]["child"]
    changed = b"x" * 9000 + data[9000:]
    with writer.session("now") as session:
        ref = session.write("child", len(changed), [Extent(0, len(changed), changed)], base)
        session.commit(b"", {"name": "third"}, [ref])
    assert 0 < ref.new <= 3 * 65536
    assert whole(Repository.open(golden, Passphrase(maker.PASSPHRASE)), ref, True) == changed
    with pytest.raises(RoleForbids):
        Repository.open(golden, Passphrase("keeper")).session("x").__enter__()


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return json.loads((DECODER.parent / "vectors.json").read_text(encoding="utf-8"))


def test_the_vectors_are_what_the_product_derives(vectors: dict[str, Any], maker: ModuleType) -> None:
    assert json.loads(json.dumps(maker.vectors())) == vectors
    keys = Keys(Ring.decode(bytes.fromhex(vectors["ring"])))
    for seal in vectors["seals"]:
        purpose, key = keys.open_seal(b"HFP2", bytes.fromhex(seal["head"]), seal["name"])
        assert purpose == seal["class"]
        sealed = AESGCM(bytes.fromhex(seal["key"])).encrypt(bytes(12), b"x", None)
        assert key.decrypt(bytes(12), sealed, None) == b"x"


def test_the_vectors_are_what_the_decoder_derives(vectors: dict[str, Any]) -> None:
    decoder = load_decoder()
    ring = decoder.Ring(decoder.msgpack(bytes.fromhex(vectors["ring"])), bytes.fromhex(vectors["repo"]))
    derived = {
        "meta": ring.meta,
        "id": ring.id,
        "fingerprint": ring.fingerprint,
        "prints": ring.prints,
        "seal": ring.secret,
    }
    assert {name: key.hex() for name, key in derived.items()} == {
        name: key for name, key in vectors["keys"].items() if name != "slots"
    }
    for seal in vectors["seals"]:
        key = ring.open(b"HFP2", seal["class"], bytes.fromhex(seal["head"]), seal["name"])
        sealed = AESGCM(bytes.fromhex(seal["key"])).encrypt(bytes(12), b"x", None)
        assert key.decrypt(bytes(12), sealed, None) == b"x"
    segment = vectors["segment"]
    noise = blake3(segment["noise"].encode()).digest(length=segment["length"])
    data = noise[: segment["zeros_at"]] + bytes(segment["zeros"]) + noise[segment["zeros_at"] :]
    assert ring.segment_id(data, 65536).hex() == segment["id_64k"]
    assert ring.segment_id(data, 16384).hex() == segment["id_16k"]
    assert ring.prints_of(noise[:65536], 65536)[0].hex() == vectors["block"]["fingerprint"]
    assert ring.named(6, bytes.fromhex(vectors["patch"]["named"])).hex() == vectors["patch"]["id"]
    below = [bytes.fromhex(one) for one in vectors["content"]["below"]]
    assert decoder.content_id(ring.id, below).hex() == vectors["content"]["id"]
    d = vectors["digest"]
    whole = (
        d["size"].to_bytes(8, "little") + d["sub_block"].to_bytes(4, "little") + bytes.fromhex(d["content"])
    )
    assert ring.named(0, whole).hex() == d["digest"]
    assert ring.named(10, vectors["tag"]["name"].encode()).hex() == vectors["tag"]["tag"]
