"""Load balancers, their listeners and pools with members and monitors. Each is made by a call of its own.

One call could make a whole tree, but a run that is cut would not know how much of it is there. Pools come
before the listeners that lead to them. What listeners do beside that is in `l7`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Keep, Note, Parent, Ref
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.network import MADE_BY_CLOUD, occupied
from hoarfrost.kinds.octavia import Octavia, secret
from hoarfrost.model import Body


class LoadBalancer(Octavia):
    """A load balancer on its own address, with the port that the user gave it or one of Octavia's.

    Provider, flavor and zone are mapped by name; without a counterpart the target's default is taken.
    """

    path, key, plural = "/v2/lbaas/loadbalancers", "loadbalancer", "loadbalancers"
    sdk = "openstack.load_balancer.v2.load_balancer.LoadBalancer"
    quota = "load_balancer"
    natural = ("vip_subnet_id", "vip_address")
    sweeps = True

    kept = Keep("name", "description", "admin_state_up", "vip_address", "tags")
    subnet = Ref("vip_subnet_id", to="subnet")
    network = Ref("vip_network_id", to="network")
    more_subnets = Ref("additional_vips[].subnet_id", to="subnet")
    more_addresses = Keep("additional_vips[].ip_address")
    own_ports = Ref("+own_ports[]", to="port", why="ports of these addresses that the user made")
    provider = Ref("provider", to="load_balancer_provider", optional=True)
    flavor = Ref("flavor_id", to="load_balancer_flavor", optional=True)
    zone = Ref("availability_zone", to="load_balancer_zone", optional=True)
    qos = Ref("vip_qos_policy_id", to="qos_policy", optional=True)
    groups = Ref("vip_sg_ids[]", to="security_group", optional=True)
    ports = Note("vip_port_id", "additional_vips[].port_id", why="Octavia makes them, unless the user did")
    noted = Note("listeners", "pools")
    vnic = Note("vip_vnic_type", why="follows from the flavor")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """With a list of the project's ports, which tells whose the ports of the addresses are."""
        found = list(super().enumerate(cloud))
        ports = (
            cloud.rest("network").list("/v2.0/ports", "ports", project_id=cloud.project_id) if found else ()
        )
        own = {one["id"] for one in ports if not str(one["device_owner"]).startswith(MADE_BY_CLOUD)}
        for body in found:
            yield body | {"+own_ports": [id for id in _ports(body) if id in own]}

    def brings(self, body: Body) -> tuple[str, ...]:
        return tuple(f"port/{id}" for id in _ports(body))

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """A port of the user's is said; the network then follows from it."""
        wanted = super().request(body, resolve, may)
        if wanted.pop("+own_ports", None) and body["vip_port_id"] in body["+own_ports"]:
            wanted["vip_port_id"] = resolve("port", body["vip_port_id"])
            wanted.pop("vip_network_id", None)
        for ours, theirs in zip(
            body.get("additional_vips") or (), wanted.get("additional_vips", ()), strict=True
        ):
            if ours["port_id"] in body["+own_ports"] and ours["port_id"] != body["vip_port_id"]:
                theirs["port_id"] = resolve("port", ours["port_id"])
        return wanted

    def clash(self, body: Body, resolve: Resolve, visible: Callable[[str], list[Body]]) -> str:
        """Of ports of the user's, they say it themselves."""
        addresses = [body["vip_address"], *(one["ip_address"] for one in body.get("additional_vips") or ())]
        wanted = {
            "network_id": body["vip_network_id"],
            "fixed_ips": [{"ip_address": one} for one in addresses],
        }
        return "" if body["+own_ports"] else occupied(wanted, resolve, visible)

    def purge(self, cloud: Cloud, id: str) -> None:
        self._done(lambda: self._rest(cloud).delete(f"{self.path}/{id}", cascade="true"))


def _ports(body: Body) -> list[str]:
    """Those of all its addresses, the first one's first."""
    more = sorted(body.get("additional_vips") or (), key=lambda one: str(one["ip_address"]))
    return [id for id in (body.get("vip_port_id"), *(one.get("port_id") for one in more)) if id]


class Pool(Octavia):
    """A pool of a load balancer: how requests are spread over its members."""

    path, key, plural = "/v2/lbaas/pools", "pool", "pools"
    sdk = "openstack.load_balancer.v2.pool.Pool"
    quota = "pool"
    natural = ("loadbalancers[].id", "name", "protocol", "lb_algorithm")

    balancer = Ref("loadbalancers[].id", to="load_balancer")
    kept = Keep("name", "description", "admin_state_up", "protocol", "lb_algorithm", "tags")
    persistence = Keep("session_persistence")
    tls = Keep("tls_ciphers", "tls_versions", "alpn_protocols")
    encrypted = Keep("tls_enabled", default=False)
    certificates = secret("tls_container_ref", "ca_tls_container_ref", "crl_container_ref")
    noted = Note("listeners", "members", "healthmonitor_id")
    sdk_only = Note("loadbalancer_id", "listener_id", why="only said when one is made")

    def nameless(self, body: Body) -> bool:
        """It is recognised within its load balancer."""
        return False

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """In `session_persistence` null is refused."""
        wanted = below(super().request(body, resolve, may), "loadbalancers", "loadbalancer_id")
        if said := wanted.get("session_persistence"):
            wanted["session_persistence"] = {key: value for key, value in said.items() if value is not None}
        return wanted


def below(wanted: Body, said: str, asked: str) -> Body:
    """With the one parent as the create call wants it: ``{"pools": [{"id": x}]}`` -> ``{"pool_id": x}``."""
    return {key: value for key, value in wanted.items() if key != said} | {asked: wanted[said][0]["id"]}


class Member(Octavia):
    """A member of a pool: an address, on a subnet of the project or beyond it."""

    path, key, plural = "/v2/lbaas/pools/{parent}/members", "member", "members"
    sdk = "openstack.load_balancer.v2.member.Member"
    quota = "member"
    natural = ("+parent", "address", "protocol_port")

    pool = Parent(Pool, parts="members")
    subnet = Ref("subnet_id", to="subnet", optional=True)
    kept = Keep("name", "admin_state_up", "address", "protocol_port", "weight", "tags")
    spare = Keep("backup", default=False)
    monitor = Keep("monitor_address", "monitor_port")
    vnic = Keep("request_sriov", default=False)
    network_card = Note("vnic_type", why="follows from request_sriov")

    def title(self, body: Body) -> str:
        return super().title(body) or f"{body['address']}:{body['protocol_port']}"


class HealthMonitor(Octavia):
    """What asks the members of a pool whether they are well; a pool has one at most."""

    path, key, plural = "/v2/lbaas/healthmonitors", "healthmonitor", "healthmonitors"
    sdk = "openstack.load_balancer.v2.health_monitor.HealthMonitor"
    quota = "health_monitor"
    natural = ("pools[].id",)

    pool = Ref("pools[].id", to="pool")
    kept = Keep(
        "name", "admin_state_up", "type", "delay", "timeout", "max_retries", "max_retries_down", "tags"
    )
    asked = Keep("http_method", "http_version", "url_path", "expected_codes", "domain_name")
    sdk_only = Note("pool_id", why="only said when one is made")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        return below(super().request(body, resolve, may), "pools", "pool_id")


class Listener(Octavia):
    """Where a load balancer listens, and the pool to which it leads. Certificates by reference."""

    path, key, plural = "/v2/lbaas/listeners", "listener", "listeners"
    sdk = "openstack.load_balancer.v2.listener.Listener"
    quota = "listener"
    natural = ("loadbalancers[].id", "protocol", "protocol_port")

    balancer = Ref("loadbalancers[].id", to="load_balancer")
    pool = Ref("default_pool_id", to="pool", optional=True)
    kept = Keep("name", "description", "admin_state_up", "protocol", "protocol_port", "allowed_cidrs", "tags")
    limit = Keep("connection_limit", default=-1)
    headers = Keep("insert_headers")
    patience = Keep(
        "timeout_client_data", "timeout_member_connect", "timeout_member_data", "timeout_tcp_inspect"
    )
    tls = Keep("tls_ciphers", "tls_versions", "alpn_protocols", "hsts_max_age")
    strictness = Keep("hsts_include_subdomains", "hsts_preload", default=False)
    clients = Keep("client_authentication", default="NONE")
    certificates = secret("default_tls_container_ref", "sni_container_refs[]")
    clients_certificates = secret("client_ca_tls_container_ref", "client_crl_container_ref")
    noted = Note("l7policies")
    sdk_only = Note("loadbalancer_id", "default_pool", why="only said when one is made")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        return below(super().request(body, resolve, may), "loadbalancers", "loadbalancer_id")

    def title(self, body: Body) -> Any:
        return super().title(body) or f"{body['protocol']} {body['protocol_port']}"
