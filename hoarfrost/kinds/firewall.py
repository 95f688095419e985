"""Firewalls (FWaaS v2): rules, policies that put them in an order, groups that put policies on ports.

Every project gets a group `default` with two policies and four rules at the first look at it. The target's own
are taken; of them a member can change the rules and the ports of the group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.errors import WentWrong
from hoarfrost.kinds.field import Asked, Keep, Note, Ref
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body

DEFAULT_GROUP = "default"
DEFAULT_POLICIES = ("default ingress", "default egress")
"""Nobody else can take these names (409)."""

PATIENCE = 300.0
"""Seconds until a firewall lets go of its ports."""


class Firewall(Neutron):
    """Base of the kinds of FWaaS."""

    extension = "fwaas_v2"

    shared = Asked("shared", default=False)
    tags = Note("tags", why="the API shows tags and offers no way to set one")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """The first look at the groups of a project makes its default one, and shows an empty list."""
        self._needs_extension(cloud)
        self._rest(cloud).get(FirewallGroup.path, project_id=cloud.project_id, fields="id")
        yield from super().enumerate(cloud)

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        return (body["name"],) if self.standing(body) else super().likeness(body, resolve)

    def nameless(self, body: Body) -> bool:
        """What it says makes it recognisable."""
        return False


class FirewallRule(Firewall):
    """A rule: what it is for, and what is done about it."""

    path, key, plural = "/v2.0/fwaas/firewall_rules", "firewall_rule", "firewall_rules"
    sdk = "openstack.network.v2.firewall_rule.FirewallRule"
    natural = (
        "name",
        "action",
        "protocol",
        "ip_version",
        "source_ip_address",
        "source_port",
        "destination_ip_address",
        "destination_port",
        "enabled",
    )

    kept = Keep(*natural, "description")
    noted = Note("firewall_policy_id", "position", why="the policy names its rules in order")
    default = Note("+default", why="whether a default policy has it")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """With a look at the policies: anybody may give the names of default rules to his own."""
        bodies = list(super().enumerate(cloud))
        policies = self._rest(cloud).list(
            FirewallPolicy.path, FirewallPolicy.plural, project_id=cloud.project_id
        )
        default = {id for one in policies if one["name"] in DEFAULT_POLICIES for id in one["firewall_rules"]}
        yield from (body | {"+default": body["id"] in default} for body in bodies)

    def standing(self, body: Body) -> bool:
        return bool(body.get("+default"))

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        there, kept = self.show(cloud, id), self.kept.paths
        if update := {key: body[key] for key in kept if key in body and body[key] != there.get(key)}:
            self.finish(cloud, id, update)


class FirewallPolicy(Firewall):
    """Rules in an order. It is made whole, since any later change would take its mark `audited` away."""

    path, key, plural = "/v2.0/fwaas/firewall_policies", "firewall_policy", "firewall_policies"
    sdk = "openstack.network.v2.firewall_policy.FirewallPolicy"
    natural = ("name", "firewall_rules[]")

    rules = Ref("firewall_rules[]", to="firewall_rule")
    kept = Keep("name", "description")
    audited = Keep("audited", default=False)

    def standing(self, body: Body) -> bool:
        return body["name"] in DEFAULT_POLICIES


class FirewallGroup(Firewall):
    """Policies for what comes in and what goes out of ports. The ports follow once they are there."""

    path, key, plural = "/v2.0/fwaas/firewall_groups", "firewall_group", "firewall_groups"
    sdk = "openstack.network.v2.firewall_group.FirewallGroup"
    natural = ("name", "ingress_firewall_policy_id", "egress_firewall_policy_id")

    policies = Ref("ingress_firewall_policy_id", "egress_firewall_policy_id", to="firewall_policy")
    kept = Keep("name", "description", "admin_state_up")
    ports = Ref("ports[]", to="port", late=True, optional=True)
    noted = Note("status")

    def standing(self, body: Body) -> bool:
        return bool(body["name"] == DEFAULT_GROUP)

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Ports that it has there and had not here are let go: they come and go with what is on them."""
        if update := self.late(body, resolve):
            self.finish(cloud, id, update)

    def settled(self, body: Body) -> bool:
        if body["status"] == "ERROR":
            raise WentWrong(f"the firewall group {self.title(body) or body['id']} is in error")
        return not body["status"].startswith("PENDING_")

    def delete(self, cloud: Cloud, id: str) -> None:
        """One that is at work on ports is refused (409): it lets go of them first.

        One whose ports were removed under it stays at work on nothing until its policies change, too.
        """
        body = self.show(cloud, id)
        if body["ports"] or body["status"] == "ACTIVE":
            self.finish(cloud, id, {"ports": []} | dict.fromkeys(self.policies.paths))
        what = f"the firewall group {id} to let go of its ports"
        wait_until(lambda: self._idle(cloud, id) or None, what=what, limit=PATIENCE)
        super().delete(cloud, id)

    def _idle(self, cloud: Cloud, id: str) -> bool:
        status = self.show(cloud, id)["status"]
        return status != "ACTIVE" and not status.startswith("PENDING_")
