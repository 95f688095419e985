"""Metering: which traffic of routers is counted, under which label."""

from __future__ import annotations

from collections.abc import Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Asked, Drop, Keep, Note, Ref, Turn
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body


class MeteringLabel(Neutron):
    """A label under which traffic is counted. What was counted is not kept: it is telemetry.

    Where OVN makes the routers, nothing is counted, and Neutron fails (500) to make a label for a project that has a
    router: so labels and rules come before the routers.
    """

    path, key, plural = "/v2.0/metering/metering-labels", "metering_label", "metering_labels"
    sdk = "openstack.network.v2.metering_label.MeteringLabel"
    extension, quota = "metering", ""
    reads = makes = ("manager", "admin")

    kept = Keep("name", "description")
    turn = Turn(before=("router",), why="OVN's routers stand in its way")
    of_the_operator = Asked("shared", default=False)


class MeteringLabelRule(Neutron):
    """Which addresses count under a label."""

    path, key = "/v2.0/metering/metering-label-rules", "metering_label_rule"
    plural = "metering_label_rules"
    sdk = "openstack.network.v2.metering_label_rule.MeteringLabelRule"
    natural = (
        "metering_label_id",
        "direction",
        "excluded",
        "remote_ip_prefix",
        "source_ip_prefix",
        "destination_ip_prefix",
    )
    extension, quota = "metering", ""
    reads = makes = ("manager", "admin")

    label = Ref("metering_label_id", to="metering_label")
    turn = Turn(before=("router",), why="OVN's routers stand in its way")
    kept = Keep("direction", "excluded", "remote_ip_prefix")
    ends = Keep(
        "source_ip_prefix", "destination_ip_prefix", extension="metering_source_and_destination_fields"
    )
    sdk_only = Drop("name", why="such a rule has no name")
    noted = Note("description")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """A rule does not say whose it is, and the service refuses (400) to be asked by project: its label says it."""
        labels = {one["id"] for one in MeteringLabel().enumerate(cloud)}
        listed = self._rest(cloud).list(self.path, self.plural) if labels else ()
        yield from (body for body in listed if body["metering_label_id"] in labels)

    def title(self, body: Body) -> str:
        ends = (body.get(name) for name in ("remote_ip_prefix", "source_ip_prefix", "destination_ip_prefix"))
        return " ".join([str(body["direction"]), *(str(one) for one in ends if one)])
