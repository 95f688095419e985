"""Open vSwitch and OVN in user space, without a kernel module.

Routers, security groups, DHCP and floating addresses are real.
"""

import json
from pathlib import Path

from devcloud import waiting
from devcloud.commands import run
from devcloud.processes import spawn
from devcloud.settings import HOST, NODE, OVN_NORTH, OVN_SOUTH, OVSDB, RUN, STATE, Port

PROCESSES = ("ovsdb", "ovn-nb", "ovn-sb", "ovs-vswitchd", "ovn-northd", "ovn-controller")
DATA = STATE / "ovn"
_CLONE = ":".join(RUN.name[index : index + 2] for index in range(0, 8, 2))
ENVIRONMENT = {
    f"{product}_{kind}": str(RUN) for product in ("OVS", "OVN") for kind in ("RUNDIR", "LOGDIR", "DBDIR")
}
SCHEMAS = {
    "conf": "/usr/share/openvswitch/vswitch.ovsschema",
    "ovnnb": "/usr/share/ovn/ovn-nb.ovsschema",
    "ovnsb": "/usr/share/ovn/ovn-sb.ovsschema",
}
QUIET = ("-vsyslog:off", "-vfile:off", "-vconsole:warn")
BRIDGES = {"br-int": f"0e:00:{_CLONE}", "br-ex": f"0e:01:{_CLONE}"}
"""With addresses by which stop() can tell them from the bridges of another OVS."""
CHASSIS = {
    "system-id": NODE,
    "hostname": NODE,
    "ovn-remote": OVN_SOUTH,
    "ovn-encap-type": "geneve",
    "ovn-encap-ip": HOST,
    "ovn-bridge": "br-int",
    "ovn-bridge-datapath-type": "netdev",
    "ovn-bridge-mappings": "public:br-ex",  # br-ex has no physical port: nothing leaves this machine
    "ovn-cms-options": "enable-chassis-as-gw",
}


def prepare() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    for name, schema in SCHEMAS.items():
        (DATA / f"{name}.db").unlink(missing_ok=True)
        run("ovsdb-tool", "create", DATA / f"{name}.db", schema, log="ovn")


def start() -> None:
    # The default places too: libvirt runs a bare `ovs-vsctl`, os-vif's default is TCP 6640
    _ovsdb("ovsdb", "conf", RUN / "db.sock", "punix:/run/openvswitch/db.sock", f"ptcp:{Port.OVSDB}:{HOST}")
    _ovsdb("ovn-nb", "ovnnb", RUN / "ovnnb.sock", f"ptcp:{Port.OVN_NORTH}:{HOST}")
    _ovsdb("ovn-sb", "ovnsb", RUN / "ovnsb.sock", f"ptcp:{Port.OVN_SOUTH}:{HOST}")
    vsctl("--no-wait", "--", "init")
    # --monitor starts it again: the connection tracker of 3.1 aborts now and then (an assertion in conn_update_state)
    switch = ("ovs-vswitchd", "--monitor", *QUIET, f"--unixctl={RUN}/vswitchd.ctl", OVSDB)
    spawn("ovs-vswitchd", *switch, env=ENVIRONMENT)
    run("ovn-nbctl", f"--db={OVN_NORTH}", "init", log="ovn")
    vsctl("set", "Open_vSwitch", ".", *(f'external_ids:{key}="{value}"' for key, value in CHASSIS.items()))
    for bridge, address in BRIDGES.items():
        settings = ("datapath_type=netdev", f'other-config:hwaddr="{address}"')
        vsctl("--may-exist", "add-br", bridge, "--", "set", "Bridge", bridge, *settings)
    vsctl("set", "Bridge", "br-int", "fail-mode=secure")
    databases = (f"--ovnnb-db={OVN_NORTH}", f"--ovnsb-db={OVN_SOUTH}")
    spawn("ovn-northd", "ovn-northd", *QUIET, f"--unixctl={RUN}/northd.ctl", *databases, env=ENVIRONMENT)
    # It dies without a word now and then while others start, and no agent is alive without it
    spawn(
        "ovn-controller", "ovn-controller", "--monitor", *QUIET, OVSDB, env=ENVIRONMENT
    )  # knows no --unixctl


def _ovsdb(name: str, file: str, socket: Path, *more: str) -> None:
    remotes = [f"--remote={place}" for place in (f"punix:{socket}", *more)]
    command = ("ovsdb-server", *QUIET, f"--unixctl={RUN}/{name}.ctl", DATA / f"{file}.db", *remotes)
    spawn(name, *command, env=ENVIRONMENT, sockets=[socket])
    waiting.file(socket, name)


def vsctl(*words: str) -> str:
    return run("ovs-vsctl", f"--db={OVSDB}", "--timeout=20", *words, log="ovn", quiet=True)


def ready() -> None:
    listing = (
        "ovn-sbctl",
        f"--db={OVN_SOUTH}",
        "--timeout=20",
        "--bare",
        "--columns=hostname",
        "list",
        "Chassis",
    )
    waiting.until("the chassis in OVN", lambda: run(*listing, log="ovn", quiet=True), "ovn-controller")


def stop() -> None:
    """Removes the network devices that OVS and os-vif made, which outlive them.

    The machine may have an OVS of its own, with the same names: a device is ours if our database has its address too.
    """
    database = DATA / "conf.db"
    text = database.read_text() if database.exists() else ""
    # Not from /sys: that shows the network namespace it was mounted in
    taps = json.loads(run("ip", "-json", "link", "show", "type", "tun", log="ovn", quiet=True) or "[]")
    ours = {tap["ifname"] for tap in taps if f'"{tap["ifname"]}"' in text and f'"{tap["address"]}"' in text}
    for name in ours | ({"ovs-netdev"} if "br-int" in ours else set()):
        run("ip", "link", "delete", name, log="ovn")
