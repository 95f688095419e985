"""MariaDB: one server for all databases.  It trades durability for speed: nothing is synced to disk."""

from devcloud import database, waiting
from devcloud.commands import run
from devcloud.processes import spawn
from devcloud.settings import HOST, MARIADB_SOCKET, PASSWORD, RUN, STATE, Port

PROCESSES = ("mariadb",)
DATA = STATE / "mariadb"


def prepare() -> None:
    run(
        *("mariadb-install-db", "--no-defaults", f"--datadir={DATA}", "--user=root", "--skip-test-db"),
        *("--auth-root-authentication-method=normal", "--skip-name-resolve"),
        log="mariadb-install",
    )


def start() -> None:
    bootstrap = STATE / "mariadb-root.sql"
    bootstrap.write_text(f"ALTER USER root@localhost IDENTIFIED BY '{PASSWORD}';\n")
    spawn(
        "mariadb",
        *(
            "/usr/sbin/mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={DATA}",
            f"--socket={MARIADB_SOCKET}",
        ),
        *(
            f"--pid-file={RUN}/mariadbd.own",
            f"--bind-address={HOST}",
            f"--port={Port.MARIADB}",
            "--skip-name-resolve",
        ),
        *(f"--init-file={bootstrap}", "--character-set-server=utf8mb3", "--max-connections=800"),
        *(
            "--performance-schema=OFF",
            "--skip-log-bin",
            "--query-cache-type=0",
            "--innodb-stats-persistent=OFF",
        ),
        *("--innodb-buffer-pool-size=256M", "--innodb-log-file-size=64M", "--innodb-flush-method=nosync"),
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"),
    )


def ready() -> None:
    waiting.port(Port.MARIADB, "mariadb")
    database.execute("SELECT 1")
