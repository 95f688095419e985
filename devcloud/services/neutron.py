"""Neutron's API with OVN, FWaaS and VPNaaS, its RPC server (for the VPN agent), and the external network of
the flavour.

Left out are neutron-periodic-workers and neutron-ovn-maintenance-worker: 400 MiB for nothing that a tenant
sees.
"""

import shutil

from devcloud import database, flavours, ini, waiting, wsgi
from devcloud.commands import URGENT, run
from devcloud.identity import Login
from devcloud.processes import log_of, spawn
from devcloud.settings import BIN, ETC, NODE, OVN_NORTH, OVN_SOUTH, OVSDB, SHARE, STATE, Port, url

PROCESSES = ("neutron-api", "neutron-rpc")
URL = url(Port.NEUTRON)
API = url(Port.NEUTRON, "/v2.0")
FOLDER = ETC / "neutron"
CONFIG, ML2 = FOLDER / "neutron.conf", FOLDER / "ml2.ini"
ARGUMENTS = ("--config-file", CONFIG, "--config-file", ML2)
# Not metering: a POST is a 500 under OVN once the project has a router.  Not conntrack_helper: it loads the
# plugin `router` beside ovn-router, which then takes the L3 API over.  Tags, timestamps, revisions, flavors,
# address groups, RBAC, address scopes and subnet pools load by themselves.
PLUGINS = (
    "ovn-router,qos,trunk,segments,port_forwarding,firewall_v2,ovn-vpnaas,log,network_segment_range,local_ip,"
    "ndp_proxy"
)
# tag_ports_during_bulk_creation: without it POST of a port with tags is a 201, and the tags are dropped
EXTENSIONS = (
    "port_security,qos,dns_domain_keywords,uplink_status_propagation,uplink_status_propagation_updatable,"
    "tag_ports_during_bulk_creation"
)
PROVIDERS = [
    "FIREWALL_V2:ovn:neutron_fwaas.services.firewall.service_drivers.ovn.firewall_l3_driver.OVNFwaasDriver:default",
    "VPN:ovn:neutron_vpnaas.services.vpn.service_drivers.ovn_ipsec.IPsecOvnVPNDriver:default",
]


def configure() -> None:
    quotas = {
        "network": 200,
        "subnet": 200,
        "port": 2000,
        "router": 50,
        "floatingip": 200,
        "rbac_policy": 200,
    }
    quotas |= {"security_group": 200, "security_group_rule": 2000}
    ini.write(
        CONFIG,
        ini.merged(
            ini.common("neutron"),
            {
                "DEFAULT": {
                    "host": NODE,
                    "state_path": STATE / "neutron",
                    "core_plugin": "ml2",
                    "service_plugins": PLUGINS,
                    "api_paste_config": FOLDER / "api-paste.ini",
                    "auth_strategy": "keystone",
                    "rpc_workers": 1,
                    "rpc_state_report_workers": 0,
                    "rpc_response_timeout": 20,
                    "dns_domain": "devcloud.example.",
                },
                "oslo_messaging_rabbit": {"rabbit_quorum_queue": False},
                "quotas": {f"quota_{kind}": limit for kind, limit in quotas.items()},
                "service_providers": {"service_provider": PROVIDERS},
                "nova": ini.login("neutron"),
                "placement": ini.login("neutron"),
            },
        ),
    )
    ini.write(
        ML2,
        {
            "ml2": {
                "mechanism_drivers": "ovn",
                "type_drivers": "flat,vlan,geneve,local",
                "project_network_types": "geneve",
                "extension_drivers": EXTENSIONS,
                "overlay_ip_version": 4,
            },
            "ml2_type_geneve": {"vni_ranges": "1:65535", "max_header_size": 38},
            "ml2_type_flat": {"flat_networks": "*"},
            "ml2_type_vlan": {"network_vlan_ranges": "public:100:199"},
            "securitygroup": {"enable_security_group": True},
            "ovn": {
                "ovn_nb_connection": OVN_NORTH,
                "ovn_sb_connection": OVN_SOUTH,
                "ovsdb_connection_timeout": 30,
            },
            "ovs": {"ovsdb_connection": OVSDB},
        },
    )
    shutil.copy(SHARE / "neutron/api-paste.ini", FOLDER / "api-paste.ini")


def prepare() -> None:
    (STATE / "neutron/lock").mkdir(parents=True, exist_ok=True)
    make = (BIN / "neutron-db-manage", *ARGUMENTS, "upgrade", "heads")
    database.schema("neutron", make=lambda: run(*make, log="neutron-schema", nice=URGENT))


def start() -> None:
    # ASGI_WORKERS: how the OVN driver learns the number of API processes outside of uwsgi; it refuses to work
    # with none
    wsgi.serve("neutron-api", Port.NEUTRON, "neutron.wsgi.api", argv=ARGUMENTS, env={"ASGI_WORKERS": "1"})
    spawn("neutron-rpc", BIN / "neutron-rpc-server", *ARGUMENTS)


def ready() -> None:
    waiting.http(URL, "neutron-api")
    done = "RpcWorker process has finished the post initialization"
    waiting.until("neutron-rpc's worker", lambda: done in log_of("neutron-rpc").read_text(), "neutron-rpc")
    # It loads its policy at the first request; another request meanwhile meets none, and is a 403 for anybody
    waiting.until("an answer about networks", lambda: Login().call("GET", f"{API}/networks"), "neutron-api")


def populate() -> None:
    admin, flavour = Login(), flavours.chosen()
    network = admin.ensure(
        f"{API}/networks",
        "network",
        **{
            "name": flavour.external_network,
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": "public",
        },
    )
    for cidr, gateway in flavour.external_subnets:
        version = 6 if ":" in cidr else 4
        made = {
            "name": f"{flavour.external_network}-v{version}",
            "network_id": network["id"],
            "ip_version": version,
        }
        admin.ensure(f"{API}/subnets", "subnet", **made, cidr=cidr, gateway_ip=gateway, enable_dhcp=False)
