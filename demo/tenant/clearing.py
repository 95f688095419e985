"""Empties the network part of a project, in the order in which Neutron lets things go."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from openstack.connection import Connection
from openstack.exceptions import ForbiddenException

from demo.tenant.guards import remove_guards


def empty(cloud: Connection) -> None:
    """Everything but the default group, which is brought back to what it was. Servers must be gone."""
    network, mine = cloud.network, {"project_id": cloud.current_project_id}
    _aliases(cloud)
    for address in list(network.ips(**mine)):
        for one in list(network.port_forwardings(address)):
            network.delete_port_forwarding(one, address)
        network.delete_ip(address)
    remove_guards(cloud)
    for trunk in list(network.trunks(**mine)):
        network.update_trunk(trunk, is_admin_state_up=True)  # else it cannot be removed
        network.delete_trunk(trunk)
    _routers(cloud)
    ports = network.ports(**mine)
    for port in [one for one in ports if not one.device_owner.startswith("network:")]:
        if port.device_owner.startswith("compute:"):  # only Nova may remove those
            network.update_port(port, device_owner="")
        network.delete_port(port)
    for policy in list(network.rbac_policies(**mine)):
        network.delete_rbac_policy(policy)
    for one in list(network.networks(**mine)):
        network.delete_network(one)
    _security_groups(cloud)
    _each(network.address_groups(**mine), network.delete_address_group)
    _each(network.subnet_pools(**mine), network.delete_subnet_pool)
    _each(network.address_scopes(**mine), network.delete_address_scope)
    with suppress(ForbiddenException):  # made by a manager, and for a manager to remove
        _each(network.qos_policies(**mine), network.delete_qos_policy)


def _each(found: Iterable[Any], delete: Any) -> None:
    for one in list(found):
        delete(one)


def _aliases(cloud: Connection) -> None:
    network, mine = cloud.network, cloud.current_project_id
    _each((one for one in network.ndp_proxies() if one.project_id == mine), network.delete_ndp_proxy)
    for local in list(network.local_ips(project_id=mine)):
        for one in list(network.local_ip_associations(local)):
            network.delete_local_ip_association(local, one.fixed_port_id)
        network.delete_local_ip(local)


def _routers(cloud: Connection) -> None:
    network = cloud.network
    for router in list(network.routers(project_id=cloud.current_project_id)):
        network.update_router(router, routes=[])
        for port in network.ports(device_id=router.id):
            if port.device_owner.startswith("network:router_interface"):
                network.remove_interface_from_router(router, port=port.id)
        network.delete_router(router)


def _security_groups(cloud: Connection) -> None:
    """Rules first, since groups may refer to each other."""
    network = cloud.network
    groups = list(network.security_groups(project_id=cloud.current_project_id))
    others = [one for one in groups if one.name != "default"]
    for group in others:
        _each(network.security_group_rules(security_group_id=group.id), network.delete_security_group_rule)
    _each(others, network.delete_security_group)
    for group in (one for one in groups if one.name == "default"):
        network.update_security_group(group, description="Default security group")
        added = network.security_group_rules(security_group_id=group.id, direction="ingress")
        _each((rule for rule in added if not rule.remote_group_id), network.delete_security_group_rule)
