"""The page about the format is enough to read a repository: the decoder, written from it alone, reads the same."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hoarfrost.repository import Extent, Passphrase, Repository, open_store
from hoarfrost.repository.carried_objects import carried
from hoarfrost.repository.layout import FRAME, SEGMENT, padded
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, DECODER, SMALL, load_decoder

Read = Callable[[MemoryStore], list[tuple[dict[str, object], bytes, dict[str, bytes]]]]


class Objects:
    """A store as the decoder sees it."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get(self, name: str) -> bytes:
        return self.objects[name]

    def cut(self, name: str, offset: int, length: int) -> bytes:
        return self.objects[name][offset : offset + length]

    def list(self, prefix: str) -> list[str]:
        return sorted(name for name in self.objects if name.startswith(prefix + "/"))


@pytest.fixture
def decoded() -> Read:
    def read(store: MemoryStore) -> list[tuple[dict[str, object], bytes, dict[str, bytes]]]:
        repository = load_decoder().Repository(Objects(store.objects), "correct horse")
        return [
            (
                snap["summary"],
                repository.manifest(snap),
                {
                    name: b"".join(repository.segments(size, root, digest))
                    for name, size, root, digest in repository.streams(snap)
                },
            )
            for _, snap in repository.backups()
        ]

    return read


@pytest.mark.parametrize("sub_block", [65536, 16384])
def test_the_decoder_reads_the_same(
    repository: Repository, store: MemoryStore, decoded: Read, sub_block: int
) -> None:
    block = random.Random(4).randbytes(70_000)
    large = 66 * SEGMENT + 5  # two pages and a node
    mixed = block + bytes(SEGMENT) + b"text" * 400_000 + block * 20
    patched = mixed[:500_000] + b"patch" * 20_000 + mixed[600_000:]
    with repository.session("format") as session:
        first = session.write("mixed \u00e9", len(mixed), [Extent(0, len(mixed), mixed)], sub_block=sub_block)
        streams = [
            session.write_bytes("empty", b""),
            session.write_bytes("small", b"small"),
            first,
            session.write("patched", len(patched), [Extent(0, len(patched), patched)], first),
            session.write(
                "large", large, [Extent(64 * SEGMENT - 7, 14, b"over the edge!"), Extent(large - 1, 1, b"z")]
            ),
        ]
        session.commit(b"the manifest", {"n": 4}, streams)
    ((summary, manifest, found),) = decoded(store)
    assert (summary, manifest) == ({"n": 4}, b"the manifest")
    assert found["empty"] == b""
    assert found["small"] == b"small"
    assert found["mixed \u00e9"] == mixed
    assert found["patched"] == patched
    assert len(found["large"]) == large
    at = 64 * SEGMENT - 7
    assert found["large"][at : at + 14] == b"over the edge!"
    assert found["large"].count(0) == large - 15


def test_packs_that_no_index_lists_are_read(
    repository: Repository, store: MemoryStore, decoded: Read
) -> None:
    with repository.session("format") as session:
        session.commit(b"m", {}, [session.write_bytes("x", b"x" * 100)])
    for name, _ in list(store.list("index/")):
        del store.objects[name]
    ((_, manifest, found),) = decoded(store)
    assert (manifest, found) == (b"m", {"x": b"x" * 100})


def test_every_repository_carries_the_decoder_and_its_instructions(
    store: MemoryStore, repository: Repository
) -> None:
    assert store.objects["decoder-py"] == DECODER.read_bytes() == carried("decoder-py")
    assert b"decoder-py FOLDER" in store.objects["how-to-restore"]
    assert len(DECODER.read_text(encoding="utf-8").splitlines()) < 400
    assert "hoarfrost" not in DECODER.read_text(encoding="utf-8").replace("hoarfrost 2", "").replace(
        "hoarfrost repository", ""
    )


def test_the_carried_decoder_restores_from_files_alone(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "r"))
    repository = Repository.init(store, Passphrase("p\u00e4ss"), cost=CHEAP, limits=SMALL)
    with repository.session("x") as session:
        refs = [session.write_bytes(f"s/{i}", b"%d" % i * 99_999) for i in range(3)]
        made = session.commit(b"{}", {"project": "\u00e9"}, refs)
    (tmp_path / "pass").write_text("p\u00e4ss\n", encoding="utf-8")
    command = [sys.executable, "-I", str(tmp_path / "r/decoder-py"), str(tmp_path / "r")]
    done = subprocess.run(
        [*command, "--backup", made.id[:9], "--out", str(tmp_path / "out")],
        env={"HOARFROST_PASSPHRASE_FILE": str(tmp_path / "pass"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
    )
    assert "\u00e9" in done.stdout.decode()
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        "000000",
        "000001",
        "000002",
        "manifest",
    ]
    assert (tmp_path / "out/000002").read_bytes() == b"2" * 99_999
    with repository.session("x") as session:
        session.commit(b"{}", {"project": "\u00e9"}, refs)
    file = str(tmp_path / "file")
    for wrong, why in {
        ("--backup", "f" * 32): "there is no such backup, or it is damaged, or there are several",
        ("--backup", made.id[:2], "--out", file): "or there are several",
        ("--backup", made.id, "--stream", "s/9", "--out", file): "the backup has no such stream",
        ("--backup", made.id, "--stream", "s/1"): "--stream needs --out, and --out needs --backup",
        ("--out", file): "--stream needs --out, and --out needs --backup",
    }.items():
        failed = subprocess.run(
            [*command, *wrong],
            env={"HOARFROST_PASSPHRASE_FILE": str(tmp_path / "pass"), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
        )
        assert (failed.returncode, why in failed.stderr.decode()) == (1, True), wrong
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("prefix", ["keys/", "index/", "snaps/"])
def test_the_decoder_passes_over_what_is_damaged_and_reads_the_rest(
    repository: Repository,
    store: MemoryStore,
    decoded: Read,
    capsys: pytest.CaptureFixture[str],
    prefix: str,
) -> None:
    """A key of another, an index object that repeats what the packs say, another backup."""
    repository.add_key(Passphrase("another's"), cost=CHEAP)
    (first,) = (key.id for key in repository.keys() if key.label == "first")  # noqa: SIM118 - not a mapping
    for number in range(2):
        with repository.session("x") as session:
            session.commit(b"%d" % number, {}, [session.write_bytes("s", b"%d" % number * 99_999)])
    before = decoded(store)
    name = next(name for name, _ in store.list(prefix) if name != f"keys/{first}")
    whole = store.objects[name]
    for damaged in (b"", whole[:-9], whole[:100] + b"?" + whole[101:]):
        store.objects[name] = damaged
        assert decoded(store) == (before[1:] if prefix == "snaps/" else before)
        assert f"decoder: {name} is passed over: " in capsys.readouterr().err


def test_the_decoder_reads_every_form_of_msgpack() -> None:
    values = [
        None,
        True,
        False,
        0,
        127,
        128,
        65535,
        1 << 31,
        1 << 63,
        -1,
        -32,
        -33,
        -200,
        -40_000,
        -(1 << 40),
        1.5,
    ]
    values += ["", "a" * 31, "a" * 32, "\u00e9" * 200, "a" * 70_000, b"", b"b" * 300, b"b" * 70_000]
    value = {"v": values, "deep": [[{str(i): i for i in range(20)}]] * 20, "long": list(range(70_000))}
    assert load_decoder().msgpack(msgspec.msgpack.encode(value)) == value


def test_padded_lengths_say_little_and_cost_little() -> None:
    lengths = [1, 2, 100, 1000, 4097, FRAME + 1, 22_400_000, 64 << 20]
    assert [padded(n) for n in (9, 1000, 1 << 20)] == [10, 1024, 1 << 20]
    assert all(n <= padded(n) <= n * 1.12 + 1 for n in lengths)
    assert len({padded(n) for n in range(1 << 20, 2 << 20, 4096)}) <= 33
