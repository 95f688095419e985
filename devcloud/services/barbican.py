"""Barbican, the secret store, with a key encryption key in its configuration and no broker: orders are
answered at once.
"""

from devcloud import database, ini, waiting, wsgi
from devcloud.commands import run
from devcloud.settings import BIN, ETC, SHARE, Port, url

PROCESSES = ("barbican",)
URL = url(Port.BARBICAN)
# Under WSGI barbican takes no --config-file and looks into ~/.barbican and /etc: HOME is the way in.
HOME = ETC / "barbican"
ENVIRONMENT = {"HOME": str(HOME)}


def configure() -> None:
    ini.write(
        HOME / ".barbican/barbican.conf",
        ini.merged(
            ini.common("barbican"),
            {
                "DEFAULT": {"host_href": URL, "db_auto_create": False},
                "queue": {"enable": False},
                "secretstore": {"enabled_secretstore_plugins": "store_crypto"},
                "crypto": {"enabled_crypto_plugins": "simple_crypto"},
                # 32 bytes of base64, as good as a password on loopback
                "simple_crypto_plugin": {"kek": "aG9hcmZyb3N0LWRldmNsb3VkLWtleS0wMDAwMDAwMDE="},
            },
        ),
    )


def prepare() -> None:
    make = (BIN / "barbican-manage", "db", "upgrade")
    database.schema("barbican", make=lambda: run(*make, log="barbican-schema", env=ENVIRONMENT))


def start() -> None:
    wsgi.serve("barbican", Port.BARBICAN, SHARE / "barbican/barbican-api-paste.ini", env=ENVIRONMENT)


def ready() -> None:
    waiting.http(URL, "barbican")
