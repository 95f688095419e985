"""What a restore may lose, each line with its reason; and only if the plan said so of that very thing beforehand.

A difference that is not in the table is a failure, and so is one that is in it and that no finding and no step of the
plan announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any, NamedTuple

from seeds.compare import Difference


class May(NamedTuple):
    kind: str
    field: str
    reason: str


MAY_DIFFER = (
    May("*", "", "nothing on the target it could be made with, or nobody but an administrator may make it"),
    May("floating_ip", "floating_ip_address", "a member cannot choose the address"),
    May("port", "mac_address", "on a network of another project, a member cannot choose it"),
    May("port", "fixed_ips", "on a network of another project, a member cannot choose the address"),
    May("port", "dns_assignment", "it is said by the address"),
    May("subnet", "subnetpool_id", "the pool is another project's, and there is none like it"),
    May("router", "enable_ndp_proxy", "the network outside has no IPv6 there"),
    May("*", "qos_policy_id", "only a manager may make a QoS policy"),
    May("application_credential", "*", "its secret cannot be read"),
    May("user", "enabled", "nobody knows a password of one that is made anew"),
    May("rbac_policy", "target_tenant", "the other project has to be known on the target"),
    May("image", "+members", "who shares an image has to be known on the target, and accepts it himself"),
)

IN_WORDS = {
    ("image", "+members"): "is shared with the projects",
    ("port", "dns_assignment"): "fixed_ips",
    ("user", "enabled"): "is disabled",
}
"""How the product calls a field where it does not say its name."""


@dataclass(frozen=True)
class Judgement:
    announced: tuple[tuple[Difference, str], ...]
    """With the reason of the table."""
    failures: tuple[Difference, ...]


class Promises:
    """What a plan says: its findings, and the steps that it will not do. From its YAML and what was printed."""

    def __init__(self, plan: Mapping[str, Any], findings: list[Mapping[str, Any]]) -> None:
        self._not_done = {
            one["step"]: one["reason"] for one in plan["steps"] if one["action"] in ("impossible", "skip")
        }
        self._said: dict[str, list[str]] = {}
        for one in findings:
            self._said.setdefault(one["address"], []).append(one["sentence"])
            # tried all the same, as a cloud's policies may be kinder; and not made while nobody hands its secret in
            secret = one["address"].startswith("application_credential/") and "secret" in one["sentence"]
            if one.get("code") == "needs-role" or secret:
                self._not_done.setdefault(one["address"], one["sentence"])

    def of(self, difference: Difference) -> bool:
        addresses = [f"{difference.kind}/{difference.id}"]
        if difference.kind == "object":
            addresses.append(f"container/{difference.id.partition('/')[0]}")
        elif (
            difference.kind == "ec2_credential"
        ):  # the service's own id of one is the hash of its public half
            addresses.append(f"credential/{sha256(difference.id.encode()).hexdigest()}")
        elif difference.id:  # of a part of something, the address names the whole first
            known = {*self._not_done, *self._said}
            beginning, end = f"{difference.kind}/", f"/{difference.id}"
            addresses += [one for one in known if one.startswith(beginning) and one.endswith(end)]
        if not difference.field:
            return any(one in self._not_done for one in addresses)
        words = {difference.field, difference.field.partition(".")[0]}
        words |= {IN_WORDS.get((difference.kind, difference.field), difference.field)}
        return any(word in said for one in addresses for said in self._said.get(one, ()) for word in words)


def judge(differences: tuple[Difference, ...], promises: Promises) -> Judgement:
    announced, failures = [], []
    for one in differences:
        lines = [
            may for may in MAY_DIFFER if fnmatchcase(one.kind, may.kind) and fnmatchcase(one.field, may.field)
        ]
        if lines and promises.of(one):
            announced.append((one, lines[0].reason))
        else:
            failures.append(one)
    return Judgement(tuple(announced), tuple(failures))
