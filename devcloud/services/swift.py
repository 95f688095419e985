"""Swift: one server of each kind, one device, one replica; with the S3 API and what public clouds have.

The device is XFS on a loop device: ext4 keeps extended attributes in one block, and an object with more than
about 3.5 KiB of metadata is a 503 there.
"""

import time
from pathlib import Path

from devcloud import flavours, ini, namespace, waiting
from devcloud.commands import run
from devcloud.errors import Failed
from devcloud.processes import spawn
from devcloud.settings import BIN, CODE, ETC, HOST, REGION, STATE, Port, url

SERVERS = {"account": Port.SWIFT_ACCOUNT, "container": Port.SWIFT_CONTAINER, "object": Port.SWIFT_OBJECT}
PROCESSES = (*(f"swift-{kind}" for kind in SERVERS), "swift-updater", "swift-expirer", "swift-proxy")
URL = url(Port.SWIFT, "/healthcheck")
FOLDER = ETC / "swift"
DISK = STATE / "swift.xfs"
DEVICES = STATE / "swift"
# authtoken must stand before s3api and s3token: after them every S3 request is a SignatureDoesNotMatch
PIPELINE = (
    "catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl formpost authtoken"
    " s3api s3token keystoneauth staticweb copy container-quotas account-quotas slo dlo versioned_writes"
    " symlink proxy-logging proxy-server"
)
CACHE = {"use": "egg:swift#memcache", "memcache_servers": f"{HOST}:{Port.MEMCACHED}"}
# workers = 0 serves in the parent: one process for each server
COMMON = {
    "bind_ip": HOST,
    "user": "root",
    "swift_dir": FOLDER,
    "devices": DEVICES,
    "mount_check": False,
    "fallocate_reserve": 0,
    "workers": 0,
    "log_level": "WARNING",
    "recon_cache_path": STATE / "swift-cache",
}


def configure() -> None:
    policies: dict[str, dict[str, object]] = {
        f"storage-policy:{index}": {"name": name, "default": "yes" if index == 0 else "no"}
        for index, name in enumerate(flavours.chosen().storage_policies)
    }
    hashing = {"swift_hash_path_suffix": "devcloud", "swift_hash_path_prefix": "devcloud"}
    ini.write(FOLDER / "swift.conf", {"swift-hash": hashing, **policies})
    for kind, port in SERVERS.items():
        ini.write(
            FOLDER / f"{kind}-server.conf",
            {
                "DEFAULT": COMMON | {"bind_port": port},
                "pipeline:main": {"pipeline": f"{kind}-server"},
                f"app:{kind}-server": {"use": f"egg:swift#{kind}"},
                # container-updater: account totals do not move before it has run
                f"{kind}-updater": {"interval": 2, "account_suppression_time": 5},
            },
        )
    ini.write(
        FOLDER / "internal-client.conf",
        {
            "DEFAULT": {"swift_dir": FOLDER},
            "pipeline:main": {"pipeline": "catch_errors cache proxy-server"},
            "app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": True},
            "filter:cache": CACHE,
            "filter:catch_errors": {"use": "egg:swift#catch_errors"},
        },
    )
    expirer = {"interval": 5, "internal_client_conf_path": FOLDER / "internal-client.conf"}
    ini.write(FOLDER / "object-expirer.conf", {"DEFAULT": COMMON, "object-expirer": expirer})
    ini.write(FOLDER / "proxy-server.conf", _proxy())


def _proxy() -> dict[str, dict[str, object]]:
    login = ini.login("swift")
    options: dict[str, dict[str, object]] = {
        "s3api": {"s3_acl": False, "location": REGION},
        # keystone 30 answers /v3/s3tokens to a logged-in service only
        "s3token": login | {"auth_uri": url(Port.KEYSTONE, "/v3")},
        # The default lets only admin and swiftoperator in: a plain member would get 403
        "keystoneauth": {
            "operator_roles": "admin, member",
            "project_reader_roles": "reader",
            "reseller_admin_role": "ResellerAdmin",
        },
        "versioned_writes": {"allow_versioned_writes": True, "allow_object_versioning": True},
    }
    filters: dict[str, dict[str, object]] = {}
    for name in PIPELINE.split()[:-1]:
        use = {"use": f"egg:swift#{name.replace('-', '_')}"}
        filters[f"filter:{name}"] = use | options.get(name, {})
    filters["filter:cache"] = dict(CACHE)
    filters["filter:authtoken"] = {
        "paste.filter_factory": "keystonemiddleware.auth_token:filter_factory",
        "delay_auth_decision": True,
        "cache": "swift.cache",
        "include_service_catalog": False,
        **{key: value for key, value in ini.authtoken("swift").items() if key != "memcached_servers"},
    }
    return {
        "DEFAULT": COMMON | {"bind_port": Port.SWIFT},
        "pipeline:main": {"pipeline": PIPELINE},
        "app:proxy-server": {
            "use": "egg:swift#proxy",
            "account_autocreate": True,
            "allow_account_management": True,
        },
        **filters,
    }


def prepare() -> None:
    with DISK.open("wb") as file:
        file.truncate(20 << 30)  # sparse
    run("mkfs.xfs", "-q", "-f", "-i", "size=1024", "-K", DISK, log="swift-disk")
    policies = len(flavours.chosen().storage_policies)
    ports = [f"{kind}={port}" for kind, port in SERVERS.items()]
    run(
        BIN / "python", CODE / "inside/swift_rings.py", FOLDER, str(policies), HOST, *ports, log="swift-rings"
    )


def start() -> None:
    device = DEVICES / "d1"
    device.mkdir(parents=True, exist_ok=True)
    (STATE / "swift-cache").mkdir(exist_ok=True)
    _mount(device)
    for kind in SERVERS:
        spawn(f"swift-{kind}", BIN / f"swift-{kind}-server", FOLDER / f"{kind}-server.conf", "-v")
    spawn("swift-updater", BIN / "swift-container-updater", FOLDER / "container-server.conf", "-v")
    spawn("swift-expirer", BIN / "swift-object-expirer", FOLDER / "object-expirer.conf", "-v")
    spawn("swift-proxy", BIN / "swift-proxy-server", FOLDER / "proxy-server.conf", "-v")


def _mount(device: Path) -> None:
    """Mounts the disk.  After a kill the kernel may take a moment to let go of the former mount of it."""
    if namespace.mounted(device):
        return
    for attempt in range(20):
        try:
            run("mount", "-o", "loop,noatime,nodiscard", DISK, device, log="swift-disk")
            return
        except Failed:
            if attempt == 19:
                raise
            time.sleep(0.25)


def ready() -> None:
    for kind, port in SERVERS.items():
        waiting.port(port, f"swift-{kind}")
    waiting.http(URL, "swift-proxy")


def stop() -> None:
    if namespace.mounted(DEVICES / "d1"):
        run("umount", DEVICES / "d1", log="swift-disk")
