"""Databases: making one, and its schema either by the service's own command or from a dump of an earlier run.

A dump is taken right after the schema was made, before anything is in it, and is keyed by the versions of the
packages.
"""

import hashlib
from collections.abc import Callable

from devcloud.commands import run
from devcloud.settings import CACHE, CODE, MARIADB_SOCKET, PASSWORD

CLIENT = ("--no-defaults", f"--socket={MARIADB_SOCKET}", "-uroot", f"-p{PASSWORD}")


def execute(sql: str) -> str:
    return run("mariadb", *CLIENT, "-N", "-B", log="mariadb-client", stdin=sql, quiet=True)


def create(*names: str, user: str = "") -> None:
    """Makes empty databases with 3-byte utf8, as most clouds have it: names with an emoji are a 500 there, as
    here.
    """
    owner = user or names[0]
    statements = [f"CREATE USER IF NOT EXISTS '{owner}'@'%' IDENTIFIED BY '{PASSWORD}';"]
    for name in names:
        statements += [
            f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}` CHARACTER SET utf8;",
            f"GRANT ALL ON `{name}`.* TO '{owner}'@'%';",
        ]
    execute("\n".join(statements))


def schema(*names: str, make: Callable[[], object], user: str = "") -> None:
    """Makes the databases with their tables: from the cached dump, or with `make`, and then caches them."""
    create(*names, user=user)
    versions = hashlib.sha256((CODE / "requirements.lock").read_bytes()).hexdigest()[:12]
    dump = CACHE / f"schema-{names[0]}-{versions}.sql"
    if dump.exists():
        execute(f"SET unique_checks=0, foreign_key_checks=0; SOURCE {dump};")
        return
    make()
    CACHE.mkdir(parents=True, exist_ok=True)
    partial = dump.with_suffix(".partial")
    run(
        "mariadb-dump",
        *CLIENT,
        "--skip-comments",
        f"--result-file={partial}",
        "--databases",
        *names,
        log=f"{names[0]}-schema",
    )
    partial.rename(dump)
