"""qcow2 in and out, against the files that qemu-img makes and the checks that it runs."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hoarfrost.errors import Refused
from hoarfrost.repository import Extent
from hoarfrost.stream.movers.qcow2 import Qcow2Disk
from hoarfrost.stream.movers.sparse import CLUSTER, SparseImage

KIB = 1 << 10
FLAVOURS = [
    "compat=0.10,cluster_size=512",
    "compat=0.10",
    "compat=1.1",
    "compat=1.1,cluster_size=4096",
    "compat=1.1,cluster_size=2M",
    "compat=1.1,compression_type=zstd",
    "compat=1.1,refcount_bits=1",
    "compat=1.1,lazy_refcounts=on",
]


def qemu(*arguments: object) -> str:
    done = subprocess.run(
        ["qemu-img", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


class File:
    """A file behind byte ranges that notes what was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def __call__(self, offset: int, length: int) -> bytes:
        assert offset >= 0 and offset + length <= len(self.data), "beyond the end of the file"
        self.asked.append((offset, length))
        return self.data[offset : offset + length]


def contents(disk: Qcow2Disk) -> bytes:
    whole = bytearray(disk.size)
    at = 0
    for extent in disk.extents():
        assert extent.offset >= at
        assert extent.data is not None
        assert len(extent.data) == extent.length
        whole[extent.offset : extent.offset + extent.length] = extent.data
        at = extent.offset + extent.length
    return bytes(whole)


# (offset in KiB, length in KiB, byte pattern): what a guest wrote into a disk of 2 MiB
writes = st.lists(st.tuples(st.integers(0, 2047), st.integers(1, 700), st.integers(0, 255)), max_size=6)


def written(changes: list[tuple[int, int, int]], size: int = 2048 * KIB) -> bytes:
    disk = bytearray(size)
    for number, (offset, length, value) in enumerate(changes):
        end = min((offset + length) * KIB, size)
        pattern = bytes((value + number * step) % 256 for step in range(256)) if value else bytes(256)
        piece = (pattern * (-(-(end - offset * KIB) // 256)))[: end - offset * KIB]
        disk[offset * KIB : end] = piece
    return bytes(disk)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("flavour", FLAVOURS)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=writes)
def test_reads_what_qemu_wrote(
    tmp_path: Path, flavour: str, compressed: bool, changes: list[tuple[int, int, int]]
) -> None:
    disk = written(changes)
    raw, made = tmp_path / "raw", tmp_path / "made"
    raw.write_bytes(disk)
    qemu("convert", "-f", "raw", "-O", "qcow2", *(["-c"] if compressed else []), "-o", flavour, raw, made)
    file = File(made.read_bytes())
    assert contents(Qcow2Disk(file, len(file.data))) == disk


def test_clusters_out_of_order_and_made_zero(tmp_path: Path) -> None:
    """A disk that a guest used: clusters lie in the order of writing, and some were set to zero again."""
    made, raw = tmp_path / "made", tmp_path / "raw"
    qemu("create", "-f", "qcow2", "-o", "preallocation=metadata", made, "64M")
    orders = [
        "write -P 7 32M 1M",
        "write -P 9 1M 3M",
        "write -P 3 63M 1M",
        "write -z 2M 64k",
        "discard 33M 64k",
    ]
    orders += ["write -P 5 32704k 128k", "write -z -u 1M 64k"]
    done = subprocess.run(
        ["qemu-io", *(part for order in orders for part in ("-c", order)), str(made)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    qemu("convert", "-O", "raw", made, raw)
    file = File(made.read_bytes())
    assert contents(Qcow2Disk(file, len(file.data))) == raw.read_bytes()


def test_neighbours_come_in_one_read_and_zeros_not_at_all(tmp_path: Path) -> None:
    raw, made = tmp_path / "raw", tmp_path / "made"
    with raw.open("wb") as out:
        out.truncate(1 << 30)
        out.seek(300 << 20)
        out.write(bytes(range(1, 256)) * 65793)  # 16 MiB
    qemu("convert", "-f", "raw", "-O", "qcow2", raw, made)
    file = File(made.read_bytes())
    disk = Qcow2Disk(file, len(file.data))
    assert sum(extent.length for extent in disk.extents()) == pytest.approx(16 << 20, abs=1 << 17)
    assert len(file.asked) <= 6
    assert sum(length for _, length in file.asked) < 17 << 20


def test_refuses_what_points_elsewhere(tmp_path: Path) -> None:
    base, over = tmp_path / "base", tmp_path / "over"
    qemu("create", "-f", "qcow2", base, "1M")
    qemu("create", "-f", "qcow2", "-b", base, "-F", "qcow2", over)
    with pytest.raises(Refused, match="backing file"):
        Qcow2Disk(File(over.read_bytes()), over.stat().st_size)
    qemu("create", "-f", "qcow2", "-o", f"data_file={tmp_path}/outside,data_file_raw=on", over, "1M")
    with pytest.raises(Refused, match="external data file"):
        Qcow2Disk(File(over.read_bytes()), over.stat().st_size)
    secret = ["--object", "secret,id=s,data=abc", "-o", "encrypt.format=luks,encrypt.key-secret=s"]
    qemu("create", "-f", "qcow2", *secret, "-o", "encrypt.iter-time=10", over, "1M")
    with pytest.raises(Refused, match="encrypted"):
        Qcow2Disk(File(over.read_bytes()), over.stat().st_size)
    qemu("create", "-f", "qcow2", "-o", "extended_l2=on", over, "1M")
    with pytest.raises(Refused, match="unknown here"):
        Qcow2Disk(File(over.read_bytes()), over.stat().st_size)


def image(tmp_path: Path) -> bytearray:
    raw, made = tmp_path / "raw", tmp_path / "made"
    raw.write_bytes(written([(0, 900, 3), (1500, 400, 5)]))
    qemu("convert", "-f", "raw", "-O", "qcow2", raw, made)
    return bytearray(made.read_bytes())


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (0, ">I", 7),  # magic
        (4, ">I", 4),  # version
        (20, ">I", 63),  # cluster bits
        (24, ">Q", 1 << 62),  # size of the disk
        (36, ">I", 0),  # entries of the first table
        (40, ">Q", 1 << 40),  # where it lies
        (72, ">Q", 1 << 40),  # unknown feature
        (72, ">Q", 2),  # corrupt
        (100, ">I", 1 << 31),  # header length
    ],
)
def test_refuses_hostile_headers(tmp_path: Path, offset: int, form: str, value: int) -> None:
    data = image(tmp_path)
    struct.pack_into(form, data, offset, value)
    with pytest.raises(Refused):
        contents(Qcow2Disk(File(bytes(data)), len(data)))


def test_refuses_tables_that_point_outside_or_use_a_cluster_twice(tmp_path: Path) -> None:
    data = image(tmp_path)
    (l1,) = struct.unpack_from(">Q", data, 40)
    (entry,) = struct.unpack_from(">Q", data, l1)
    l2 = entry & 0x00FFFFFFFFFFFE00
    bad = bytearray(data)
    struct.pack_into(">Q", bad, l2, 1 << 50)
    with pytest.raises(Refused, match="beyond its end"):
        contents(Qcow2Disk(File(bytes(bad)), len(bad)))
    struct.pack_into(">Q", bad, l1, 1 << 50)
    with pytest.raises(Refused, match="beyond its end"):
        contents(Qcow2Disk(File(bytes(bad)), len(bad)))
    bomb = bytearray(data)
    first = bomb[l2 : l2 + 8]
    bomb[l2 : l2 + CLUSTER] = bytes(first) * (CLUSTER // 8)
    struct.pack_into(">Q", bomb, 24, 500 << 20)
    with pytest.raises(Refused, match="more than once"):
        contents(Qcow2Disk(File(bytes(bomb)), len(bomb)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 110), value=st.integers(0, 255))
def test_a_damaged_header_is_read_or_refused(tmp_path: Path, position: int, value: int) -> None:
    """Never another exception, and never more memory or reads than the file could hold."""
    made = tmp_path / "whole"
    if not made.exists():
        made.write_bytes(image(tmp_path))
    data = bytearray(made.read_bytes())
    data[position] = value
    file = File(bytes(data))
    try:
        for _ in Qcow2Disk(file, len(data)).extents():
            pass
    except Refused:
        return
    assert sum(length for _, length in file.asked) <= 3 * len(data)


def extents(disk: bytes, ranges: list[tuple[int, int]], cut: int) -> Iterator[Extent]:
    """As a repository gives them: data in pieces, zeros as zeros."""
    for offset, length in ranges:
        for at in range(offset, offset + length, cut):
            piece = disk[at : min(at + cut, offset + length)]
            yield Extent(at, len(piece), piece if any(piece) else None)


def holding(disk: bytes, grain: int) -> list[tuple[int, int]]:
    return [
        (at, min(grain, len(disk) - at)) for at in range(0, len(disk), grain) if any(disk[at : at + grain])
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=writes, grain=st.sampled_from([64 * KIB, 4096 * KIB]), cut=st.sampled_from([65536, 1 << 20, 5000])
)
def test_qemu_agrees_with_what_is_written(
    tmp_path: Path, changes: list[tuple[int, int, int]], grain: int, cut: int
) -> None:
    disk = written(changes)
    made, raw = tmp_path / "made", tmp_path / "raw"
    whole = SparseImage(len(disk), holding(disk, grain), lambda ranges: extents(disk, ranges, cut))
    made.write_bytes(b"".join(whole))
    raw.write_bytes(disk)
    assert made.stat().st_size == whole.length
    assert "No errors were found" in qemu("check", made)
    qemu("compare", "-f", "qcow2", "-F", "raw", made, raw)
    file = File(made.read_bytes())
    assert contents(Qcow2Disk(file, len(file.data))) == disk
    assert b"".join(whole) == file.data, "a second time gives other bytes"


def test_large_and_nearly_empty(tmp_path: Path) -> None:
    """A disk of 10 TiB with data at its far end: many tables, two clusters."""
    size = 10 << 40
    far = size - 65536
    whole = SparseImage(
        size,
        [(0, 512), (far, 65536)],
        lambda ranges: (Extent(offset, length, b"x" * length) for offset, length in ranges),
    )
    made = tmp_path / "made"
    made.write_bytes(b"".join(whole))
    assert whole.length < 1 << 20
    assert "No errors were found" in qemu("check", made)
    file = File(made.read_bytes())
    disk = Qcow2Disk(file, len(file.data))
    assert disk.size == size
    assert [(one.offset, one.length) for one in disk.extents()] == [(0, 65536), (far, 65536)]


def test_many_reference_blocks(tmp_path: Path) -> None:
    """More clusters than one reference block counts, written sparsely by the test so that it takes no
    time."""
    size = 3 << 30
    whole = SparseImage(size, [(0, size)], lambda ranges: iter(()))
    made = tmp_path / "made"
    with made.open("wb") as out:
        for piece in whole:
            if any(piece[:64]) or out.tell() < 1 << 20:
                out.write(piece)
            else:
                out.seek(len(piece), 1)
        out.truncate(whole.length)
    assert "No errors were found" in qemu("check", made)


def test_an_empty_disk(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.write_bytes(b"".join(SparseImage(1 << 20, [], lambda ranges: iter(()))))
    assert "No errors were found" in qemu("check", made)
    assert contents(Qcow2Disk(File(made.read_bytes()), made.stat().st_size)) == bytes(1 << 20)
