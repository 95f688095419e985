"""Tunnels (VPNaaS): how keys are agreed on, how packets are sealed, from where, to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Drop, Keep, Note, Ref, Secret
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.role import Powers
from hoarfrost.kinds.router import RouterInterface
from hoarfrost.model import Body


class Vpn(Neutron):
    """Base of the kinds of VPNaaS. A reader is shown empty lists of all of them."""

    extension = "vpnaas"
    reads: ClassVar[tuple[str, ...]] = ("member",)


class IkePolicy(Vpn):
    """How the two ends agree on keys."""

    path, key, plural = "/v2.0/vpn/ikepolicies", "ikepolicy", "ikepolicies"
    sdk = "openstack.network.v2.vpn_ike_policy.VpnIkePolicy"

    kept = Keep("name", "description", "ike_version", "phase1_negotiation_mode", "pfs", "lifetime")
    algorithms = Keep(
        "auth_algorithm", "encryption_algorithm", why="always said: what the API takes by itself is outdated"
    )
    sdk_only = Drop("units", "value", why="lie in the lifetime")


class IpsecPolicy(Vpn):
    """How packets are sealed."""

    path, key, plural = "/v2.0/vpn/ipsecpolicies", "ipsecpolicy", "ipsecpolicies"
    sdk = "openstack.network.v2.vpn_ipsec_policy.VpnIpsecPolicy"

    kept = Keep("name", "description", "encapsulation_mode", "transform_protocol", "pfs", "lifetime")
    algorithms = Keep(
        "auth_algorithm", "encryption_algorithm", why="always said: what the API takes by itself is outdated"
    )
    sdk_only = Drop("units", "value", "phase1_negotiation_mode", why="not in the API's answer")


class SubnetOrRange(Ref):
    """An endpoint: the id of a subnet, or a range of addresses, which names nothing of the cloud."""

    def named(self, value: Any) -> tuple[str, str] | None:
        return None if "/" in str(value) else super().named(value)


class VpnEndpointGroup(Vpn):
    """One side of a tunnel: subnets of the project, or ranges of the peer."""

    path, key, plural = "/v2.0/vpn/endpoint-groups", "endpoint_group", "endpoint_groups"
    sdk = "openstack.network.v2.vpn_endpoint_group.VpnEndpointGroup"
    extension = "vpn-endpoint-groups"
    natural = ("name", "type", "endpoints[]")

    kept = Keep("name", "description", "type")
    endpoints = SubnetOrRange("endpoints[]", to="subnet")


class VpnService(Vpn):
    """Where tunnels of a router begin. The peer must learn the address that the target gives it."""

    path, key, plural = "/v2.0/vpn/vpnservices", "vpnservice", "vpnservices"
    sdk = "openstack.network.v2.vpn_service.VpnService"
    natural = ("name", "router_id", "subnet_id")

    router = Ref("router_id", to="router")
    subnet = Ref("subnet_id", to="subnet")
    interfaces = Ref(
        "+interfaces[]", to="router_interface", optional=True, why="its subnets must be on the router before"
    )
    kept = Keep("name", "description", "admin_state_up")
    address = Note("external_v4_ip", "external_v6_ip", why="the target cloud gives another one")
    noted = Note("status", "flavor_id")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """With the legs of its router; that of the VPN itself is none of the user's."""
        bodies = list(super().enumerate(cloud))
        legs = list(RouterInterface().enumerate(cloud)) if bodies else []
        for body in bodies:
            own = [
                one["id"] for one in legs if one["device_id"] == body["router_id"] and not one.get("+transit")
            ]
            yield body | {"+interfaces": own}

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return {key: value for key, value in wanted.items() if key != "+interfaces"}

    def lost(self, body: Body, powers: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, powers)
        yield "external_v4_ip", "the target chooses the address, and the peers must be told of it"


class IpsecSiteConnection(Vpn):
    """A tunnel to a peer, with the key that both share: it is in the backup, and shown nowhere."""

    path = "/v2.0/vpn/ipsec-site-connections"
    key, plural = "ipsec_site_connection", "ipsec_site_connections"
    sdk = "openstack.network.v2.vpn_ipsec_site_connection.VpnIPSecSiteConnection"
    natural = ("name", "vpnservice_id", "peer_address", "peer_id")

    service_of_router = Ref("vpnservice_id", to="vpn_service")
    ike = Ref("ikepolicy_id", to="ike_policy")
    ipsec = Ref("ipsecpolicy_id", to="ipsec_policy")
    sides = Ref("local_ep_group_id", "peer_ep_group_id", to="vpn_endpoint_group")
    kept = Keep(
        "name",
        "description",
        "admin_state_up",
        "local_id",
        "peer_address",
        "peer_id",
        "peer_cidrs",
        "mtu",
        "initiator",
        "dpd",
    )
    shared_key = Secret("psk")
    noted = Note("status", "route_mode", "auth_mode")
    sdk_only = Drop("action", "interval", "timeout", why="lie in dpd")
