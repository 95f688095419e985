"""Octavia with two providers: OVN (L4, real), and amphora (L7), whose amphorae are no servers.

inside/devcloud_compute.py stands in for those.
"""

from pathlib import Path

from devcloud import database, ini, waiting, wsgi
from devcloud.commands import run
from devcloud.processes import log_of, spawn
from devcloud.settings import BIN, CODE, ETC, HOST, NODE, OVN_NORTH, OVN_SOUTH, PASSWORD, STATE, Port, url

PROCESSES = ("octavia-driver-agent", "octavia-api", "octavia-worker")
URL = url(Port.OCTAVIA)
CONFIG = ETC / "octavia/octavia.conf"
DATA = STATE / "octavia"
AUTHORITY, KEY = DATA / "ca.pem", DATA / "ca.key"
PLUGIN = DATA / "plugin"
PLUGGED = {"PYTHONPATH": f"{CODE}/inside:{PLUGIN}"}
SOCKETS = [Path("/run/octavia") / f"{name}.sock" for name in ("status", "stats", "get")]
"""The default places: the OVN provider ignores the options for them."""


def configure() -> None:
    ini.write(
        CONFIG,
        ini.merged(
            ini.common("octavia"),
            {
                "DEFAULT": {"host": NODE},
                "api_settings": {
                    "auth_strategy": "keystone",
                    "enabled_provider_drivers": "ovn:OVN L4,amphora:amphora without servers",
                    "default_provider_driver": "ovn",
                },
                "oslo_messaging": {"topic": "octavia_prov", "rpc_thread_pool_size": 2},
                "health_manager": {"heartbeat_key": PASSWORD, "controller_ip_port_list": f"{HOST}:5555"},
                # A certificate is signed for each amphora, even for one that is no server
                "certificates": {
                    "cert_generator": "local_cert_generator",
                    "cert_manager": "barbican_cert_manager",
                    "ca_certificate": AUTHORITY,
                    "ca_private_key": KEY,
                    "ca_private_key_passphrase": PASSWORD,
                },
                "controller_worker": {
                    "workers": 1,
                    "amphora_driver": "amphora_noop_driver",
                    "compute_driver": "devcloud_compute",
                    "network_driver": "allowed_address_pairs_driver",
                    "image_driver": "image_noop_driver",
                    "volume_driver": "volume_noop_driver",
                    "amp_flavor_id": "1",
                    "amp_image_tag": "amphora",
                    "amp_boot_network_list": "",
                    "client_ca": AUTHORITY,
                    "event_notifications": False,
                },
                "driver_agent": {"enabled_provider_agents": "ovn"},
                "ovn": {"ovn_nb_connection": OVN_NORTH, "ovn_sb_connection": OVN_SOUTH},
                "task_flow": {"jobboard_enabled": False},
                "service_auth": ini.login("octavia"),
                "neutron": ini.login("octavia"),
            },
        ),
    )


def prepare() -> None:
    (DATA / "lock").mkdir(parents=True, exist_ok=True)
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "3650", "-subj", "/CN=devcloud"),
        *("-passout", f"pass:{PASSWORD}", "-keyout", KEY, "-out", AUTHORITY),
        log="octavia-ca",
        quiet=True,
    )
    # Octavia finds drivers by the entry points of installed packages; a directory with metadata is one
    metadata = PLUGIN / "devcloud_compute-1.dist-info"
    metadata.mkdir(parents=True, exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: devcloud-compute\nVersion: 1\n")
    entry = "[octavia.compute.drivers]\ndevcloud_compute = devcloud_compute:PortsOnly\n"
    (metadata / "entry_points.txt").write_text(entry)
    make = (BIN / "octavia-db-manage", "--config-file", CONFIG, "upgrade", "head")
    database.schema("octavia", make=lambda: run(*make, log="octavia-schema"))


def start() -> None:
    arguments = ("--config-file", CONFIG)
    spawn("octavia-driver-agent", BIN / "octavia-driver-agent", *arguments, sockets=SOCKETS)
    spawn(
        "octavia-worker",
        BIN / "octavia-worker",
        *arguments,
        env=PLUGGED,
    )
    for socket in SOCKETS:  # an API that is there first asks again after minutes
        waiting.file(socket, "octavia-driver-agent")
    wsgi.serve("octavia-api", Port.OCTAVIA, "octavia.wsgi.api", argv=arguments, env=PLUGGED)


def ready() -> None:
    waiting.http(URL, "octavia-api")
    log = log_of("octavia-worker")
    waiting.until(
        "a consumer in octavia-worker", lambda: "Starting V2 consumer" in log.read_text(), "octavia-worker"
    )
