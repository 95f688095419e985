"""Who may reach the tenant's servers: a key pair, and security groups that refer to each other."""

from __future__ import annotations

from typing import Any

from openstack.connection import Connection

PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA/1ORItfcsJq31UaAQXflBEhggrPfHZHjIKTviGY5zs gardener@orchard"
)
KEY = "gardener"


def build(cloud: Connection) -> None:
    cloud.compute.create_keypair(name=KEY, public_key=PUBLIC_KEY)
    _groups(cloud)
    _default_group(cloud)


def _groups(cloud: Connection) -> None:
    """``web`` lets in ``db``, ``db`` lets in ``web``: neither can be whole before the other."""
    network = cloud.network
    web = network.create_security_group(name="web", description="Façade: HTTP from anywhere")
    db = network.create_security_group(name="db", description="The database", stateful=False)
    network.set_tags(web, ["tier:web", "größe:s"])
    for family in ("IPv4", "IPv6"):
        _rule(cloud, web.id, ethertype=family, protocol="tcp", port_range_min=80, port_range_max=80)
    _rule(cloud, web.id, protocol="icmp", port_range_min=8, port_range_max=0, description="echo")
    _rule(cloud, web.id, protocol="tcp", remote_group_id=db.id, description="answers of the database")
    _rule(cloud, db.id, protocol="tcp", port_range_min=5432, port_range_max=5433, remote_group_id=web.id)
    _rule(cloud, db.id, protocol="tcp", port_range_min=22, port_range_max=22, remote_ip_prefix="10.20.0.0/24")
    _rule(cloud, db.id, direction="egress", protocol="112", remote_ip_prefix="224.0.0.18/32")
    for rule in network.security_group_rules(security_group_id=db.id, direction="egress", ethertype="IPv6"):
        network.delete_security_group_rule(rule)


def _rule(cloud: Connection, group: str, **fields: Any) -> None:
    asked = {"direction": "ingress", "ethertype": "IPv4", **fields}
    cloud.network.create_security_group_rule(security_group_id=group, **asked)


def _default_group(cloud: Connection) -> None:
    """The group every project has is the tenant's to change."""
    network = cloud.network
    (default,) = network.security_groups(name="default", project_id=cloud.current_project_id)
    network.update_security_group(default, description="Changed by the tenant")
    _rule(cloud, default.id, protocol="tcp", port_range_min=2222, port_range_max=2222)


def add_rule(cloud: Connection) -> None:
    (web,) = cloud.network.security_groups(name="web", project_id=cloud.current_project_id)
    _rule(cloud, web.id, protocol="tcp", port_range_min=443, port_range_max=443, description="HTTPS at last")
