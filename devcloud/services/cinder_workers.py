"""Cinder's scheduler, volume and backup services, in one process; and the volume types of the flavour."""

import time

from devcloud import flavours, namespace, waiting
from devcloud.commands import STAND_INS, run
from devcloud.identity import Login
from devcloud.processes import spawn
from devcloud.services import cinder
from devcloud.settings import BIN, CODE, STARTED

PROCESSES = ("cinder-workers",)
BINARIES = {"cinder-scheduler", "cinder-volume", "cinder-backup"}
UNSET = "__DEFAULT__"
"""The type that cinder's migrations make; its id is the same in every database of one dump."""


def start() -> None:
    if not namespace.mounted(cinder.MOUNT):
        run("mount", "--bind", cinder.VOLUMES, cinder.MOUNT, log="mounts")
    spawn(
        "cinder-workers",
        BIN / "python",
        CODE / "inside/cinder_workers.py",
        "--config-file",
        cinder.CONFIG,
        env=STAND_INS,
    )


def ready() -> None:
    """Wants heartbeats newer than this start, and a pool: the scheduler knows none in its first seconds."""
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(STARTED))
    admin: list[Login] = []

    def beating() -> bool:
        if not admin:
            admin.append(Login())
        rows = admin[0].call("GET", f"{cinder.URL}/v3/os-services")["services"]
        fresh = {row["binary"] for row in rows if (row["updated_at"] or "") >= since}
        return fresh >= BINARIES and bool(
            admin[0].call("GET", f"{cinder.URL}/v3/scheduler-stats/get_pools")["pools"]
        )

    waiting.until("cinder's heartbeats and pools", beating, "cinder-workers")


def populate() -> None:
    admin, types = Login(), f"{cinder.URL}/v3/types"
    for name in flavours.chosen().volume_types:
        made = {"name": name, "extra_specs": {"volume_backend_name": cinder.BACKEND}}
        admin.ensure(types, "volume_type", **made)
    for found in admin.call("GET", types)["volume_types"]:
        if found["name"] == UNSET:
            admin.call("DELETE", f"{types}/{found['id']}")
