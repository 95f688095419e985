"""Histories by chance in which blobs are lost: the newest backup is right, what could be read still can be, and a check
names what cannot.

Both keys that write, the same said and given, lineage, both orders of reading, prunes that rewrite all they may.
"""

import random

import pytest

from hoarfrost.errors import Damaged
from hoarfrost.repository import Extent, Passphrase, Repack, Repository, StreamRef
from hoarfrost.repository.found import add_doubts
from hoarfrost.repository.layout import SEGMENT, pack_object
from hoarfrost.repository.stores.memory import MemoryStore
from tests.unit.repository.conftest import CHEAP, SMALL
from tests.unit.repository.test_healing import pages

KEY, WRITER = Passphrase("p"), Passphrase("w")
SIZE = SEGMENT - 1000
SEEDS = (4, 6, 7, 17)  # in which a write key meets a base that is damaged
Written = dict[str, tuple[StreamRef, bytes]]


class History:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sub = self.chance.choice([16384, 65536])
        self.store = MemoryStore()
        Repository.init(self.store, KEY, cost=CHEAP, limits=SMALL).add_key(WRITER, "write", cost=CHEAP)
        disk = self.chance.randbytes(SIZE)
        self.disks = {"one": bytearray(disk), "two": bytearray(disk)}
        self.backups: dict[str, Written] = {}

    def opened(self, secret: Passphrase = KEY) -> Repository:
        return Repository.open(self.store, secret, limits=SMALL)

    def edit(self) -> None:
        for _ in range(self.chance.randrange(5)):
            start = self.chance.randrange(-(-SIZE // self.sub)) * self.sub
            length = min(self.sub, SIZE - start)
            new = self.chance.choice([bytes(length), self.chance.randbytes(length)])
            for name in self.chance.choice([["one"], ["two"], ["one", "two"]]):
                self.disks[name][start : start + length] = new

    def back_up(self) -> str:
        last = list(self.backups.values())[-1] if self.backups else {}
        written: Written = {}
        with self.opened(self.chance.choice([KEY, WRITER])).session("test") as session:
            for name, disk in self.disks.items():
                data = bytes(disk)
                base, before = last.get(name, (None, b""))
                lineage = written["one"][0] if name == "two" else None
                given = [Extent(0, SIZE, data)]
                said = self.said(before, data) if base and self.chance.random() < 0.5 else given
                try:
                    ref = session.write(name, SIZE, said, base, lineage, self.sub)
                except Damaged:
                    ref = session.write(name, SIZE, given, base, lineage, self.sub)
                written[name] = ref, data
            backup = session.commit(b"", {}, [ref for ref, _ in written.values()])
        self.backups[backup.id] = written
        return backup.id

    def said(self, before: bytes, data: bytes) -> list[Extent]:
        """What did not change is the same."""
        cuts = [(at, min(at + self.sub, SIZE)) for at in range(0, SIZE, self.sub)]
        return [
            Extent(a, b - a, same=True) if before[a:b] == data[a:b] else Extent(a, b - a, data[a:b])
            for a, b in cuts
        ]

    def lose(self) -> None:
        """One or two of the blobs of the newest backup."""
        repository = self.opened()
        newest = list(self.backups.values())[-1]
        refs = [ref for ref, _ in newest.values()]
        ids = list(
            dict.fromkeys(blob for ref in refs for one in pages(repository, ref) for blob in one.blobs)
        )
        for blob in self.chance.sample(ids, min(len(ids), self.chance.randrange(1, 3))):
            place = repository._blobs.place(blob)
            name = pack_object(place.pack)
            if name in self.store.objects and self.chance.random() < 0.5:
                self.store.delete(name)
            elif name in self.store.objects:
                data = bytearray(self.store.objects[name])
                data[place.entry.offset + 40] ^= 4
                self.store.objects[name] = bytes(data)
                add_doubts(self.store, repository._keys, {(place.pack, blob)})

    def readable(self) -> set[tuple[str, str]]:
        """What is read is right."""
        repository, found = self.opened(), set[tuple[str, str]]()
        for backup, written in self.backups.items():
            for name, (ref, data) in written.items():
                for ordered in (True, False):
                    out = bytearray(b"\xaa" * SIZE)
                    try:
                        for extent in repository.read(ref, ordered=ordered):
                            out[extent.offset : extent.end] = extent.data or bytes(extent.length)
                    except Damaged:
                        assert (backup, name) not in found
                        continue
                    assert out == data
                    found.add((backup, name))
        return found


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_could_be_read_is_lost_by_what_follows(seed: int) -> None:
    history = History(seed)
    before = set[tuple[str, str]]()
    for _ in range(3):
        history.edit()
        newest = history.back_up()
        now = history.readable()
        assert now >= before | {(newest, "one"), (newest, "two")}
        named = {(one.backup, one.stream) for one in history.opened().check(3).damage}
        assert named == {(backup, name) for backup in history.backups for name in history.disks} - now
        history.opened().prune(repack=Repack(below=1.1, most=1.0))
        assert history.readable() >= now
        history.lose()
        before = history.readable()
    for backup in history.backups:
        history.opened().forget(backup)
    history.opened().prune()
    assert not [name for name in history.store.objects if name.startswith("packs/")]
