"""The OVN VPN agent, with strongSwan.

Without a live one POST /vpn/vpnservices is 409 "No eligible VPN agent found".
"""

import calendar
import time

from devcloud import ini, waiting
from devcloud.commands import STAND_INS
from devcloud.identity import Login
from devcloud.processes import spawn
from devcloud.services import neutron
from devcloud.settings import BIN, CODE, OVN_SOUTH, OVSDB, SHARE, STARTED, STATE

DRIVER = "neutron_vpnaas.services.vpn.device_drivers.ovn_ipsec.OvnStrongSwanDriver"
PROCESSES = ("neutron-vpn-agent",)
CONFIG = neutron.FOLDER / "vpn_agent.ini"
ROOTWRAP = neutron.FOLDER / "rootwrap.conf"
DATA = STATE / "vpn"


def configure() -> None:
    # Read by the agent's netns wrapper, which has a filter of its own
    ini.write(
        ROOTWRAP,
        {
            "DEFAULT": {
                "filters_path": SHARE / "neutron/rootwrap.d",
                "exec_dirs": f"{BIN},/usr/local/sbin,/usr/local/bin,/usr/sbin,/usr/bin,/sbin,/bin",
                "use_syslog": False,
            }
        },
    )
    ini.write(
        CONFIG,
        {
            "DEFAULT": {"interface_driver": "openvswitch", "ovs_use_veth": True, "state_path": DATA},
            # The code expects three words, made for "sudo neutron-rootwrap CONFIG"
            "AGENT": {
                "root_helper": f"/usr/bin/env {CODE}/bin/neutron-rootwrap {ROOTWRAP}",
                "report_interval": 10,
            },
            "ovs": {"ovsdb_connection": OVSDB, "integration_bridge": "br-int"},
            "vpnagent": {"vpn_device_driver": DRIVER},
            "ipsec": {"ipsec_status_check_interval": 10, "config_base_dir": DATA / "ipsec"},
            "ovn": {"ovn_sb_connection": OVN_SOUTH},
        },
    )
    DATA.mkdir(parents=True, exist_ok=True)


def start() -> None:
    # A pid namespace: its netns wrapper reads /proc/1/ns/net, which the machine's pid 1 may refuse; and all
    # that it started ends with it.  A /run/netns of its own: an entry left there by a former agent is a plain
    # file, on which `ip netns exec` fails, and the agent restarts for ever.
    alone = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL")
    shell = ("sh", "-c", 'mount -t tmpfs devcloud /run/netns && exec "$@"', "sh")
    arguments = ("--config-file", neutron.CONFIG, "--config-file", CONFIG)
    spawn("neutron-vpn-agent", *alone, *shell, BIN / "neutron-ovn-vpn-agent", *arguments, env=STAND_INS)


def ready() -> None:
    admin: list[Login] = []

    def reporting() -> bool:
        if not admin:
            admin.append(Login())
        agents = admin[0].call("GET", f"{neutron.API}/agents?binary=neutron-ovn-vpn-agent")["agents"]
        return any(_seconds(agent["heartbeat_timestamp"]) >= int(STARTED) for agent in agents)

    waiting.until("a heartbeat of the VPN agent", reporting, "neutron-vpn-agent")


def _seconds(timestamp: str) -> int:
    return calendar.timegm(time.strptime(timestamp[:19], "%Y-%m-%d %H:%M:%S"))
