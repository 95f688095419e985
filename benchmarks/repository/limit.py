"""The least that any such engine must do, as a process: ``python -m benchmarks.repository.limit``.

Backup: read, hash, zstd 1, AES-GCM, packs of 64 MiB, fsync. Restore: read, open, decompress, check, write. Two
threads, 4 MiB at a time, nothing looked up, no format to speak of: a list of where things lie is all that is kept. What
is zero costs a look. An increment is told which sub-blocks have changed, and still reads and hashes everything.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import zstandard
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

THREADS = 2
SEGMENT = 4 << 20
FRAME = 1 << 20
SUB = 64 << 10
PACK = 64 << 20
TAG = 16
_KEY = bytes(32)  # what it is costs nothing and protects nothing: this is no repository
_threads = threading.local()


class Packs:
    """One open pack a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: list[_Pack] = []
        self.places: list[tuple[int, str, int, list[int]]] = []

    def add(self, number: int, frames: list[bytes]) -> None:
        pack: _Pack | None = getattr(_threads, "pack", None)
        if pack is None or pack.at + sum(map(len, frames)) + TAG * len(frames) > PACK:
            if pack:
                self._close(pack)
            with self._lock:
                pack = _Pack(self._folder / f"pack-{os.urandom(8).hex()}")
                self._open.append(pack)
            _threads.pack = pack
        start, lengths = pack.at, [pack.add(frame) for frame in frames]
        self.places.append((number, pack.path.name, start, lengths))

    def _close(self, pack: _Pack) -> None:
        self._open.remove(pack)
        pack.write()

    def close(self, size: int) -> None:
        for pack in list(self._open):
            self._close(pack)
        said = json.dumps({"size": size, "places": self.places})
        (self._folder / "places").write_text(said, encoding="ascii")


class _Pack:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = 0
        self._buffer = np.empty(PACK, np.uint8).data
        self._key = AESGCM(_KEY)

    def add(self, frame: bytes) -> int:
        end = self.at + len(frame) + TAG
        self._key.encrypt_into(self.at.to_bytes(12, "little"), frame, b"", self._buffer[self.at : end])
        self.at = end
        return len(frame) + TAG

    def write(self) -> None:
        with self.path.open("wb", buffering=0) as file:
            file.write(self._buffer[: self.at])
            os.fsync(file.fileno())


def each_segment(size: int, work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, number) for number in range(-(-size // SEGMENT))]:
            done.result()


def backup(folder: Path, image: Path, changed: dict[int, list[int]] | None) -> None:
    """``changed``: the sub-blocks of each segment to be stored; None: all of it."""
    packs = Packs(folder)
    with image.open("rb", buffering=0) as file:

        def work(number: int) -> None:
            data = _read(file.fileno(), number)
            if not np.frombuffer(data, np.uint64).any():
                return
            _check(data)
            if changed is None:
                packs.add(number, _frames(data))
            elif blocks := changed.get(number):
                packs.add(
                    number, _frames(memoryview(b"".join(data[b * SUB : (b + 1) * SUB] for b in blocks)))
                )

        size = os.fstat(file.fileno()).st_size
        each_segment(size, work)
    packs.close(size)


def _read(descriptor: int, number: int) -> memoryview:
    buffer: memoryview | None = getattr(_threads, "buffer", None)
    if buffer is None:
        buffer = _threads.buffer = np.empty(SEGMENT, np.uint8).data
    length = os.preadv(descriptor, [buffer], number * SEGMENT)
    return buffer[:length]


def _check(data: bytes | memoryview) -> bytes:
    return b"".join(blake3(data[at : at + SUB], key=_KEY).digest(16) for at in range(0, len(data), SUB))


def _frames(data: memoryview) -> list[bytes]:
    codec = getattr(_threads, "codec", None)
    if codec is None:
        codec = _threads.codec = zstandard.ZstdCompressor(level=1)
    return [codec.compress(data[at : at + FRAME]) for at in range(0, len(data), FRAME)]


def restore(folder: Path, target: Path | None) -> None:
    """Without a target nothing is written."""
    kept = json.loads((folder / "places").read_text(encoding="ascii"))
    key = AESGCM(_KEY)
    out = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600) if target else -1

    def work(place: tuple[int, str, int, list[int]]) -> None:
        number, pack, at, lengths = place
        codec = getattr(_threads, "decoder", None)
        if codec is None:
            codec = _threads.decoder = zstandard.ZstdDecompressor()
        with (folder / pack).open("rb", buffering=0) as file:
            sealed = memoryview(os.pread(file.fileno(), sum(lengths), at))
        for part, length in enumerate(lengths):
            plain = codec.decompress(key.decrypt(at.to_bytes(12, "little"), sealed[:length], b""))
            _check(plain)
            if target:
                os.pwrite(out, plain, number * SEGMENT + part * FRAME)
            at, sealed = at + length, sealed[length:]

    if target:
        os.ftruncate(out, kept["size"])
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [
            pool.submit(work, place) for place in sorted(kept["places"], key=lambda place: place[1:3])
        ]:
            done.result()
    if target:
        os.close(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["backup", "restore", "read"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("--changed", type=Path)
    given = parser.parse_args()
    if given.command == "backup":
        changed: dict[int, list[int]] | None = None
        if given.changed:
            changed = {}
            for block in json.loads(given.changed.read_text(encoding="ascii")):
                changed.setdefault(block * SUB // SEGMENT, []).append(block % (SEGMENT // SUB))
        backup(given.folder, given.image, changed)
    else:
        restore(given.folder, given.image if given.command == "restore" else None)


if __name__ == "__main__":
    main()
