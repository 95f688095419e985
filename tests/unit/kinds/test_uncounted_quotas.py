"""Quotas of services that say how much a project may have, and not how much it has."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import MissingService, NotFound
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.quota import Quotas
from hoarfrost.model import Body


class Site:
    project_id = "p"
    answers: dict[str, Body] = {  # noqa: RUF012 - read only
        "/v2/lbaas/quotas/p": {
            "quota": {"load_balancer": 3, "loadbalancer": 3, "pool": -1, "project_id": "p"}
        },
        "/v2/lbaas/quotas/p/default": {"quota": {"load_balancer": 5, "loadbalancer": 5, "pool": -1}},
        "/v1/quotas": {"quotas": {"secrets": 7, "containers": -1}},
        "/v2/quotas/p": {"zones": 10, "zone_recordsets": 900},
    }

    def __init__(self, *roles: str) -> None:
        self.roles, self.said = roles, list[tuple[str, Body]]()

    def rest(self, *_: str) -> Any:
        return self

    def get(self, path: str) -> Body:
        return self.answers[path]

    def put(self, path: str, body: Body) -> None:
        self.said.append((path, body))

    patch = put

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def list(self, path: str, plural: str, **query: str) -> Any:
        raise NotFound("404")


def test_a_limit_without_a_count() -> None:
    cloud: Any = Site("member")
    quotas = Quotas(cloud)
    assert quotas.of("load-balancer")["load_balancer"] == (3, None)
    assert quotas.used("key-manager", "secrets") is None, "an empty list cannot be held against it"
    for name in ("load_balancer", "l7_policy", "member", "secret", "secret_container", "zone"):
        assert KINDS[name].quota


@pytest.mark.parametrize(
    ("kind", "recorded", "sent"),
    [
        (
            "load_balancer_quota",
            {"load_balancer": 3},
            ("/v2/lbaas/quotas/p", {"quota": {"load_balancer": 9}}),
        ),
        ("key_manager_quota", {"secrets": 7}, ("/v1/project-quotas/p", {"project_quotas": {"secrets": 9}})),
        ("dns_quota", {"zone_recordsets": 900}, ("/v2/quotas/p", {"zone_recordsets": 9})),
    ],
)
def test_what_is_of_this_project_is_recorded_and_set_by_an_administrator(
    kind: str, recorded: Body, sent: Any
) -> None:
    member: Any = Site("member")
    admin: Any = Site("admin")
    (body,) = KINDS[kind].enumerate(member)
    assert {name: body[name] for name in recorded} == recorded
    assert not {"containers", "zones", "pool"} & set(body), "nobody gave it to this project"
    for cloud in (member, admin):
        KINDS[kind].adopt(cloud, "p", body | dict.fromkeys(recorded, 9), lambda kind, id: id)
    assert (member.said, admin.said) == ([], [sent])


def test_an_identity_service_without_limits() -> None:
    cloud: Any = Site("member")
    with pytest.raises(MissingService):
        list(KINDS["project_limit"].enumerate(cloud))
