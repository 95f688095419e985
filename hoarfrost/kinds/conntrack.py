"""Connection tracking helpers of routers."""

from __future__ import annotations

from typing import ClassVar

from hoarfrost.kinds.field import Drop, Keep, Parent
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.router import Router
from hoarfrost.model import Body


class ConntrackHelper(Neutron):
    """A protocol whose further connections the router is to recognise, such as FTP or TFTP.

    OVN's routers have none: there is an extension for it only where Neutron's own agents make the routers.
    """

    path, key = "/v2.0/routers/{parent}/conntrack_helpers", "conntrack_helper"
    plural = "conntrack_helpers"
    sdk = "openstack.network.v2.l3_conntrack_helper.ConntrackHelper"
    natural = ("+parent", "protocol", "port", "helper")
    extension, quota = "l3-conntrack-helper", ""
    query: ClassVar[dict[str, str]] = {}

    router = Parent(Router)
    kept = Keep("protocol", "port", "helper")
    sdk_only = Drop("name", why="helpers have no name")

    def title(self, body: Body) -> str:
        return f"{body['helper']} on {body['protocol']} {body['port']}"
