"""Floating addresses, and the ports that are forwarded from them to addresses inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Refused
from hoarfrost.kinds.field import Asked, Drop, Keep, Late, Note, Parent, Ref, Tags, Turn
from hoarfrost.kinds.kind import Chosen, Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.role import Powers, holds
from hoarfrost.model import Body

WAS = "hoarfrost:was="
"""Begins the tag of a floating address that stands for another one: so it is recognised the next time.

Until the tag is set, which only a second call can do, the description says it: see `_for_now`.
"""


def _for_now(address: str) -> str:
    """The description until the tag is set. Descriptions are their owners', who may use the same words: what has not
    this checksum too is their own text."""
    return f"{WAS}{address} {sha256(address.encode()).hexdigest()[:16]}"


def _stands_for(body: Body) -> str:
    """The address that it is to be taken for, which mostly is its own."""
    for tag in body.get("tags") or ():
        if tag.startswith(WAS):
            return str(tag.removeprefix(WAS))
    told = body.get("description") or ""
    address = told.removeprefix(WAS).partition(" ")[0]
    return address if told == _for_now(address) else str(body["floating_ip_address"])


class FloatingIp(Neutron):
    """A floating address. The same one needs the role manager or admin, or else any address takes its place.

    Then a tag on it says which address it stands for.
    """

    path, key, plural = "/v2.0/floatingips", "floatingip", "floatingips"
    sdk = "openstack.network.v2.floating_ip.FloatingIP"
    natural = ("floating_ip_address",)

    network = Ref("floating_network_id", to="network")
    address = Asked(
        "floating_ip_address",
        roles=("manager", "admin"),
        why="only a manager or administrator may choose the address; another one takes its place",
    )
    kept = Keep("description")
    dns = Keep("dns_domain", "dns_name", extension="dns-integration")
    qos = Ref("qos_policy_id", to="qos_policy", optional=True, extension="qos-fip")
    port = Ref("port_id", to="port", late=True, optional=True)
    fixed = Late("fixed_ip_address", after="server")
    reachable = Late(after="router_interface", why="the port must be behind a router with a gateway")
    tags = Tags("tags")
    noted = Note("status", "router_id", "port_details", "qos_network_policy_id")
    not_kept = Drop("distributed", why="the operator decides about it")
    forwardings = Note("port_forwardings", why="each one is a port_forwarding")
    asking_only = Drop("subnet_id", why="only said when asking for an address")

    def title(self, body: Body) -> str:
        return str(body["floating_ip_address"])

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        return (_stands_for(body),)

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        return body | {"tags": [tag for tag in body.get("tags") or () if not tag.startswith(WAS)]}

    def withheld(self, body: Body, chosen: Chosen, powers: Powers) -> Iterator[tuple[str, str]]:
        """Nobody but an administrator is shown which range another network has."""
        network = chosen("network", body["floating_network_id"])
        elsewhere = network is not None and network["id"] != body["floating_network_id"]
        if elsewhere and holds(powers.roles, self.address.roles):
            yield (
                "floating_ip_address",
                "another network may have another range; then another one takes its place",
            )

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """The address is asked for in any case: the policies of this cloud may be kinder than the default."""
        return super().request(body, resolve, may) | {"floating_ip_address": _stands_for(body)}

    def create(self, cloud: Cloud, request: Body) -> Body:
        try:
            return super().create(cloud, request)
        except (
            Refused
        ):  # not allowed (403), somebody else has it (409), not in the range of this network (400)
            said = request | {"description": _for_now(request["floating_ip_address"])}
            return super().create(cloud, {k: v for k, v in said.items() if k != "floating_ip_address"})

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        wanted = _stands_for(body)
        tags = [tag for tag in body.get("tags") or () if not tag.startswith(WAS)]
        there = self.show(cloud, id)
        if there["floating_ip_address"] != wanted:
            tags.append(f"{WAS}{wanted}")
        super().made(cloud, id, {"tags": tags}, resolve)
        if there.get("description") == _for_now(wanted):
            self.finish(cloud, id, {"description": body.get("description") or ""})

    def late(self, body: Body, resolve: Resolve) -> Body:
        update = super().late(body, resolve)
        return update if "port_id" in update else {}


class PortForwarding(Neutron):
    """A port, or a range of ports, of a floating address that leads to an address inside."""

    path, key, plural = "/v2.0/floatingips/{parent}/port_forwardings", "port_forwarding", "port_forwardings"
    sdk = "openstack.network.v2.port_forwarding.PortForwarding"
    query: ClassVar[dict[str, str]] = {}
    natural = ("+parent", "protocol", "external_port", "external_port_range")
    extension, quota = "floating-ip-port-forwarding", ""

    address = Parent(FloatingIp, parts="port_forwardings")
    port = Ref("internal_port_id", to="port")
    kept = Keep("protocol", "internal_ip_address")
    description = Keep("description", extension="floating-ip-port-forwarding-description")
    ranges = Keep(
        "external_port_range", "internal_port_range", extension="floating-ip-port-forwarding-port-ranges"
    )
    single = Keep("external_port", "internal_port", why="where the cloud knows no ranges")
    turn = Turn(after=("router_interface",), why="the port must be behind a router with a gateway")
    sdk_only = Drop("name", why="forwardings have no name")

    def title(self, body: Body) -> str:
        ranged = body.get("external_port_range") or body.get("external_port")
        return f"{body['protocol']} {ranged} to {body['internal_ip_address']}"

    def create(self, cloud: Cloud, request: Body) -> Body:
        """A single port is told both as a port and as a range; only one of them may be said (400)."""
        if "external_port_range" in self._known(cloud, request):
            request = {name: value for name, value in request.items() if name not in self.single.paths}
        return super().create(cloud, request)
