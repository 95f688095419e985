"""Ceph's RADOS gateway: an S3 service of another make than Swift's, beside the cloud and not in its catalogue.

One monitor, one OSD that keeps all in memory, the gateway; no manager, which only counts.  Keys for each of them,
since the gateway cannot do without.
"""

import uuid

from devcloud import ini, waiting
from devcloud.commands import run
from devcloud.processes import spawn
from devcloud.settings import ETC, HOST, PASSWORD, RUN, STATE, Port, url

PROCESSES = ("ceph-mon", "ceph-osd", "radosgw")
URL = url(Port.RADOSGW)
FOLDER, DATA = ETC / "ceph", STATE / "ceph"
CONFIG, KEYS = FOLDER / "ceph.conf", DATA / "keyring"
CLUSTER = "0b7c7f5e-5a0e-4d0a-9c7e-3f2f6a1d9c11"
MONITOR = f"v2:{HOST}:{Port.CEPH}"
ACCESS_KEY, SECRET_KEY = "devcloud", PASSWORD
MEMORY = 4 << 30
"""Bytes that the OSD offers; it takes what is stored."""


def configure() -> None:
    single = {"size": 1, "min_size": 1, "pg_num": 4, "pgp_num": 4}
    ini.write(
        CONFIG,
        {
            "global": {
                "fsid": CLUSTER,
                "mon_initial_members": "a",
                "mon_host": MONITOR,
                "public_addr": HOST,
                "cluster_addr": HOST,
                "run_dir": RUN,
                "admin_socket": f"{RUN}/ceph-$name.asok",
                "pid_file": "",
                "crash_dir": DATA / "crash",
                "keyring": KEYS,
                "log_to_file": False,
                "log_to_stderr": True,
                "mon_data": DATA / "mon",
                "mon_cluster_log_to_file": False,
                "mon_allow_pool_size_one": True,
                "mon_data_avail_crit": 1,
                "osd_data": DATA / "osd",
                "osd_objectstore": "memstore",
                "memstore_device_bytes": MEMORY,
                # A fast end writes nothing down, and the next start would find no pool; the monitor ends beside it.
                "osd_fast_shutdown": False,
                "osd_mon_shutdown_timeout": 1,
                "osd_crush_chooseleaf_type": 0,
                "rgw_data": DATA / "gateway",
                "rgw_frontends": f"beast endpoint={HOST}:{Port.RADOSGW}",
                **{f"osd_pool_default_{name}": value for name, value in single.items()},
            }
        },
    )


def prepare() -> None:
    for folder in ("mon", "osd", "gateway", "crash"):
        (DATA / folder).mkdir(parents=True)
    allowed = {
        "mon.": ["mon", "allow *"],
        "client.admin": ["mon", "allow *", "osd", "allow *"],
        "client.gateway": ["mon", "allow *", "osd", "allow *"],
        "osd.0": ["mon", "allow profile osd", "osd", "allow *"],
    }
    for name, caps in allowed.items():
        pairs = [
            word for kind, what in zip(caps[::2], caps[1::2], strict=True) for word in ("--cap", kind, what)
        ]
        new = () if KEYS.exists() else ("--create-keyring",)
        run("ceph-authtool", *new, KEYS, "--gen-key", "-n", name, *pairs, log="ceph-keys", quiet=True)
    monitors = DATA / "monmap"
    run(
        "monmaptool",
        "--create",
        "--addv",
        "a",
        f"[{MONITOR}]",
        "--fsid",
        CLUSTER,
        monitors,
        log="ceph-prepare",
    )
    make = ("--mkfs", "-i", "a", "--monmap", monitors, "--keyring", KEYS)
    run("ceph-mon", "-c", CONFIG, *make, log="ceph-prepare")
    spawn("ceph-mon", "/usr/bin/ceph-mon", "-c", CONFIG, "-f", "-i", "a")
    waiting.port(Port.CEPH, "ceph-mon")
    disk = str(uuid.uuid4())
    _ceph("osd", "new", disk, "0")
    _ceph("auth", "import", "-i", str(KEYS))
    run("ceph-osd", "-c", CONFIG, "-i", "0", "--mkfs", "--osd-uuid", disk, log="ceph-prepare")


def _ceph(*words: str) -> None:
    run("/usr/bin/ceph", "-c", CONFIG, "--connect-timeout", "30", *words, log="ceph-prepare")


def start() -> None:
    spawn("ceph-mon", "/usr/bin/ceph-mon", "-c", CONFIG, "-f", "-i", "a")
    waiting.port(Port.CEPH, "ceph-mon")
    spawn("ceph-osd", "/usr/bin/ceph-osd", "-c", CONFIG, "-f", "-i", "0")
    spawn("radosgw", "/usr/bin/radosgw", "-c", CONFIG, "-f", "-n", "client.gateway")


def ready() -> None:
    waiting.http(URL, "radosgw")


def populate() -> None:
    who = ("--uid", "devcloud", "--display-name", "devcloud")
    keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
    run("radosgw-admin", "-c", CONFIG, "user", "create", *who, *keys, log="ceph-user", quiet=True)
