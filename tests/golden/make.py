"""Makes docs/format/vectors.json, and a golden repository of the present format version beside this file.

    python tests/golden/make.py

A golden repository is made once for a version of the format, and read for ever. It is small: packs of 128 KiB.
"""

import json
import shutil
import sys
from pathlib import Path

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from hoarfrost.repository import Cost, Extent, Limits, Passphrase, Repository, StreamRef, open_store
from hoarfrost.repository.identity import (
    block_fingerprint,
    content_id,
    digest,
    fingerprints,
    name_tag,
    segment_id,
)
from hoarfrost.repository.keys import Keys, hkdf
from hoarfrost.repository.layout import SEGMENT, VERSION, padded
from hoarfrost.repository.passphrase import argon2
from hoarfrost.repository.recipe import SegmentRef, Source, make_patch
from hoarfrost.repository.ring import Ring

HERE = Path(__file__).parent
GOLDEN = HERE / f"v{VERSION}"
VECTORS = HERE.parents[1] / "docs/format/vectors.json"
PASSPHRASE = "golden p\u00e4ssphrase"
CHEAP = Cost(time=1, memory_kib=64, lanes=1)


def noise(seed: str, length: int) -> bytes:
    """The same bytes on every machine, of any version of Python."""
    return blake3(seed.encode()).digest(length=length)


def contents() -> dict[str, dict[str, bytes]]:
    """What the golden repository holds: backup by `summary.name`, then stream."""
    disk = noise("disk", 150_000) + bytes(SEGMENT) + b"text " * 60_000
    later = disk[:70_000] + b"changed" * 3000 + disk[91_000:]
    fine = noise("fine", 40_000) + bytes(200_000)
    first = {"empty": b"", "small": b"small", "zeros": bytes(SEGMENT + 9), "disk \u2744": disk, "fine": fine}
    second = {
        **first,
        "disk \u2744": later,
        "fine": fine[:20_000] + b"!" + fine[20_001:],
        "child": later + b"more",
    }
    return {"first": first, "second": second}


def make_golden() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    limits = Limits(pack_bytes=128 << 10)
    repository = Repository.init(open_store(str(GOLDEN)), Passphrase(PASSPHRASE), cost=CHEAP, limits=limits)
    repository.add_key(Passphrase("writer"), "write", "agent", cost=CHEAP)
    repository.add_key(Passphrase("keeper"), "maintain", "prune", cost=CHEAP)
    before: dict[str, StreamRef] = {}
    for backup, streams in contents().items():
        with repository.session("golden") as session:
            refs = {}
            for name, data in streams.items():
                lineage = refs.get("disk \u2744") if name == "child" else None
                sub = 16384 if name == "fine" else None
                extents = [Extent(0, len(data), data)]
                refs[name] = session.write(name, len(data), extents, before.get(name), lineage, sub)
            session.commit(b'{"golden": "%s"}' % backup.encode(), {"name": backup}, refs.values())
            before = refs
    (GOLDEN / "lock").unlink()
    shutil.rmtree(GOLDEN / "tmp")


def vectors() -> dict[str, object]:
    """Inputs and outputs of every derivation of format.md, in hex."""
    repo = bytes(range(16))
    salt, secret = bytes(range(16, 32)), "caf\u00e9"
    private = [bytes([1] * 32), bytes([2] * 32)]
    public = [X25519PrivateKey.from_private_bytes(one).public_key().public_bytes_raw() for one in private]
    ring = Ring("read", repo, bytes([3] * 32), bytes([4] * 32), 1, public[1], tuple(private), bytes([5] * 32))
    keys = Keys(ring)
    out = argon2(Passphrase(secret), salt, CHEAP)
    blocks = noise("vector", 3 * 65536 - 1000)
    data = memoryview(blocks[:65536] + bytes(65536) + blocks[65536:])
    prints = {sub: fingerprints(keys, data, sub) for sub in (65536, 16384)}
    patch = make_patch(data, 65536, 64, 0b101, prints[65536])
    return {
        "repo": repo.hex(),
        "ring": ring.encode().hex(),
        "argon2id": {"passphrase": secret, "salt": salt.hex(), "time": 1, "memory_kib": 64, "lanes": 1,
                     "kek": out[:32].hex(), "commitment": out[32:].hex()},
        "keys": {name: hkdf(secret, repo, f"hoarfrost 2 {name}".encode()).hex()
                 for secret, names in ((ring.meta, ("meta",)), (ring.admin, ("slots",)),
                                       (ring.write, ("id", "fingerprint", "prints", "seal"))) for name in names},
        "seals": [_seal(keys, purpose, "packs/ab/" + "ab" * 16) for purpose in (1, 2, 5)],
        "block": {"noise": "vector", "length": 65536,
                  "fingerprint": block_fingerprint(keys, memoryview(blocks[:65536])).hex()},
        "segment": {"noise": "vector", "length": len(blocks), "zeros_at": 65536, "zeros": 65536,
                    "id_64k": segment_id(keys, prints[65536]).hex(), "id_16k": segment_id(keys, prints[16384]).hex()},
        "patch": {"mask": 0b101, "content_blake3": blake3(patch.content).hexdigest(), "named": patch.named.hex(),
                  "id": keys_id(keys, 6, patch.named)},
        "content": {"below": [b"a".hex() * 16, bytes(16).hex()],
                    "id": content_id(keys, [b"a" * 16, bytes(16)]).hex()},
        "digest": {"size": 5, "sub_block": 65536, "content": (b"a" * 16).hex(),
                   "digest": digest(keys, 5, 65536, b"a" * 16)},
        "tag": {"name": "disk \u2744", "tag": name_tag(keys, "disk \u2744").hex()},
        "page": _page(),
        "padded": [[length, padded(length)] for length in (1, 9, 100, 1000, 4097, 22_400_000, 67_000_001)],
    }  # fmt: skip


def keys_id(keys: Keys, kind: int, content: bytes) -> str:
    return blake3(bytes((kind,)) + content, key=keys.id).digest(16).hex()


def _seal(keys: Keys, purpose: int, name: str) -> dict[str, object]:
    """With a fixed seed: the derivation alone, since a real one is never made twice."""
    symmetric = {2: "meta", 5: "prints"}.get(purpose)
    once = X25519PrivateKey.from_private_bytes(bytes([9] * 32))
    seed, public, epoch = bytes([7] * 32), b"", 0
    derived = hkdf(keys.ring.write, keys.repository, b"hoarfrost 2 seal")
    if symmetric:
        of = keys.ring.meta if symmetric == "meta" else keys.ring.write
        secret = hkdf(of, keys.repository, f"hoarfrost 2 {symmetric}".encode())
    else:
        seed, public, epoch = once.public_key().public_bytes_raw(), keys.ring.public, keys.ring.epoch
        secret = once.exchange(X25519PublicKey.from_public_bytes(public)) + derived
    front = b"HFP2" + bytes((purpose, 0)) + epoch.to_bytes(2, "little") + seed
    info = b"hoarfrost 2 seal" + front + public + name.encode()
    out = hkdf(secret, keys.repository, info, 64)
    head = front + out[32:]
    return {"class": purpose, "name": name, "head": head.hex(), "key": out[:32].hex()}


def _page() -> dict[str, object]:
    from hoarfrost.repository.page import encode_page

    refs = [SegmentRef(b"a" * 16), SegmentRef(bytes(16)),
            SegmentRef(b"c" * 16, (Source(b"d" * 16, 60, (1 << 59) - 1), Source(b"e" * 16, 2, 3 << 60)))]  # fmt: skip
    return {"ids": [ref.id.hex() for ref in refs], "recipe_of": 2,
            "sources": [[s.blob.hex(), s.held, s.used] for s in refs[2].sources],
            "page": encode_page(refs, 65536).hex()}  # fmt: skip


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if "--golden" in sys.argv:
        make_golden()
