"""Trunks: one port that carries the traffic of others, told apart by VLAN."""

from __future__ import annotations

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict
from hoarfrost.kinds.field import Keep, Note, Ref, Tags, Turn
from hoarfrost.kinds.neutron import Neutron


class Trunk(Neutron):
    """A trunk: its parent port, and its sub-ports with their VLANs.

    It is made before any server takes the parent port, since not every network driver makes a trunk of a port
    that is bound.
    """

    path, key, plural = "/v2.0/trunks", "trunk", "trunks"
    sdk = "openstack.network.v2.trunk.Trunk"
    natural = ("port_id",)
    extension = "trunk"

    kept = Keep("name", "description", "admin_state_up")
    parent = Ref("port_id", to="port")
    ports = Ref("sub_ports[].port_id", to="port", optional=True)
    vlans = Keep("sub_ports[].segmentation_type", "sub_ports[].segmentation_id")
    mac = Note("sub_ports[].mac_address", why="that of the port")
    turn = Turn(before=("server",), why="the parent port must not be bound yet")
    tags = Tags("tags")
    noted = Note("status")

    def delete(self, cloud: Cloud, id: str) -> None:
        """One that is switched off cannot be removed (409)."""
        try:
            super().delete(cloud, id)
        except Conflict:
            self.finish(cloud, id, {"admin_state_up": True})
            super().delete(cloud, id)
