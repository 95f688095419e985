"""Designate, the DNS service: its API, central, worker, producer, and mdns, from which BIND fetches the zones."""

import shutil

import yaml

from devcloud import database, ini, waiting, wsgi
from devcloud.commands import URGENT, run
from devcloud.identity import Login
from devcloud.processes import spawn
from devcloud.services import named
from devcloud.settings import BIN, ETC, HOST, SHARE, Port, url

PROCESSES = ("designate-api", "designate-central", "designate-worker", "designate-producer", "designate-mdns")
URL = url(Port.DESIGNATE)
FOLDER = ETC / "designate"
CONFIG, POOLS = FOLDER / "designate.conf", FOLDER / "pools.yaml"
ARGUMENTS = ("--config-file", CONFIG)
POOL = "794ccc2c-d751-44fe-b57f-8894c9f5c842"
"""The id that designate gives the pool "default"."""


def configure() -> None:
    quick = {"poll_delay": 1, "poll_retry_interval": 1, "poll_timeout": 5, "workers": 1, "threads": 20}
    ini.write(
        CONFIG,
        ini.merged(
            ini.common("designate"),
            {
                "DEFAULT": {"state_path": named.DATA},
                "storage:sqlalchemy": ini.common("designate")["database"],
                "service:api": {
                    "auth_strategy": "keystone",
                    "api_base_uri": URL,
                    "enable_host_header": True,
                    "enable_api_v2": True,
                    "enabled_extensions_v2": "quotas,reports",
                },
                "service:central": {"workers": 1, "threads": 20, "default_pool_id": POOL},
                "service:mdns": {"listen": f"{HOST}:{Port.MDNS}", "workers": 1, "threads": 20},
                "service:worker": quick,
                # It alone raises a zone's serial after a change: without it records stay PENDING
                "service:producer": {"workers": 1, "threads": 20},
                "producer_task:increment_serial": {"interval": 1},
                "producer_task:delayed_notify": {"interval": 1},
            },
        ),
    )
    shutil.copy(SHARE / "designate/api-paste.ini", FOLDER / "api-paste.ini")
    pool = {
        "name": "default",
        "description": "BIND on this machine",
        "ns_records": [{"hostname": "ns1.devcloud.example.", "priority": 1}],
        "nameservers": [{"host": HOST, "port": int(Port.DNS)}],
        "targets": [
            {
                "type": "bind9",
                "masters": [{"host": HOST, "port": int(Port.MDNS)}],
                "options": {
                    "host": HOST,
                    "port": int(Port.DNS),
                    "rndc_host": HOST,
                    "rndc_port": int(Port.RNDC),
                    "rndc_key_file": str(named.KEY),
                    "rndc_bin_path": "/usr/sbin/rndc",
                },
            }
        ],
    }
    ini.write_text(POOLS, yaml.safe_dump([pool]))


def prepare() -> None:
    make = (BIN / "designate-manage", *ARGUMENTS, "database", "sync")
    database.schema("designate", make=lambda: run(*make, log="designate-schema", nice=URGENT))


def start() -> None:
    # WSGI: designate looks for its files in this folder, and takes no arguments
    env = {"OS_DESIGNATE_CONFIG_DIR": str(FOLDER)}
    wsgi.serve("designate-api", Port.DESIGNATE, "designate.wsgi.api", env=env)
    for name in PROCESSES[1:]:
        spawn(name, BIN / name, *ARGUMENTS)


def ready() -> None:
    waiting.http(URL, "designate-api")
    waiting.port(Port.MDNS, "designate-mdns")
    waiting.until(
        "an answer about zones", lambda: Login().call("GET", f"{URL}/v2/zones"), "designate-central"
    )


def populate() -> None:
    update = ("pool", "update", "--file", POOLS)
    run(BIN / "designate-manage", *ARGUMENTS, *update, log="designate-pool")
