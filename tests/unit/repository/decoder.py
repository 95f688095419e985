"""A second implementation: reads a repository with nothing but docs/explanation/format.md and the primitives.

Shares no line with hoarfrost.repository. If the two disagree, one of them or the page is wrong.
"""

import hashlib
import json
import struct
import unicodedata

import msgspec
import zstandard
from argon2.low_level import Type, hash_secret_raw
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEGMENT, SUBBLOCK, NOUGHT = 4 << 20, 64 << 10, bytes(12)


def hkdf(key: bytes, salt: bytes, info: str) -> bytes:
    return HKDF(SHA256(), 32, salt, info.encode()).derive(key)


def keyed(key: bytes, data: bytes) -> bytes:
    return blake3(data, key=key).digest()[:16]


class Decoder:
    def __init__(self, objects: dict[str, bytes], passphrase: str) -> None:
        self.objects = objects
        head = json.loads(objects["format"])
        assert (head["magic"], head["version"]) == ("hoarfrost repository", 1)
        self.repo = bytes.fromhex(head["id"])
        slot = json.loads(next(data for name, data in objects.items() if name.startswith("keys/")))
        master = self.master(slot, passphrase)
        names = ("id", "fingerprint", "data", "meta", "names")
        self.keys = {name: hkdf(master, self.repo, "hoarfrost 1 " + name) for name in names}
        self.places: dict[bytes, tuple[bytes, int, int, int]] = {}
        for name in objects:
            if name.startswith("index/"):
                self.index(self.unseal(name, objects[name], "meta"))

    def master(self, slot: dict[str, object], passphrase: str) -> bytes:
        total = slot.pop("sum")
        text = json.dumps(slot, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == total
        secret = unicodedata.normalize("NFC", passphrase).encode()
        salt = bytes.fromhex(str(slot["salt"]))
        time, memory, lanes = (int(str(slot[name])) for name in ("time", "memory_kib", "lanes"))
        out = hash_secret_raw(secret, salt, time, memory, lanes, 64, Type.ID)
        assert out[32:].hex() == slot["commitment"]
        sealed = bytes.fromhex(str(slot["sealed"]))
        plain = AESGCM(out[:32]).decrypt(NOUGHT, sealed, b"hoarfrost key slot 1" + self.repo)
        return bytes(msgspec.msgpack.decode(plain)["master"])

    def unseal(self, name: str, sealed: bytes, purpose: str) -> bytes:
        assert sealed[:4] == b"HFO1"
        key = hkdf(self.keys[purpose], sealed[4:36], "hoarfrost object")
        return AESGCM(key).decrypt(NOUGHT, sealed[36:], self.repo + name.encode())

    def index(self, payload: bytes) -> None:
        data = zstandard.decompress(payload)
        packs, entries = struct.unpack_from("<II", data)
        names = [data[8 + 24 * i : 24 + 24 * i] for i in range(packs)]
        at = 8 + 24 * packs
        ids = [data[at + 16 * i : at + 16 * i + 16] for i in range(entries)]
        assert ids == sorted(ids)
        rest = struct.unpack_from(f"<{3 * entries}I", data, at + 16 * entries)
        for i, blob in enumerate(ids):
            length = rest[2 * entries + i]
            self.places[blob] = names[rest[i]], rest[entries + i], length & 0xFFFFFFF, length >> 28

    def pack_key(self, pack: bytes) -> AESGCM:
        data = self.objects[f"packs/{pack.hex()[:2]}/{pack.hex()}"]
        magic, kind, slots, length = struct.unpack_from("<4sBBH", data)
        assert (magic, slots, length, data[8]) == (b"HFP1", 1, 49, 1)
        wrap = hkdf(self.keys[["data", "meta", "names"][kind - 1]], pack, "hoarfrost pack key")
        key = AESGCM(wrap).decrypt(NOUGHT, data[9:57], self.repo + pack + data[:8])
        assert data[57:89] == hkdf(key, pack, "hoarfrost pack commitment")
        self.directory(AESGCM(key), pack, data)
        return AESGCM(key)

    def directory(self, key: AESGCM, pack: bytes, data: bytes) -> None:
        length, magic = struct.unpack("<I4s", data[-8:])
        assert magic == b"HFPE"
        aad = self.repo + pack + b"\xff" * 5 + bytes(16)
        plain = key.decrypt(b"\xff" * 12, data[-8 - length : -8], aad)
        for blob, kind, offset, sealed in struct.iter_unpack("<16sBII", plain):
            assert self.places[blob] == (pack, offset, sealed, kind)

    def blob(self, blob: bytes, kind: int) -> bytes:
        pack, offset, length, found = self.places[blob]
        assert found == kind
        sealed = self.objects[f"packs/{pack.hex()[:2]}/{pack.hex()}"][offset : offset + length]
        aad = self.repo + pack + struct.pack("<IB", offset, kind) + blob
        content = self.frames(self.pack_key(pack).decrypt(offset.to_bytes(12, "little"), sealed, aad))
        if kind == 1:
            prints = b"".join(
                keyed(self.keys["fingerprint"], part) if part.strip(b"\0") else bytes(16)
                for part in (content[i : i + SUBBLOCK] for i in range(0, len(content), SUBBLOCK))
            )
            assert blob == keyed(self.keys["id"], b"\x01" + prints.ljust(1024, b"\0"))
        else:
            assert blob == keyed(self.keys["id"], bytes((kind,)) + content)
        return content

    @staticmethod
    def frames(data: bytes) -> bytes:
        (length,) = struct.unpack_from("<I", data)
        at, parts = 4, []
        while at < len(data):
            (head,) = struct.unpack_from("<I", data, at)
            body = data[at + 4 : at + 4 + (head & 0x7FFFFFFF)]
            parts.append(body if head >> 31 else zstandard.decompress(body))
            at += 4 + len(body)
        out = b"".join(parts)
        assert (at, len(out)) == (len(data), length)
        return out

    def stream(self, size: int, root: bytes, digest: bytes) -> bytes:
        assert digest == keyed(self.keys["id"], b"\0" + size.to_bytes(8, "little") + root)
        count = -(-size // SEGMENT)
        ids = [root[i : i + 16] for i in range(1, len(root), 16)]
        for level in range(root[0], 0, -1):
            below = -(-count // 64 ** (level - 1))
            content = b"".join(self.blob(node, 2) if any(node) else bytes(64 * 16) for node in ids)
            ids = [content[i : i + 16] for i in range(0, below * 16, 16)]
        assert len(ids) == count
        parts = (self.blob(node, 1) if any(node) else b"" for node in ids)
        return b"".join(part.ljust(SEGMENT, b"\0") for part in parts)[:size]

    def backups(self) -> list[tuple[dict[str, object], bytes, dict[str, bytes]]]:
        found = []
        for name in sorted(name for name in self.objects if name.startswith("snaps/")):
            snap = msgspec.msgpack.decode(self.unseal(name, self.objects[name], "meta"))
            private = msgspec.msgpack.decode(self.unseal(name + "#private", snap["private"], "names"))
            manifest = b"".join(self.blob(piece, 5) for piece in snap["manifest"])
            streams = {}
            for rows, names in snap["table"]:
                table = msgspec.msgpack.decode(self.blob(rows, 3))
                for stream, row in zip(msgspec.msgpack.decode(self.blob(names, 4)), table, strict=True):
                    streams[stream] = self.stream(*row[:3])
            assert list(streams) == sorted(streams)
            assert snap["streams"] == len(streams)
            assert snap["logical"] == sum(map(len, streams.values()))
            found.append((private["summary"], manifest, streams))
        return found
