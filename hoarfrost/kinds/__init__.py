"""All kinds of resources, by name. A new kind is entered here; its declaration says everything else."""

from hoarfrost.kinds.account import Account
from hoarfrost.kinds.alias import LocalIp, LocalIpAssociation, NdpProxy
from hoarfrost.kinds.assignment import RoleAssignment
from hoarfrost.kinds.compute import Server
from hoarfrost.kinds.conntrack import ConntrackHelper
from hoarfrost.kinds.credential import ApplicationCredential, Credential, Trust
from hoarfrost.kinds.dns import Recordset, Zone
from hoarfrost.kinds.firewall import FirewallGroup, FirewallPolicy, FirewallRule
from hoarfrost.kinds.floating import FloatingIp, PortForwarding
from hoarfrost.kinds.identity import Domain, Project, ProjectDetail, Role
from hoarfrost.kinds.image import Image
from hoarfrost.kinds.key_manager import Secret, SecretContainer
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.l7 import L7Policy, L7Rule
from hoarfrost.kinds.limit import ComputeQuota, NetworkQuota, VolumeQuota
from hoarfrost.kinds.load_balancer import HealthMonitor, Listener, LoadBalancer, Member, Pool
from hoarfrost.kinds.log import NetworkLog
from hoarfrost.kinds.metering import MeteringLabel, MeteringLabelRule
from hoarfrost.kinds.network import Network, Port, Subnet
from hoarfrost.kinds.nova import AvailabilityZone, Flavor, Keypair, ServerGroup
from hoarfrost.kinds.object_store import Container, StoragePolicy
from hoarfrost.kinds.octavia import LoadBalancerFlavor, LoadBalancerProvider, LoadBalancerZone
from hoarfrost.kinds.order import kind_order
from hoarfrost.kinds.pool import AddressScope, SubnetPool
from hoarfrost.kinds.qos import (
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosMinimumPacketRateRule,
    QosPacketRateLimitRule,
    QosPolicy,
)
from hoarfrost.kinds.rbac import RbacPolicy
from hoarfrost.kinds.router import Router, RouterInterface
from hoarfrost.kinds.security import AddressGroup, SecurityGroup, SecurityGroupRule
from hoarfrost.kinds.segment import Segment
from hoarfrost.kinds.snapshot_image import SnapshotImage
from hoarfrost.kinds.trunk import Trunk
from hoarfrost.kinds.user import User, UserGroup, UserGroupMember
from hoarfrost.kinds.volume import Volume, VolumeType, VolumeZone
from hoarfrost.kinds.volume_group import VolumeGroup, VolumeGroupSnapshot, VolumeGroupType, VolumeSnapshot
from hoarfrost.kinds.vpn import IkePolicy, IpsecPolicy, IpsecSiteConnection, VpnEndpointGroup, VpnService

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Domain(),
        Project(),
        ProjectDetail(),
        Role(),
        User(),
        UserGroup(),
        UserGroupMember(),
        RoleAssignment(),
        Credential(),
        ApplicationCredential(),
        Trust(),
        Secret(),
        SecretContainer(),
        NetworkQuota(),
        AddressScope(),
        SubnetPool(),
        QosPolicy(),
        QosBandwidthLimitRule(),
        QosDscpMarkingRule(),
        QosMinimumBandwidthRule(),
        QosPacketRateLimitRule(),
        QosMinimumPacketRateRule(),
        AddressGroup(),
        SecurityGroup(),
        SecurityGroupRule(),
        Network(),
        Segment(),
        Subnet(),
        Router(),
        RouterInterface(),
        Port(),
        Trunk(),
        FloatingIp(),
        PortForwarding(),
        LocalIp(),
        LocalIpAssociation(),
        NdpProxy(),
        ConntrackHelper(),
        MeteringLabel(),
        MeteringLabelRule(),
        NetworkLog(),
        RbacPolicy(),
        FirewallRule(),
        FirewallPolicy(),
        FirewallGroup(),
        IkePolicy(),
        IpsecPolicy(),
        VpnEndpointGroup(),
        VpnService(),
        IpsecSiteConnection(),
        LoadBalancerProvider(),
        LoadBalancerFlavor(),
        LoadBalancerZone(),
        LoadBalancer(),
        Pool(),
        Member(),
        HealthMonitor(),
        Listener(),
        L7Policy(),
        L7Rule(),
        Image(),
        VolumeQuota(),
        VolumeType(),
        VolumeZone(),
        VolumeGroupType(),
        VolumeGroup(),
        Volume(),
        VolumeGroupSnapshot(),
        VolumeSnapshot(),
        SnapshotImage(),
        ComputeQuota(),
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
