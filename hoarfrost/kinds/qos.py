"""QoS policies and their rules: what ports, networks and addresses may send and receive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict
from hoarfrost.kinds.field import Asked, Drop, Keep, Note, Parent, Tags
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body


class QosPolicy(Neutron):
    """A QoS policy. Each of its rules is of a kind of its own.

    Only managers may make one: for a member, one of the same name that is there or shared takes its place.
    """

    path, key, plural = "/v2.0/qos/policies", "policy", "policies"
    sdk = "openstack.network.v2.qos_policy.QoSPolicy"
    extension, quota = "qos", ""
    makes = ("manager", "admin")

    kept = Keep("name", "description")
    default = Keep("is_default", default=False, extension="qos-default")
    of_the_operator = Asked("shared", default=False)
    rules = Note("rules", why="each one is a resource of its own")
    tags = Tags("tags")
    sdk_only = Drop("revision", why="not in the API's answer")

    def create(self, cloud: Cloud, request: Body) -> Body:
        """Where the project has a default policy already, this one is not it (409)."""
        try:
            return super().create(cloud, request)
        except Conflict:
            if not request.get("is_default"):
                raise
            said = {name: value for name, value in request.items() if name not in self.default.paths}
            return super().create(cloud, said)

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """At its own path, the tags would be taken for one of its parts (400)."""
        if body.get("tags"):
            self._rest(cloud).put(f"/v2.0/policies/{id}/tags", {"tags": body["tags"]})


class QosRule(Neutron):
    """Base of the kinds of rules. The policies' listing says them all."""

    query: ClassVar[dict[str, str]] = {}
    extension, quota = "qos", ""
    makes = ("manager", "admin")

    policy = Parent(QosPolicy, parts="rules")
    noted = Note("type", "qos_policy_id", "tags")
    sdk_only = Drop("name", why="rules have no name")

    def parts(self, cloud: Cloud, whole: Body) -> Iterable[Body]:
        return [rule for rule in whole["rules"] if f"{rule['type']}_rule" == self.key]

    def title(self, body: Body) -> str:
        said = (f"{name} {body[name]}" for one in self.fields if isinstance(one, Keep) for name in one.paths)
        return ", ".join(said)


class QosBandwidthLimitRule(QosRule):
    """At most so many kilobits a second, in one direction."""

    path, key = "/v2.0/qos/policies/{parent}/bandwidth_limit_rules", "bandwidth_limit_rule"
    plural = "bandwidth_limit_rules"
    sdk = "openstack.network.v2.qos_bandwidth_limit_rule.QoSBandwidthLimitRule"
    natural = ("+parent", "direction")

    kept = Keep("max_kbps", "max_burst_kbps")
    direction = Keep("direction", extension="qos-bw-limit-direction")


class QosDscpMarkingRule(QosRule):
    """What packets are marked with."""

    path, key = "/v2.0/qos/policies/{parent}/dscp_marking_rules", "dscp_marking_rule"
    plural = "dscp_marking_rules"
    sdk = "openstack.network.v2.qos_dscp_marking_rule.QoSDSCPMarkingRule"
    natural = ("+parent",)

    kept = Keep("dscp_mark")


class QosMinimumBandwidthRule(QosRule):
    """At least so many kilobits a second, in one direction; the scheduler may look after it."""

    path, key = "/v2.0/qos/policies/{parent}/minimum_bandwidth_rules", "minimum_bandwidth_rule"
    plural = "minimum_bandwidth_rules"
    sdk = "openstack.network.v2.qos_minimum_bandwidth_rule.QoSMinimumBandwidthRule"
    natural = ("+parent", "direction")

    kept = Keep("min_kbps", "direction")


class QosPacketRateLimitRule(QosRule):
    """At most so many thousand packets a second, in one direction.

    A manager's call fails in Neutron 29 (500: it does not find the policy that it belongs to); an
    administrator's does not.
    """

    path, key = "/v2.0/qos/policies/{parent}/packet_rate_limit_rules", "packet_rate_limit_rule"
    plural = "packet_rate_limit_rules"
    sdk = "openstack.network.v2.qos_packet_rate_limit_rule.QoSPacketRateLimitRule"
    natural = ("+parent", "direction")
    extension = "qos-pps"

    kept = Keep("max_kpps", "max_burst_kpps", "direction")


class QosMinimumPacketRateRule(QosRule):
    """At least so many thousand packets a second; the scheduler may look after it."""

    path, key = "/v2.0/qos/policies/{parent}/minimum_packet_rate_rules", "minimum_packet_rate_rule"
    plural = "minimum_packet_rate_rules"
    sdk = "openstack.network.v2.qos_minimum_packet_rate_rule.QoSMinimumPacketRateRule"
    natural = ("+parent", "direction")
    extension = "qos-pps-minimum"

    kept = Keep("min_kpps", "direction")
