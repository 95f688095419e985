"""Cinder's API, and the configuration that its workers share.

The NFS driver gives real bytes, and snapshots of attached volumes, without an NFS client in the kernel: a
bind mount stands where the driver would mount the share.
"""

import hashlib

from devcloud import database, flavours, ini, waiting, wsgi
from devcloud.commands import STAND_INS, run
from devcloud.settings import BIN, ETC, HOST, NODE, SHARE, STATE, Port, url

PROCESSES = ("cinder-api",)
URL = url(Port.CINDER)
CONFIG = ETC / "cinder/cinder.conf"
DATA = STATE / "cinder"
VOLUMES = DATA / "volumes"
EXPORT = f"{HOST}:/volumes"
BACKEND = "nfs"
MOUNT = DATA / "mnt" / hashlib.md5(EXPORT.encode()).hexdigest()
"""Where os-brick looks for the share; it finds it in /proc/mounts and never calls mount."""


def configure() -> None:
    ini.write_text(ETC / "cinder/nfs_shares", EXPORT + "\n")
    privsep = {"helper_command": f"{BIN}/privsep-helper --config-file {CONFIG}"}
    ini.write(
        CONFIG,
        ini.merged(
            ini.common("cinder"),
            _defaults(),
            {
                BACKEND: {
                    "volume_driver": "cinder.volume.drivers.nfs.NfsDriver",
                    "volume_backend_name": BACKEND,
                    "nfs_shares_config": ETC / "cinder/nfs_shares",
                    "nfs_mount_point_base": DATA / "mnt",
                    "nfs_snapshot_support": True,
                    # With snapshot support the driver refuses to start on anything but false
                    "nas_secure_file_operations": False,
                    # Files get mode 0666, so that QEMU may open them whoever it runs as
                    "nas_secure_file_permissions": False,
                    "max_over_subscription_ratio": 100.0,
                },
                "coordination": {"backend_url": f"file://{DATA}/lock"},
                "privsep": privsep,
                "cinder_sys_admin": privsep,
                "privsep_osbrick": privsep,
                "key_manager": {"backend": "barbican"},
                "barbican": {
                    "barbican_endpoint": url(Port.BARBICAN),
                    "auth_endpoint": url(Port.KEYSTONE, "/v3"),
                },
                # Snapshots of attached volumes are made by nova
                "nova": ini.login("cinder") | {"interface": "public", "token_auth_url": url(Port.KEYSTONE)},
                "service_user": ini.login("cinder") | {"send_service_user_token": True},
            },
        ),
    )


def _defaults() -> dict[str, dict[str, object]]:
    flavour = flavours.chosen()
    quotas = {f"quota_{kind}": 200 for kind in ("volumes", "snapshots", "backups", "groups")}
    return {
        "DEFAULT": {
            "host": NODE,
            "my_ip": HOST,
            "state_path": DATA,
            "auth_strategy": "keystone",
            "api_paste_config": SHARE / "cinder/api-paste.ini",
            "rootwrap_config": SHARE / "cinder/rootwrap.conf",
            "resource_query_filters_file": SHARE / "cinder/resource_filters.json",
            "enabled_backends": BACKEND,
            "storage_availability_zone": flavour.zone,
            "default_volume_type": flavour.volume_types[0],
            "glance_api_servers": url(Port.GLANCE),
            "image_conversion_dir": DATA / "conversion",
            "rpc_response_timeout": 120,
            "graceful_shutdown_timeout": 2,
            "report_interval": 2,
            "service_down_time": 60,
            "periodic_interval": 20,
            "scheduler_driver_init_wait_time": 2,
            "backup_driver": "cinder.backup.drivers.swift.SwiftBackupDriver",
            "backup_swift_url": url(Port.SWIFT, "/v1/AUTH_"),
            "backup_swift_auth": "per_user",
            "backup_workers": 1,
            "quota_gigabytes": 5000,
            "quota_backup_gigabytes": 5000,
            **quotas,
        }
    }


def prepare() -> None:
    for folder in (VOLUMES, MOUNT, DATA / "lock", DATA / "conversion"):
        folder.mkdir(parents=True, exist_ok=True)
    make = (BIN / "cinder-manage", "--config-file", CONFIG, "db", "sync")
    database.schema("cinder", make=lambda: run(*make, log="cinder-schema"))


def start() -> None:
    wsgi.serve("cinder-api", Port.CINDER, "cinder.wsgi.api", argv=("--config-file", CONFIG), env=STAND_INS)


def ready() -> None:
    waiting.http(URL, "cinder-api")
