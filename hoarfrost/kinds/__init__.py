"""All kinds of resources, by name. A new kind is entered here; its declaration says everything else."""

from hoarfrost.kinds.account import Account
from hoarfrost.kinds.compute import Server
from hoarfrost.kinds.dns import Recordset, Zone
from hoarfrost.kinds.identity import Project, Role, User
from hoarfrost.kinds.image import Image
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.network import Network, Port, Subnet
from hoarfrost.kinds.neutron import QosPolicy
from hoarfrost.kinds.nova import AvailabilityZone, Flavor, Keypair, ServerGroup
from hoarfrost.kinds.object_store import Container, StoragePolicy
from hoarfrost.kinds.order import kind_order
from hoarfrost.kinds.router import FloatingIp, Router, RouterInterface
from hoarfrost.kinds.security import AddressGroup, SecurityGroup, SecurityGroupRule
from hoarfrost.kinds.volume import Volume, VolumeType, VolumeZone

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Project(),
        Role(),
        User(),
        QosPolicy(),
        AddressGroup(),
        SecurityGroup(),
        SecurityGroupRule(),
        Network(),
        Subnet(),
        Router(),
        RouterInterface(),
        Port(),
        FloatingIp(),
        Image(),
        VolumeType(),
        VolumeZone(),
        Volume(),
        Keypair(),
        Flavor(),
        AvailabilityZone(),
        ServerGroup(),
        Server(),
        Zone(),
        Recordset(),
        StoragePolicy(),
        Account(),
        Container(),
    )
}
"""Where references leave it open what comes first, this order decides."""

__all__ = ["KINDS", "Kind", "kind_order"]
