"""What a listener does with requests by what is in them: policies in order, each with rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Drop, Keep, Note, Parent, Ref
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.octavia import Octavia
from hoarfrost.model import Body


class L7Policy(Octavia):
    """A policy of a listener. Its place among the others counts, so they are made one after another."""

    path, key, plural = "/v2/lbaas/l7policies", "l7policy", "l7policies"
    sdk = "openstack.load_balancer.v2.l7_policy.L7Policy"
    quota = "l7policy"
    natural = (
        "listener_id",
        "name",
        "action",
        "redirect_pool_id",
        "redirect_url",
        "redirect_prefix",
        "position",
    )

    listener = Ref("listener_id", to="listener")
    pool = Ref("redirect_pool_id", to="pool")
    kept = Keep("name", "description", "admin_state_up", "action", "position", "tags")
    target = Keep("redirect_url", "redirect_prefix", "redirect_http_code")
    before = Ref("+before", to="l7_policy", optional=True, why="the one before it on the same listener")
    noted = Note("rules")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        last: dict[str, str] = {}
        for body in sorted(super().enumerate(cloud), key=lambda one: int(one["position"])):
            yield body | {"+before": last.get(body["listener_id"], "")}
            last[body["listener_id"]] = body["id"]

    def nameless(self, body: Body) -> bool:
        """It is recognised by its place."""
        return False

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return {key: value for key, value in wanted.items() if key != "+before"}


class L7Rule(Octavia):
    """A rule of a policy: which requests it is for. All rules of a policy must agree."""

    path, key, plural = "/v2/lbaas/l7policies/{parent}/rules", "rule", "rules"
    sdk = "openstack.load_balancer.v2.l7_rule.L7Rule"
    quota = "l7rule"
    natural = ("+parent", "type", "compare_type", "key", "value", "invert")

    policy = Parent(L7Policy, parts="rules")
    kept = Keep("admin_state_up", "type", "compare_type", "key", "value", "tags")
    turned = Keep("invert", default=False)
    sdk_only = Drop("name", why="rules have no name")
