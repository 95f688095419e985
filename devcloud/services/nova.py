"""Nova's API and databases, and the configuration that all of Nova shares."""

import shutil

from devcloud import database, flavours, ini, waiting, wsgi
from devcloud.commands import URGENT, run
from devcloud.identity import Login
from devcloud.settings import BIN, CODE, ETC, HOST, NODE, SHARE, STATE, Port, database_url, url

PROCESSES = ("nova-api",)
URL = url(Port.NOVA)
API = url(Port.NOVA, "/v2.1")
FOLDER = ETC / "nova"
CONFIG = FOLDER / "nova.conf"
DATABASES = FOLDER / "databases.conf"
"""Apart, as nova-compute must not see a database: it fills its log with "No DB access allowed in
nova-compute".
"""
BOTH = ("--config-file", CONFIG, "--config-file", DATABASES)
DATA = STATE / "nova"


def configure() -> None:
    login = ini.login("nova")
    common = {section: options for section, options in ini.common("nova").items() if section != "database"}
    ini.write(
        CONFIG,
        ini.merged(
            common,
            _defaults(),
            {
                "wsgi": {"api_paste_config": FOLDER / "api-paste.ini"},
                # Cinder refuses to detach without the service's own token (CVE-2023-2088)
                "service_user": login | {"send_service_user_token": True},
                "placement": login,
                "glance": login,
                "cinder": login | {"catalog_info": "block-storage::publicURL"},
                "neutron": login | {"ovs_bridge": "br-int"},
                "barbican": login | {"auth_endpoint": url(Port.KEYSTONE, "/v3")},
                "key_manager": {"backend": "barbican"},
                "conductor": {"workers": 1},
                # The host becomes known by itself; nova-manage discover_hosts takes an interpreter's start
                "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 2},
                "vnc": {"enabled": False},
                "quota": {
                    "instances": 100,
                    "cores": 200,
                    "ram": 102400,
                    "key_pairs": 200,
                    "server_groups": 50,
                },
            },
        ),
    )
    pool = {"max_pool_size": 8, "max_overflow": 20}
    ini.write(
        DATABASES,
        {
            "api_database": pool | {"connection": database_url("nova_api", "nova")},
            "database": pool | {"connection": database_url("nova")},
        },
    )
    shutil.copy(SHARE / "nova/api-paste.ini", FOLDER / "api-paste.ini")


def _defaults() -> dict[str, dict[str, object]]:
    return {
        "DEFAULT": {
            "host": NODE,
            "my_ip": HOST,
            "state_path": DATA,
            "instances_path": DATA / "instances",
            "compute_driver": "libvirt.LibvirtDriver",
            "default_availability_zone": flavours.chosen().zone,
            # Many small guests on a small host
            "cpu_allocation_ratio": 32.0,
            "ram_allocation_ratio": 4.0,
            "disk_allocation_ratio": 20.0,
            "reserved_host_memory_mb": 512,
            "allow_resize_to_same_host": True,
            # The guest answers ACPI within 3 s
            "shutdown_timeout": 20,
            "vif_plugging_timeout": 60,
            "block_device_allocate_retries_interval": 1,
            "rpc_response_timeout": 120,
            "report_interval": 3,
            "service_down_time": 60,
            "graceful_shutdown_timeout": 2,
            # Else the first periodic task, which finds the host, waits for up to a minute
            "periodic_fuzzy_delay": 0,
        }
    }


def prepare() -> None:
    for folder in ("instances", "lock"):
        (DATA / folder).mkdir(parents=True, exist_ok=True)
    make = (BIN / "python", CODE / "inside/nova_schema.py", *BOTH)
    names = ("nova", "nova_api", "nova_cell0")
    database.schema(*names, make=lambda: run(*make, log="nova-schema", nice=URGENT), user="nova")


def start() -> None:
    env = {
        "OS_NOVA_CONFIG_DIR": str(FOLDER),
        "OS_NOVA_CONFIG_FILES": f"api-paste.ini;nova.conf;{DATABASES.name}",
    }
    wsgi.serve("nova-api", Port.NOVA, "nova.wsgi.osapi_compute", env=env)


def ready() -> None:
    waiting.http(URL, "nova-api")


def populate() -> None:
    admin = Login()
    have = {found["name"] for found in admin.call("GET", f"{API}/flavors")["flavors"]}
    for size in flavours.chosen().sizes:
        if size.name not in have:
            made = {
                "name": size.name,
                "ram": size.memory,
                "vcpus": size.cpus,
                "disk": size.disk,
                "swap": size.swap,
            }
            made |= {"OS-FLV-EXT-DATA:ephemeral": size.ephemeral}
            admin.call("POST", f"{API}/flavors", {"flavor": made})
