#!/usr/bin/env python3
"""Reads a Hoarfrost repository (format version 2) with nothing but its objects and the passphrase.

    decoder.py FOLDER                               list the backups and their streams
    decoder.py FOLDER --backup ID --out DIRECTORY   write every stream, and the manifest, into a directory
    decoder.py FOLDER --backup ID --stream NAME --out FILE

FOLDER holds the repository's objects as files. Needs Python 3.10 or later and:

    pip install cryptography zstandard blake3 argon2-cffi

The passphrase is asked for, or read from HOARFROST_PASSPHRASE_FILE. With an age key: --slot KEY-SLOT-FILE prints the
age file of the slot; `age -d -i IDENTITY` makes the key ring of it, for --ring. All is checked as it is read.
"""

import argparse
import getpass
import hashlib
import json
import os
import struct
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import zstandard
from argon2.low_level import Type, hash_secret_raw
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEGMENT, NOUGHT, ZERO = 4 << 20, bytes(12), bytes(16)
DATA, META, NAMES, PATCH, PRINTS = 1, 2, 3, 4, 5


class Wrong(Exception):
    """Something is not as the format says."""


def check(right: object, what: str) -> None:
    if not right:
        raise Wrong(what)


def each(names: Iterable[str], read: Callable[[str], Any]) -> Iterator[Any]:
    """What is read of each. One that is damaged is named: the others do not depend on it."""
    for name in names:
        try:
            yield read(name)
        except Exception as error:  # noqa: BLE001 - whatever is damaged is named
            print(f"decoder: {name} is passed over: {str(error) or repr(error)}", file=sys.stderr)


def msgpack(data: bytes) -> Any:  # but for its extensions (github.com/msgpack/msgpack, spec.md)
    value, end = _msgpack(data, 0)
    check(end == len(data), "msgpack: bytes left over")
    return value


_FIXED = {0xCA + i: ">" + form for i, form in enumerate("fdBHIQbhiq")}
_HEADS = (*range(0xC4, 0xC7), *range(0xD9, 0xE0))
_SIZED = dict(zip(_HEADS, ("b1", "b2", "b4", "s1", "s2", "s4", "a2", "a4", "m2", "m4"), strict=True))


def _msgpack(data: bytes, at: int) -> tuple[Any, int]:
    head, at = data[at], at + 1
    if head < 0x80 or head >= 0xE0:
        return (head if head < 0x80 else head - 256), at
    if head in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[head], at
    if head in _FIXED:
        form = _FIXED[head]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if head in _SIZED:
        kind, width = _SIZED[head][0], int(_SIZED[head][1])
        count, at = int.from_bytes(data[at : at + width], "big"), at + width
    else:
        kind = "m" if head < 0x90 else "a" if head < 0xA0 else "s"
        count = head & (0x1F if kind == "s" else 0x0F)
        check(head < 0xC0, "msgpack: unknown head")
    if kind in "bs":
        check(at + count <= len(data), "msgpack: too short")
        raw = data[at : at + count]
        return (raw if kind == "b" else raw.decode()), at + count
    items = []
    for _ in range(count * (2 if kind == "m" else 1)):
        item, at = _msgpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2], strict=True)) if kind == "m" else items), at


def hkdf(key: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


def keyed(key: bytes, data: bytes) -> bytes:
    return blake3(data, key=key).digest()[:16]


def content_id(id_key: bytes, below: list[bytes]) -> bytes:  # D of a page or node
    whole = keyed(id_key, b"\x09" + b"".join(below)) if any(map(any, below)) else ZERO
    return below[0] if len(below) == 1 else whole


class Ring:
    """The keys that a key ring leads to."""

    def __init__(self, ring: dict[str, Any], repo: bytes) -> None:
        check(ring["repository"] == repo, "the key ring belongs to another repository")
        self.repo = repo
        self.private = ring.get("private", [])
        self.meta = hkdf(ring["meta"], repo, b"hoarfrost 2 meta")
        names = (b"id", b"fingerprint", b"prints", b"seal")
        keys = (hkdf(ring["write"], repo, b"hoarfrost 2 " + name) for name in names)
        self.id, self.fingerprint, self.prints, self.secret = keys

    def open(self, magic: bytes, purpose: int, head: bytes, name: str) -> AESGCM:
        """The key of what begins with this head."""
        found, number, nought, epoch, seed = struct.unpack_from("<4sBBH32s", head)
        sealed_to = number not in (META, PRINTS)  # a key of this epoch
        right = (magic, purpose, 0, epoch if sealed_to else 0)
        check((found, number, nought, epoch) == right, f"{name}: not the head it should be")
        public, secret = b"", self.meta if number == META else self.prints
        if sealed_to:
            private = X25519PrivateKey.from_private_bytes(self.private[epoch])
            public = private.public_key().public_bytes_raw()
            secret = private.exchange(X25519PublicKey.from_public_bytes(seed)) + self.secret
        info = b"hoarfrost 2 seal" + head[:40] + public + name.encode()
        out = hkdf(secret, self.repo, info, 64)
        check(out[32:] == head[40:72], f"{name}: the head is damaged")
        return AESGCM(out[:32])

    def unseal(self, purpose: int, name: str, data: bytes) -> bytes:
        return self.open(b"HFO2", purpose, data[:72], name).decrypt(NOUGHT, data[72:], data[:72])

    def named(self, kind: int, content: bytes) -> bytes:
        return keyed(self.id, bytes((kind,)) + content)

    def prints_of(self, content: bytes, sub: int) -> list[bytes]:
        blocks = (content[i : i + sub] for i in range(0, len(content), sub))
        return [keyed(self.fingerprint, block) if any(block) else ZERO for block in blocks]

    def segment_id(self, content: bytes, sub: int) -> bytes:
        prints = b"".join(self.prints_of(content, sub)).ljust(SEGMENT // sub * 16, b"\0")
        return self.named(1, prints) if any(prints) else ZERO


def open_slot(folder: Any, name: str, passphrase: str, repo: bytes) -> dict[str, Any] | None:
    """The ring, or None where the passphrase is another slot's."""
    slot = json.loads(folder.get(name))
    text = {key: value for key, value in slot.items() if key != "sum"}
    plain = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    check(hashlib.sha256(plain.encode()).hexdigest() == slot["sum"], "a key slot is damaged")
    if slot["kind"] != "argon2id":
        return None
    secret = unicodedata.normalize("NFC", passphrase).encode()
    salt = bytes.fromhex(slot["salt"])
    out = hash_secret_raw(secret, salt, slot["time"], slot["memory_kib"], slot["lanes"], 64, Type.ID)
    if out[32:].hex() != slot["commitment"]:
        return None
    aad = b"hoarfrost 2 slot" + repo + slot["role"].encode()
    return msgpack(AESGCM(out[:32]).decrypt(NOUGHT, bytes.fromhex(slot["sealed"]), aad))


class Folder:
    """A repository's objects as files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def cut(self, name: str, offset: int, length: int) -> bytes:
        with (self.root / name).open("rb") as file:
            file.seek(offset)
            data = file.read(length)
        check(len(data) == length, f"{name} is too short")
        return data

    def list(self, prefix: str) -> list[str]:  # all below a folder
        found = (path for path in (self.root / prefix).rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)


class Repository:
    def __init__(self, folder: Any, passphrase: str = "", ring: bytes = b"") -> None:
        self.folder = folder
        head = json.loads(folder.get("format"))
        check((head["magic"], head["version"]) == ("hoarfrost repository", 2), "no repository of version 2")
        self.repo = bytes.fromhex(head["id"])
        self.ring = Ring(msgpack(ring) if ring else self._ring(passphrase), self.repo)
        self.places: dict[bytes, list[tuple[bytes, int, int, int]]] = {}
        self.keys: dict[bytes, AESGCM] = {}
        listed = {pack.hex() for packs in each(folder.list("index"), self._index) for pack in packs}
        list(each((name for name in folder.list("packs") if name[-32:] not in listed), self._directory))

    def _ring(self, passphrase: str) -> dict[str, Any]:
        found = each(self.folder.list("keys"), lambda one: open_slot(self.folder, one, passphrase, self.repo))
        rings = [ring for ring in found if ring]
        check(rings, "the passphrase opens no key slot")
        ring = max(rings, key=lambda one: one.get("epoch", 0))  # a rotation that died has left two
        check(ring["role"] == "read", "this key is not one for reading")
        return ring

    def _index(self, name: str) -> list[bytes]:
        data = zstandard.decompress(self.ring.unseal(META, name, self.folder.get(name)))
        packs, entries = struct.unpack_from("<II", data)
        names = [data[8 + 24 * i : 24 + 24 * i] for i in range(packs)]
        at = 8 + 24 * packs
        rest = struct.unpack_from(f"<{3 * entries}I", data, at + 16 * entries)
        for i in range(entries):
            pack, offset, length = rest[i::entries]
            place = names[pack], offset, length & 0xFFFFFFF, length >> 28
            self.places.setdefault(data[at + 16 * i : at + 16 * i + 16], []).append(place)
        return names

    def _directory(self, name: str) -> None:  # of a pack that the index does not know
        data = self.folder.get(name)
        length, magic = struct.unpack("<I4s", data[-8:])
        check(magic == b"HFE2", f"{name}: no directory")
        plain = self.ring.unseal(META, name + "#directory", data[-8 - length : -8])
        entries = plain[4 : 4 + 25 * int.from_bytes(plain[:4], "little")]
        for blob, kind, offset, sealed in struct.iter_unpack("<16sBII", entries):
            self.places.setdefault(blob, []).append((bytes.fromhex(name[-32:]), offset, sealed, kind))

    def blob(self, blob: bytes, kinds: dict[int, int]) -> tuple[int, bytes]:
        """(kind, content) of a blob of one of these kinds, each with its class."""
        error: Exception = Wrong(f"blob {blob.hex()} is missing")
        for pack, offset, length, kind in self.places.get(blob, []):
            try:
                check(kind in kinds, f"blob {blob.hex()} is of another kind")
                name = f"packs/{pack.hex()[:2]}/{pack.hex()}"
                if pack not in self.keys:
                    head = self.folder.cut(name, 0, 72)
                    self.keys[pack] = self.ring.open(b"HFP2", kinds[kind], head, name)
                sealed = self.folder.cut(name, offset, length)
                aad = self.repo + pack + struct.pack("<IB", offset, kind) + blob
                plain = self.keys[pack].decrypt(offset.to_bytes(12, "little"), sealed, aad)
                return kind, self._frames(plain)
            except (Wrong, OSError, InvalidTag) as wrong:  # gone or damaged there; another place may be right
                error = wrong
        raise error

    def plain(self, kind: int, purpose: int, blob: bytes) -> bytes:  # its id is that of its content
        _, content = self.blob(blob, {kind: purpose})
        check(self.ring.named(kind, content) == blob, f"blob {blob.hex()} is not what its id says")
        return content

    @staticmethod
    def _frames(data: bytes) -> bytes:
        length, at, parts = int.from_bytes(data[:4], "little"), 4, []
        while at < len(data):
            (head,) = struct.unpack_from("<I", data, at)
            body = data[at + 4 : at + 4 + (head & 0x7FFFFFFF)]
            parts.append(body if head >> 31 else zstandard.decompress(body))
            at += 4 + len(body)
        content = b"".join(parts)
        check(len(content) == length, "a blob has another length than it says")
        return content

    def segments(self, size: int, root: bytes, digest: bytes) -> Iterator[bytes]:  # of a stream, in order
        sub = 16 << 10 if root[0] & 16 else 64 << 10
        level, count = root[0] & 15, -(-size // SEGMENT)
        content = root[1:17] if level == 0 else root[-16:]
        whole = size.to_bytes(8, "little") + sub.to_bytes(4, "little") + content
        check(self.ring.named(0, whole) == digest, "the root of a stream is not what its digest says")
        found = self._below(root[1:], level, sub, count) if level else [(root[1:17], [])][:count]
        for number, (segment, sources) in enumerate(found):
            length = min(SEGMENT, size - number * SEGMENT)
            yield self._segment(segment, sources, sub).ljust(length, b"\0")[:length]

    def _below(self, entry: bytes, level: int, sub: int, count: int) -> Iterator[tuple[bytes, list[Any]]]:
        """(id, sources) of each of the ``count`` segments below an entry."""
        if not any(entry):
            yield from ((ZERO, []) for _ in range(count))
        elif level == 1:
            found = self._page(entry, sub, count)
            check(content_id(self.ring.id, [one for one, _ in found]) == entry[-16:], "a page is wrong")
            yield from found
        else:
            node = self.plain(7, META, entry[:16])
            span = 64 ** (level - 1)
            entries = [node[i : i + 64] for i in range(0, len(node), 64)]
            check(len(entries) == -(-count // span), "a node of a map has another length")
            check(content_id(self.ring.id, [one[-16:] for one in entries]) == entry[-16:], "a node is wrong")
            for i, one in enumerate(entries):
                yield from self._below(one, level - 1, sub, min(span, count - i * span))

    def _page(self, entry: bytes, sub: int, count: int) -> list[tuple[bytes, list[Any]]]:
        data = self.plain(2, META, entry[:16])
        width, at = SEGMENT // sub // 8, 2 + 16 * count
        check(tuple(data[:2]) == (count, width // 8), "a page of a map does not fit")
        found: list[tuple[bytes, list[Any]]] = [(data[2 + 16 * i : 18 + 16 * i], []) for i in range(count)]
        while at < len(data):
            place, number, at = *struct.unpack_from("<BH", data, at), at + 3
            for _ in range(number):
                mask = int.from_bytes(data[at + 18 : at + 18 + width], "little")
                found[place][1].append((data[at : at + 16], mask))
                at += 18 + width
        return found

    def _segment(self, segment: bytes, sources: list[Any], sub: int) -> bytes:
        if segment == ZERO:
            return b""
        if sources and segment in self.places:  # as it is where a source was lost
            for data in each([segment.hex()], lambda _: self._segment(segment, [], sub)):
                return data
        if not sources:
            data = self.blob(segment, {1: DATA})[1]
        else:
            out, end = bytearray(SEGMENT), 0
            for blob, mask in sources:
                for i, block in self._blocks(blob, sub).items():
                    if mask >> i & 1:
                        out[i * sub : i * sub + len(block)] = block
                        end = max(end, i * sub + len(block))
            data = bytes(out[:end])
        check(self.ring.segment_id(data, sub) == segment, f"segment {segment.hex()} is not what its id says")
        return data

    def _blocks(self, blob: bytes, sub: int) -> dict[int, bytes]:  # what it holds, by place
        kind, content = self.blob(blob, {1: DATA, 6: PATCH})
        held = list(range(SEGMENT // sub))
        if kind == 6:
            end = 1 + SEGMENT // sub // 8
            mask = int.from_bytes(content[1:end], "little")
            held, content = [i for i in held if mask >> i & 1], content[end:]
        return {i: content[n * sub : (n + 1) * sub] for n, i in enumerate(held)}

    def backups(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return (one for one in each(self.folder.list("snaps"), self._backup) if "fenced" not in one[1])

    def _backup(self, name: str) -> tuple[str, dict[str, Any]]:
        snap = msgpack(self.ring.unseal(META, name, self.folder.get(name)))
        if "fenced" not in snap:
            private = self.ring.unseal(NAMES, name + "#private", snap["private"])
            snap["summary"] = msgpack(private)["summary"]
        return name[6:], snap

    def manifest(self, snap: dict[str, Any]) -> bytes:
        return b"".join(self.plain(5, NAMES, piece) for piece in snap["manifest"])

    def streams(self, snap: dict[str, Any]) -> Iterator[tuple[str, int, bytes, bytes]]:
        """(name, size, root, digest)."""
        for rows, names in snap["table"]:
            table = msgpack(self.plain(3, META, rows))
            for name, row in zip(msgpack(self.plain(4, NAMES, names)), table, strict=True):
                check(row[0] == self.ring.named(10, name.encode()), f"{name!r} is not in its place")
                yield name, row[1], row[2], row[3]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backup", default="", help="the id of a backup, or the beginning of it")
    parser.add_argument("--stream", help="only this stream, into the file --out")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--ring", type=Path, help="a key ring in the clear, instead of the passphrase")
    parser.add_argument("--slot", type=Path, help="print the age file of this key slot, and end")
    args = parser.parse_args()
    if args.slot:
        sys.stdout.buffer.write(bytes.fromhex(json.loads(args.slot.read_text("utf-8"))["sealed"]))
        return
    check(args.backup if args.out else not args.stream, "--stream needs --out, and --out needs --backup")
    path, passphrase = os.environ.get("HOARFROST_PASSPHRASE_FILE"), ""
    if not args.ring:
        passphrase = Path(path).read_text("utf-8").rstrip("\r\n") if path else getpass.getpass("Passphrase: ")
    repository = Repository(Folder(args.folder), passphrase, args.ring.read_bytes() if args.ring else b"")
    chosen = [one for one in repository.backups() if one[0].startswith(args.backup)]
    check(
        len(chosen) == 1 or not args.backup, "there is no such backup, or it is damaged, or there are several"
    )
    for backup, snap in chosen:
        print(backup, snap["time"], json.dumps(snap["summary"], ensure_ascii=False))
        rows = list(repository.streams(snap))
        check(args.stream in (None, *(row[0] for row in rows)), "the backup has no such stream")
        if args.out and not args.stream:
            args.out.mkdir(parents=True, exist_ok=True)
            (args.out / "manifest").write_bytes(repository.manifest(snap))
        for number, (name, size, root, digest) in enumerate(rows):
            print(f"  {number:06} {size:>16} {name}")
            if args.out and args.stream in (None, name):
                path = args.out if args.stream else args.out / f"{number:06}"  # a name is never a path
                with path.open("wb") as out:
                    out.writelines(repository.segments(size, root, digest))


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 - whatever is damaged is named
        sys.exit(f"decoder: {str(error) or repr(error)}")
