"""memcached: tokens and Swift's caches."""

from devcloud import waiting
from devcloud.processes import spawn
from devcloud.settings import HOST, Port

PROCESSES = ("memcached",)


def start() -> None:
    spawn(
        "memcached",
        "/usr/bin/memcached",
        "-u",
        "root",
        "-l",
        HOST,
        "-p",
        str(Port.MEMCACHED),
        "-U",
        "0",
        "-t",
        "1",
    )


def ready() -> None:
    waiting.port(Port.MEMCACHED, "memcached")
