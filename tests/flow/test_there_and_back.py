"""The product on a real cloud, as its users have it: killed in the middle, hindered by a fault, and brought home."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from openstack.connection import Connection

from demo import ground
from demo.compare import compare
from demo.observe import Observation, observe
from demo.offer import Offer
from demo.product import Failed, Product
from demo.temporary import holdings
from demo.tenant.removal import counts

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(900)]
LIMIT = 120


def killed_when(process: Popen[bytes], condition: Callable[[], object]) -> None:
    """kill -9 as soon as ``condition`` holds; it has to hold while the process is still at work."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert process.poll() is None, "the command ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert process.stdout
    process.stdout.close()


def test_a_killed_backup_shows_nowhere_and_the_next_is_whole(
    clouds: Any, source: Connection, product: Product, tmp_path: Path
) -> None:
    had = holdings(source)
    had_backups = product.run(clouds.source, "backup", "list")
    log = tmp_path / "progress"
    with log.open("wb") as stderr:
        process = product.start(clouds.source, "backup", "create", stderr=stderr)
        killed_when(process, lambda: b"stream ..." in log.read_bytes())
    assert holdings(source) > had
    assert product.run(clouds.source, "backup", "list") == had_backups
    assert len(product.run(clouds.source, "leftover", "list")) >= len(holdings(source) - had)

    whole = product.run(clouds.source, "backup", "create")

    assert whole["status"] == "complete"
    with product.start(clouds.source, "leftover", "remove") as process:
        assert process.wait() == 0
    assert holdings(source) == had
    assert product.run(clouds.source, "leftover", "list") == []


def test_a_killed_restore_goes_on_and_is_the_same_in_the_end(
    clouds: Any,
    source: Connection,
    target: Connection,
    before: Observation,
    names: Offer,
    product: Product,
    tmp_path: Path,
) -> None:
    backup = product.run(clouds.source, "backup", "create")
    plan = str(tmp_path / "plan.yaml")
    product.run(clouds.target, "restore", "plan", backup["id"], "--output", plan)
    with (tmp_path / "progress").open("wb") as stderr:
        process = product.start(clouds.target, "restore", "apply", plan, stderr=stderr)
        killed_when(process, lambda: counts(target)["volumes"])

    assert product.run(clouds.target, "restore", "apply", plan)["status"] == "complete"

    held = holdings(target)
    assert held == holdings(source)
    assert compare(before, observe(target), names, names).differences == []
    again = product.run(clouds.target, "restore", "apply", plan)
    assert (again["status"], again["counts"].get("created", 0), holdings(target)) == ("complete", 0, held)
    product.run(clouds.target, "restore", "undo", plan)
    assert not any(counts(target).values())


def test_a_fault_in_one_volume_leaves_an_honest_partial(
    clouds: Any, source: Connection, product: Product
) -> None:
    spare = source.block_storage.find_volume("spare", ignore_missing=False)
    admin = ground.connect(clouds.admin).block_storage
    admin.reset_volume_status(spare.id, status="error")
    try:
        with pytest.raises(Failed) as failure:
            product.run(clouds.source, "backup", "create")
    finally:
        admin.reset_volume_status(spare.id, status="available")
    made = failure.value.said
    assert (failure.value.code, made["status"]) == (3, "partial")
    errors = {one["address"] for one in made["findings"] if one["severity"] == "error"}
    assert errors == {f"volume/{spare.id}"}
    shown = product.run(clouds.source, "backup", "show", made["id"], "--full")
    streams = {one["address"] for one in shown["streams"] if one.get("outcome", "complete") == "complete"}
    others = {f"volume/{one.id}" for one in source.block_storage.volumes()} - errors
    assert others <= streams
    assert f"volume/{spare.id}" not in streams
