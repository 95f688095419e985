"""Credentials, trusts and quotas: what is the user's and the project's own, what comes back, what is only recorded."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import Conflict, Forbidden, MissingService, NotFound
from hoarfrost.kinds import KINDS
from hoarfrost.model import Body

Bodies = dict[str, dict[str, Body]]


class Service:
    """Lists ``bodies`` whatever the path; takes down what is put."""

    project_id, user_id = "project-1", "user-1"

    def __init__(self, *bodies: Body, roles: tuple[str, ...] = ("member",)) -> None:
        self.bodies, self.roles = bodies, roles
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.done: list[tuple[str, Any]] = []

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def extensions(self) -> frozenset[str]:
        return frozenset()

    def list(self, path: str, plural: str, **query: str) -> Any:
        self.asked.append((path, query))
        return iter(self.bodies)

    def get(self, path: str) -> Body:
        if path.endswith("/defaults"):
            return {"quota_set": {"id": "project-1", "ram": 4}}
        return {"quota_set": {"id": "project-1", "cores": 10, "ram": 4, "volumes": 5, "volumes_fast": 1}}

    def put(self, path: str, body: Body) -> None:
        self.done.append((path, body))

    def post(self, path: str, body: Body) -> Body:
        raise Conflict("409, Duplicate entry")


def of_project(body: Body, project: str | None) -> Body:
    return body | {"id": f"of-{project}", "project_id": project}


def test_credentials_are_those_of_the_user_in_this_project(bodies: Bodies) -> None:
    kind, (body,) = KINDS["credential"], bodies["credential"].values()
    cloud: Any = Service(*(of_project(body, one) for one in ("project-1", "other", None)))
    assert [one["id"] for one in kind.enumerate(cloud)] == ["of-project-1", "of-None"]
    assert cloud.asked == [("/credentials", {"user_id": "user-1"})]


def test_one_that_is_gone_is_not_found_though_keystone_forbids_to_look() -> None:
    class Keystone(Service):
        def get(self, path: str) -> Body:
            raise Forbidden("403")

    cloud: Any = Keystone()
    with pytest.raises(NotFound):
        KINDS["credential"].show(cloud, "gone")
    KINDS["credential"].delete(cloud, "gone")


def test_an_access_key_comes_back_with_its_secret_which_is_not_shown(bodies: Bodies) -> None:
    kind, (body,) = KINDS["credential"], bodies["credential"].values()
    assert kind.title(body) == "ec2 made-up-access"
    assert kind.title(body | {"type": "totp", "blob": "SEED"}) == "totp"
    assert kind.title(body | {"blob": "no JSON"}) == "ec2"
    wanted = kind.request(body, lambda kind, id: f"new-{id}")
    assert wanted == {
        "type": "ec2",
        "blob": body["blob"],
        "user_id": "new-user-1",
        "project_id": "new-project-1",
    }
    cloud: Any = Service()
    with pytest.raises(Conflict, match="made-up-access is in use") as caught:
        kind.create(cloud, wanted)
    assert "secret" not in caught.value.sentence


def test_an_application_credential_takes_a_secret_and_no_more_roles(bodies: Bodies) -> None:
    kind, (body,) = KINDS["application_credential"], bodies["application_credential"].values()
    cloud: Any = Service(of_project(body, "project-1"), of_project(body, "other"))
    assert [one["id"] for one in kind.enumerate(cloud)] == ["of-project-1"]
    assert cloud.asked[0][0] == "/users/user-1/application_credentials"
    assert [one.code for one in kind.findings(body)] == ["not-kept"]
    rule = {"id": "r", "path": "/v2.1/servers", "method": "GET", "service": "compute"}
    body = body | {"roles": [{"id": "m", "name": "member", "domain_id": None}], "access_rules": [rule]}
    wanted = kind.unlocked(body, kind.request(body, lambda *_: None), "known")
    assert (wanted["secret"], wanted["roles"]) == ("known", [{"name": "member"}])
    assert [sorted(one) for one in wanted["access_rules"]] == [["method", "path", "service"]]
    assert kind.only_recorded(body | {"expires_at": "2020-01-01T00:00:00.000000"}) == "it has expired"
    assert kind.only_recorded(body | {"expires_at": None}) == ""


def test_a_trust_is_listed_from_both_sides_once() -> None:
    kind = KINDS["trust"]
    trust = {"id": "t", "trustor_user_id": "user-1", "trustee_user_id": "heat", "project_id": "project-1"}
    cloud: Any = Service(trust)
    assert list(kind.enumerate(cloud)) == [trust]
    assert [list(query) for _, query in cloud.asked] == [["trustor_user_id"], ["trustee_user_id"]]
    assert kind.recorded and [one.code for one in kind.findings(trust)] == ["not-kept"]


@pytest.mark.parametrize("error", [NotFound("404"), Forbidden("403, delegated tokens cannot manage trusts")])
def test_where_trusts_cannot_be_seen_the_backup_is_whole_all_the_same(error: Exception) -> None:
    class Without(Service):
        def list(self, path: str, plural: str, **query: str) -> Any:
            raise error

    without: Any = Without()
    with pytest.raises(MissingService):
        list(KINDS["trust"].enumerate(without))


@pytest.mark.parametrize(("role", "sent"), [("member", []), ("admin", [{"quota_set": {"cores": 20}}])])
def test_quotas_are_set_by_an_administrator_and_where_they_differ(role: str, sent: list[Body]) -> None:
    kind, cloud = KINDS["compute_quota"], Service(roles=(role,))
    any_cloud: Any = cloud
    (body,) = kind.enumerate(any_cloud)
    assert "ram" not in body, "the limit of every project"
    assert kind.standing(body) and kind.title(body) == "compute"
    kind.adopt(any_cloud, "project-1", body | {"cores": 20}, lambda kind, id: id)
    assert [said for _, said in cloud.done] == sent


def test_a_quota_of_a_volume_type_is_only_recorded() -> None:
    cloud: Any = Service(roles=("admin",))
    KINDS["volume_quota"].adopt(
        cloud, "project-1", {"id": "x", "volumes": 5, "volumes_fast": 9}, lambda kind, id: id
    )
    assert cloud.done == []
