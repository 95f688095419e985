"""Tunnels (VPNaaS): how keys are agreed on, how packets are sealed, from where, to whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Refused, Unavailable
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


class _Policy(Vpn):
    """Base of the policies. An algorithm that the target refuses is replaced by one that all know."""

    def lost(self, body: Body, powers: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, powers)
        for path, instead in _replaced(body, powers.extensions()).items():
            sentence = f"the target refuses {body[path]}, or may do so; then {instead} takes its place"
            yield path, f"{sentence}, and the peers must be told"

    def create(self, cloud: Cloud, request: Body) -> Body:
        """As it was, if the service takes it. One that lacks the algorithm only in its database says 500."""
        try:
            return super().create(cloud, request)
        except (Refused, Unavailable) as error:
            replaced = _replaced(request, cloud.extensions())
            if not replaced or (isinstance(error, Unavailable) and ": 500," not in error.sentence):
                raise
            return super().create(cloud, request | replaced)


INSTEAD: Mapping[str, str] = {
    "auth_algorithm": "sha256",
    "encryption_algorithm": "aes-256",
    "pfs": "group14",
}
"""What every version of the service knows; its own upgrade to 2026.2 writes the first two where it takes an algorithm
away."""

REMOVED = frozenset({"sha1", "3des"})
LATER = r"aes-\d+-(ctr|[cg]cm-\d+)|aes-xcbc|aes-cmac|group(1[5-9]|2\d|3\d)"
RECENT = frozenset({"vpn-aes-ccm-gcm", "vpn-aes-ctr", "vpn-no-sha1-3des"})
"""Extensions of services that know what came later. Whether one of them refuses what was removed, it does not say."""


def _replaced(body: Body, extensions: frozenset[str]) -> dict[str, str]:
    """Path -> what may have to take the place of its value."""
    recent = bool(RECENT & extensions)
    return {
        path: instead
        for path, instead in INSTEAD.items()
        if (body.get(path) in REMOVED if recent else re.fullmatch(LATER, str(body.get(path) or "")))
    }


class IkePolicy(_Policy):
    """How the two ends agree on keys."""

    path, key, plural = "/v2.0/vpn/ikepolicies", "ikepolicy", "ikepolicies"
    sdk = "openstack.network.v2.vpn_ike_policy.VpnIkePolicy"

    kept = Keep("name", "description", "ike_version", "phase1_negotiation_mode", "pfs", "lifetime")
    algorithms = Keep(
        "auth_algorithm", "encryption_algorithm", why="always said: what the API takes by itself is outdated"
    )
    sdk_only = Drop("units", "value", why="lie in the lifetime")


class IpsecPolicy(_Policy):
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
