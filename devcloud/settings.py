"""Where the devcloud lives, which ports it takes and which passwords it has.  Decides nothing else.

Everything is below `.devcloud/` in the clone, except sockets and process ids: a unix socket's path may have
107 bytes, so they are in a short directory below /run, named after the clone, with a link to it at
`.devcloud/run`.
"""

import enum
import hashlib
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".devcloud"
ETC, STATE, LOG, CACHE = HOME / "etc", HOME / "state", HOME / "log", HOME / "cache"
RUN = Path("/run/hoarfrost-devcloud") / hashlib.sha256(str(HOME).encode()).hexdigest()[:8]
BIN = Path(sys.prefix) / "bin"
SHARE = Path(sys.prefix) / "etc"
"""Paste files, rootwrap filters and the like: wheels put them into PREFIX/etc/<service>."""
CODE = Path(__file__).resolve().parent
CLOUDS = HOME / "clouds.yaml"

HOST = "127.0.0.1"
NODE = "devcloud"
"""One name for nova's host, OVN's chassis and neutron's binding:host_id: another one is a PortBindingFailed.
"""
REGION = "RegionOne"
PASSWORD = "frost"
"""For everything.  All ports are on loopback and the cloud holds nothing but test data."""

STARTED = time.time()
"""A heartbeat older than this says nothing: rows of a former run look alive for a minute."""


class Port(enum.IntEnum):
    """The usual ports of the services, so that what is written about OpenStack elsewhere holds here."""

    MARIADB = 3306
    EPMD = 4369
    RABBITMQ = 5672
    ERLANG = 25672
    MEMCACHED = 11211
    KEYSTONE = 5000
    GLANCE = 9292
    SWIFT = 8080
    SWIFT_OBJECT = 6200
    SWIFT_CONTAINER = 6201
    SWIFT_ACCOUNT = 6202
    CINDER = 8776
    BARBICAN = 9311
    PLACEMENT = 8778
    NOVA = 8774
    OVSDB = 6640
    OVN_NORTH = 6641
    OVN_SOUTH = 6642
    NEUTRON = 9696
    OCTAVIA = 9876
    DESIGNATE = 9001
    MDNS = 5354
    DNS = 5355
    RNDC = 5953
    CEPH = 3300
    RADOSGW = 7480


def url(port: Port, path: str = "") -> str:
    return f"http://{HOST}:{port}{path}"


KEYSTONE_URL = url(Port.KEYSTONE, "/v3")
RABBIT_URL = f"rabbit://devcloud:{PASSWORD}@{HOST}:{Port.RABBITMQ}/"
MARIADB_SOCKET = RUN / "mariadb.sock"
OVSDB = f"unix:{RUN}/db.sock"
OVN_NORTH, OVN_SOUTH = f"unix:{RUN}/ovnnb.sock", f"unix:{RUN}/ovnsb.sock"


def database_url(name: str, user: str = "") -> str:
    return f"mysql+pymysql://{user or name}:{PASSWORD}@{HOST}:{Port.MARIADB}/{name}?charset=utf8"
