"""Security groups, their rules, and the address groups that rules may name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict
from hoarfrost.kinds.field import Drop, Keep, Note, Ref, Tags
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.model import Body, Finding


class AddressGroup(Neutron):
    """A named list of addresses that security group rules refer to."""

    path, key, plural = "/v2.0/address-groups", "address_group", "address_groups"
    sdk = "openstack.network.v2.address_group.AddressGroup"
    extension = "address-group"

    kept = Keep("name", "description", "addresses")
    noted = Note("shared", "tags")


NARROWING = ("protocol", "remote_ip_prefix", "remote_group_id", "remote_address_group_id")
"""What a rule says that lets only some through."""


class SecurityGroup(Neutron):
    """A security group. The group `default` is there in every project: the target's own one is taken.

    Its rules are a kind of their own, so that groups may name each other in a circle.
    """

    path, key, plural = "/v2.0/security-groups", "security_group", "security_groups"
    sdk = "openstack.network.v2.security_group.SecurityGroup"

    group_name = Keep("name", null=True, why="an empty one is a name, too")
    kept = Keep("description")
    stateful = Keep("stateful", default=True, extension="stateful-security-group")
    tags = Tags("tags")
    rules = Note("security_group_rules", why="each one is a security_group_rule")
    noted = Note("shared")

    def standing(self, body: Body) -> bool:
        return bool(body["name"] == "default")

    def adopt(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Rules that it has there and had not here stay: others in the project may live by them."""
        self.finish(cloud, id, {"description": body["description"]})
        super().made(cloud, id, body, resolve)

    def findings(self, body: Body) -> Iterator[Finding]:
        lets_out = {
            rule["ethertype"]
            for rule in body.get("security_group_rules") or ()
            if rule["direction"] == "egress" and not any(rule.get(name) for name in NARROWING)
        }
        if self.standing(body) and lets_out < {"IPv4", "IPv6"}:
            sentence = (
                "{} lets less out than Neutron's own. A project in which it comes back keeps the rules with which"
                " its default group begins, besides these."
            )
            yield self.note(body, "warning", "default-group", sentence, "Remove those rules there by hand.")

    def create(self, cloud: Cloud, request: Body) -> Body:
        """A second `default` is refused (409), so the one that is there stands for it."""
        if request.get("name") == "default":
            for body in self.enumerate(cloud):
                if body["name"] == "default":
                    return body
        return super().create(cloud, request)

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """A new group has rules that let everything out; ours come as they were captured."""
        if body["name"] != "default":
            for rule in self.show(cloud, id)["security_group_rules"]:
                self._rest(cloud).delete(f"/v2.0/security-group-rules/{rule['id']}")
        super().made(cloud, id, body, resolve)

    def delete(self, cloud: Cloud, id: str) -> None:
        """The default group cannot be removed (409) and was not made by us."""
        if self.show(cloud, id)["name"] != "default":
            super().delete(cloud, id)


class SecurityGroupRule(Neutron):
    """One rule of a security group. It cannot be changed, only made and removed.

    Two rules that let the same through and differ in their description alone, as older Neutrons took them, come back as
    one: Neutron refuses the second. One that is there is taken for one that says the same in other words.
    """

    path, key, plural = "/v2.0/security-group-rules", "security_group_rule", "security_group_rules"
    sdk = "openstack.network.v2.security_group_rule.SecurityGroupRule"
    natural = (
        "security_group_id",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group_id",
        "remote_address_group_id",
    )
    twinless = True

    group = Ref("security_group_id", to="security_group")
    # Required, though a rule may do without: a rule that loses its remote group would let everybody in.
    remote_group = Ref("remote_group_id", to="security_group")
    remote_addresses = Ref("remote_address_group_id", to="address_group")
    kept = Keep(
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "description",
    )
    noted = Note("normalized_cidr", "belongs_to_default_sg")
    tags = Tags("tags")
    sdk_only = Drop("name", why="rules have no name")

    def likeness(self, body: Body, resolve: Resolve | None = None) -> tuple[Any, ...] | None:
        """No prefix is as good as that of all addresses."""
        return super().likeness(_plain(body), resolve)

    def create(self, cloud: Cloud, request: Body) -> Body:
        """What the default group of the project says already, in other words perhaps, is refused (409)."""
        try:
            return super().create(cloud, request)
        except Conflict:
            group = {"security_group_id": request["security_group_id"]}
            for body in self._rest(cloud).list(self.path, self.plural, **group):
                if _match(body) == _match(request):
                    return dict(body)
            raise

    def title(self, body: Body) -> str:
        """Such as "ingress tcp 80-81 from 0.0.0.0/0"."""
        low, high = body.get("port_range_min"), body.get("port_range_max")
        ports = "" if low is None else str(low) if low == high else f"{low}-{high}"
        far = "from" if body["direction"] == "ingress" else "to"
        remote: Any = body.get("remote_ip_prefix")
        remote = remote or body.get("remote_group_id") or body.get("remote_address_group_id") or "anywhere"
        words = [
            body["direction"],
            body.get("ethertype"),
            body.get("protocol") or "any protocol",
            ports,
            far,
            remote,
        ]
        return " ".join(str(word) for word in words if word)


def _plain(rule: Body) -> Body:
    everywhere = rule.get("remote_ip_prefix") in ("0.0.0.0/0", "::/0")
    return rule | {"remote_ip_prefix": None} if everywhere else rule


def _match(rule: Body) -> list[Any]:
    """What a rule lets through."""
    said = {name: _plain(rule).get(name) for name in (*SecurityGroupRule.natural, "ethertype")}
    return [
        said["ethertype"] or "IPv4",
        *(said[name] for name in SecurityGroupRule.natural if name != "ethertype"),
    ]
