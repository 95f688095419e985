"""Nova's conductor and scheduler."""

import time

from devcloud import waiting
from devcloud.identity import Login
from devcloud.processes import spawn
from devcloud.services.nova import API, BOTH
from devcloud.settings import BIN, STARTED

PROCESSES = ("nova-conductor", "nova-scheduler")


def start() -> None:
    for name in PROCESSES:
        spawn(name, BIN / name, *BOTH)


def ready() -> None:
    for name in PROCESSES:
        heartbeat(name)


def heartbeat(name: str) -> None:
    """Waits for a heartbeat newer than this start: rows of a former run look alive for a minute."""
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(STARTED))
    admin: list[Login] = []

    def beating() -> bool:
        if not admin:
            admin.append(Login())
        rows = admin[0].call("GET", f"{API}/os-services?binary={name}")["services"]
        return any((row["updated_at"] or "") >= since for row in rows)

    waiting.until(f"a heartbeat of {name}", beating, name)
