"""Keystone, the identity service; what is in it (users, projects, the catalogue) is in catalogue.py."""

import base64
import os
import shutil

from devcloud import catalogue, database, ini, waiting, wsgi
from devcloud.commands import URGENT, run
from devcloud.settings import BIN, ETC, HOST, KEYSTONE_URL, PASSWORD, REGION, STATE, Port, database_url

PROCESSES = ("keystone",)
URL = KEYSTONE_URL
CONFIG = ETC / "keystone/keystone.conf"
KEYS = STATE / "keystone"


def configure() -> None:
    ini.write(
        CONFIG,
        {
            "database": {"connection": database_url("keystone"), "max_pool_size": 8},
            "token": {"expiration": 28800},
            "fernet_tokens": {"key_repository": KEYS / "fernet"},
            "fernet_receipts": {"key_repository": KEYS / "fernet"},
            "credential": {"key_repository": KEYS / "credential"},
            # bcrypt's usual 12 rounds are 0.25 s for every login
            "identity": {"password_hash_algorithm": "bcrypt", "password_hash_rounds": 4},
            "cache": {
                "enabled": True,
                "backend": "dogpile.cache.memcached",
                "memcache_servers": f"{HOST}:{Port.MEMCACHED}",
            },
            "oslo_messaging_notifications": {"driver": "noop"},
        },
    )
    if not KEYS.exists():
        _make_keys()


def _make_keys() -> None:
    """What fernet_setup and credential_setup do, without two interpreters' starts. Before anything is started: Keystone
    starts beside its own preparation, and dies at once where it has no keys. They are there as a whole or not at all:
    where somebody was stopped on the way, they are made anew."""
    unfinished = KEYS.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for folder in (unfinished / "fernet", unfinished / "credential"):
        folder.mkdir(mode=0o700, parents=True)
        for index in ("0", "1"):
            (folder / index).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
            (folder / index).chmod(0o600)
    unfinished.rename(KEYS)


def prepare() -> None:
    command = (BIN / "keystone-manage", "--config-file", CONFIG)
    database.schema("keystone", make=lambda: run(*command, "db_sync", log="keystone-schema", nice=URGENT))
    urls = [f"--bootstrap-{kind}-url={KEYSTONE_URL}" for kind in ("public", "internal", "admin")]
    run(
        *(*command, "bootstrap", f"--bootstrap-region-id={REGION}", *urls),
        log="keystone-schema",
        nice=URGENT,
        env={"OS_BOOTSTRAP_PASSWORD": PASSWORD},
    )


def start() -> None:
    """Keystone's own middleware keeps the token of a request where another thread's request overwrites it."""
    env = {"OS_KEYSTONE_CONFIG_FILES": str(CONFIG)}
    wsgi.serve("keystone", Port.KEYSTONE, "keystone.wsgi.api", env=env, processes=4)


def ready() -> None:
    waiting.http(URL, "keystone")


def populate() -> None:
    catalogue.populate()
