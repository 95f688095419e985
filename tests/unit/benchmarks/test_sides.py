"""The measurements that need no other program, at a size where nothing is measured: they still do what they say."""

import os
from pathlib import Path

from benchmarks.image import clustered, scattered
from benchmarks.repository import limit, ours
from benchmarks.simulated.build import PASSPHRASE, Builder
from benchmarks.simulated.store import SimulatedStore
from hoarfrost.repository import AgeIdentity, Repack, Repository, open_store
from tests.unit.repository.conftest import CHEAP


def test_the_limit_restores_what_it_backed_up(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(os.urandom(3 << 20) + bytes(6 << 20) + b"text " * 300_000)
    packs = tmp_path / "packs"
    packs.mkdir()
    limit.backup(packs, image, None)
    limit.restore(packs, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == image.read_bytes()


def test_an_increment_that_is_told_what_changed_is_the_image(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(os.urandom(9 << 20))
    identity = ours.new_repository(tmp_path, CHEAP)
    ours.backup(tmp_path, image, 64 << 10, None)
    change = clustered(image)
    change.apply()
    told = tmp_path / "changed"
    told.write_text(str(change.blocks(64 << 10)), encoding="ascii")
    said = ours.backup(tmp_path, image, 64 << 10, told)
    assert said["moved_bytes"] == len(change.blocks(64 << 10)) << 16
    repository = Repository.open(open_store(str(tmp_path / "repository")), AgeIdentity(identity))
    ref = repository.backups()[-1].find("disk")
    assert ref is not None
    assert b"".join(bytes(one.data or b"") for one in repository.read(ref)) == image.read_bytes()


def test_a_change_is_one_percent_and_leaves_nothing(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(16 << 20))
    for change in (clustered(image), scattered(image)):
        assert change.size == 40 * 4096
        change.apply()
        assert image.read_bytes() != bytes(16 << 20)
        change.revert()
        assert image.read_bytes() == bytes(16 << 20)


def test_a_simulated_repository_is_one_without_its_data(tmp_path: Path) -> None:
    builder = Builder(tmp_path, 0.01)
    builder.backup(first=True)
    builder.backup(first=False)
    repository = Repository.open(SimulatedStore(tmp_path / "repository"), PASSPHRASE)
    totals = repository.totals()
    assert totals.backups == 2
    assert totals.blobs > builder.blobs > 2000
    repository.forget(repository.backups()[0].id)
    pruned = repository.prune(dry_run=True, repack=Repack(most=0))
    assert pruned.read == 0
    assert pruned.kept >= totals.stored - pruned.freed - (1 << 20)
