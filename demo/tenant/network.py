"""The tenant's networks: two, a router to the world, ports with chosen addresses, floating addresses."""

from __future__ import annotations

from openstack.connection import Connection

from demo.offer import Offer

INSIDE = "10.20.0.0/24"
FRONT_ADDRESS = "10.20.0.7"
FRONT_MAC = "fa:16:3e:5e:ed:07"
SHARED_ADDRESS = "10.20.0.250"


def build(cloud: Connection, offer: Offer) -> None:
    _inside(cloud)
    _back(cloud)
    _router(cloud, offer)
    _ports(cloud)
    _floating(cloud, offer)


def _inside(cloud: Connection) -> None:
    network = cloud.network.create_network(name="inside", description="Where the servers live", mtu=1400)
    cloud.network.set_tags(network, ["tier:inside", "straße"])
    cloud.network.create_subnet(
        name="inside-v4",
        network_id=network.id,
        ip_version=4,
        cidr=INSIDE,
        gateway_ip="10.20.0.1",
        allocation_pools=[
            {"start": "10.20.0.100", "end": "10.20.0.149"},
            {"start": "10.20.0.160", "end": "10.20.0.169"},
        ],
        dns_nameservers=["10.20.0.54", "10.20.0.53"],
        host_routes=[{"destination": "10.77.0.0/16", "nexthop": "10.20.0.2"}],
        description="Pools leave room for fixed addresses",
    )


def _back(cloud: Connection) -> None:
    network = cloud.network.create_network(name="back", description="No way out", dns_domain="back.example.")
    cloud.network.create_subnet(
        name="back-v4", network_id=network.id, ip_version=4, cidr="10.30.0.0/24", gateway_ip="10.30.0.254"
    )
    static = cloud.network.create_subnet(
        name="back-static",
        network_id=network.id,
        ip_version=4,
        cidr="10.31.0.0/24",
        gateway_ip=None,
        enable_dhcp=False,
    )
    cloud.network.set_tags(static, ["no-gateway", "no-dhcp"])


def _router(cloud: Connection, offer: Offer) -> None:
    outside = cloud.network.find_network(offer.external_network, is_router_external=True)
    router = cloud.network.create_router(
        name="edge", description="The way out", external_gateway_info={"network_id": outside.id}
    )
    cloud.network.set_tags(router, ["edge"])
    subnet = cloud.network.find_subnet("inside-v4")
    cloud.network.add_interface_to_router(router, subnet=subnet.id)
    route = {"destination": "10.99.0.0/24", "nexthop": "10.20.0.2"}
    cloud.network.update_router(router, routes=[route])


def _ports(cloud: Connection) -> None:
    inside = cloud.network.find_network("inside")
    back = cloud.network.find_network("back")
    groups = {one.name: one.id for one in cloud.network.security_groups(project_id=cloud.current_project_id)}
    front = cloud.network.create_port(
        name="web-front",
        description="Chosen MAC, address outside the pools",
        network_id=inside.id,
        mac_address=FRONT_MAC,
        fixed_ips=[{"ip_address": FRONT_ADDRESS}],
        security_groups=[groups["web"], groups["default"]],
        allowed_address_pairs=[{"ip_address": SHARED_ADDRESS}],
    )
    cloud.network.set_tags(front, ["nic:0"])
    subnet = cloud.network.find_subnet("back-v4")
    cloud.network.create_port(
        name="web-back",
        network_id=back.id,
        fixed_ips=[{"subnet_id": subnet.id}],
        security_groups=[groups["db"]],
    )
    cloud.network.create_port(
        name="shared-address",
        description="Reserved: any web server may take it",
        network_id=inside.id,
        fixed_ips=[{"ip_address": SHARED_ADDRESS}],
        admin_state_up=False,
    )
    cloud.network.create_port(
        name="open",
        network_id=back.id,
        port_security_enabled=False,
        fixed_ips=[{"ip_address": "10.31.0.200"}],
    )


def _floating(cloud: Connection, offer: Offer) -> None:
    outside = cloud.network.find_network(offer.external_network, is_router_external=True)
    front = cloud.network.find_port("web-front")
    address = cloud.network.create_ip(
        floating_network_id=outside.id, port_id=front.id, description="Public face of web"
    )
    cloud.network.set_tags(address, ["dns:www"])
    cloud.network.create_ip(floating_network_id=outside.id, description="In reserve")
