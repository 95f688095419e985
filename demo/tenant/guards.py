"""Takes away what stands on a project's networks: load balancers, firewalls, tunnels; and its secrets.

They hold on to ports, routers and subnets, so they go before those.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from openstack.connection import Connection

LIMIT = 300
DEFAULT_GROUP = "default"
NO_POLICIES = dict.fromkeys(("ingress_firewall_policy_id", "egress_firewall_policy_id"))


def remove_guards(cloud: Connection) -> None:
    """Waits until all of it is gone. A service or extension that is not there has nothing."""
    if cloud.has_service("load-balancer"):
        _balancers(cloud)
    extensions = {one.alias for one in cloud.network.extensions()}
    if "fwaas_v2" in extensions:
        _firewalls(cloud)
    if "vpnaas" in extensions:
        _tunnels(cloud)
    if cloud.has_service("key-manager"):
        for one in list(cloud.key_manager.containers()):
            cloud.key_manager.delete_container(one.container_id)
        for one in list(cloud.key_manager.secrets()):
            cloud.key_manager.delete_secret(one.secret_id)


def _balancers(cloud: Connection) -> None:
    octavia = cloud.load_balancer

    def listed() -> list[Any]:
        return list(octavia.load_balancers(project_id=cloud.current_project_id))

    _until(lambda: not any(one.provisioning_status.startswith("PENDING_") for one in listed()))
    for one in listed():
        octavia.delete_load_balancer(one, cascade=True)
    _until(lambda: not listed())


def loosen_firewalls(cloud: Connection) -> None:
    """Waits until none of the project's groups but the default one is at work: one that is cannot be removed (409).

    One whose ports were removed under it stays at work on nothing until its policies change, too.
    """
    network, mine = cloud.network, cloud.current_project_id

    def statuses(usual: bool) -> set[str]:
        listed = network.firewall_groups(project_id=mine)
        return {one.status for one in listed if usual or one.name != DEFAULT_GROUP}

    def pending() -> bool:
        return any(one.startswith("PENDING_") for one in statuses(True))

    _until(lambda: not pending())
    for one in list(network.firewall_groups(project_id=mine)):
        usual = one.name == DEFAULT_GROUP
        if one.ports or (one.status == "ACTIVE" and not usual):
            network.update_firewall_group(one, ports=[], **({} if usual else NO_POLICIES))
    _until(lambda: not pending() and "ACTIVE" not in statuses(False))


def _firewalls(cloud: Connection) -> None:
    """All but the group, policies and rules that every project has."""
    network, mine = cloud.network, cloud.current_project_id
    loosen_firewalls(cloud)
    policies = list(network.firewall_policies(project_id=mine))
    default = [one for one in policies if one.name in ("default ingress", "default egress")]
    kept = {id for one in default for id in one.firewall_rules}
    groups = network.firewall_groups(project_id=mine)
    _each((one for one in groups if one.name != DEFAULT_GROUP), network.delete_firewall_group)
    _each((one for one in policies if one not in default), network.delete_firewall_policy)
    rules = network.firewall_rules(project_id=mine)
    _each((one for one in rules if one.id not in kept), network.delete_firewall_rule)


def _tunnels(cloud: Connection) -> None:
    network, mine = cloud.network, cloud.current_project_id
    for listing, delete in (
        (network.vpn_ipsec_site_connections, network.delete_vpn_ipsec_site_connection),
        (network.vpn_services, network.delete_vpn_service),
        (network.vpn_endpoint_groups, network.delete_vpn_endpoint_group),
        (network.vpn_ike_policies, network.delete_vpn_ike_policy),
        (network.vpn_ipsec_policies, network.delete_vpn_ipsec_policy),
    ):
        _each(listing(project_id=mine), delete)
        _until(lambda listing=listing: not list(listing(project_id=mine)))  # type: ignore[misc]


def _each(found: Iterable[Any], delete: Callable[[Any], Any]) -> None:
    for one in list(found):
        delete(one)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"still there after {LIMIT} s")
        time.sleep(1)
