"""Placement, which counts what nova's host has left."""

from devcloud import database, ini, waiting, wsgi
from devcloud.commands import run
from devcloud.settings import BIN, ETC, Port, database_url, url

PROCESSES = ("placement",)
URL = url(Port.PLACEMENT)
CONFIG = ETC / "placement/placement.conf"


def configure() -> None:
    ini.write(
        CONFIG,
        {
            "placement_database": {"connection": database_url("placement"), "max_pool_size": 8},
            "keystone_authtoken": ini.authtoken("placement"),
        },
    )


def prepare() -> None:
    make = (BIN / "placement-manage", "--config-file", CONFIG, "db", "sync")
    database.schema("placement", make=lambda: run(*make, log="placement-schema"))


def start() -> None:
    env = {"OS_PLACEMENT_CONFIG_DIR": str(CONFIG.parent)}
    wsgi.serve("placement", Port.PLACEMENT, "placement.wsgi.api", env=env)


def ready() -> None:
    waiting.http(URL, "placement")
