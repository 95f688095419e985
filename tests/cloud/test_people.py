"""Users, groups, their roles, and what a project says of itself: gone, brought back elsewhere, compared raw."""

from __future__ import annotations

import json
import os
import stat
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import openstack
import pyrage
import pytest
from keystoneauth1.exceptions import Unauthorized

from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud
from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.restore import HandOver
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud
ADMIN = os.environ.get("HOARFROST_TEST_ADMIN_CLOUD", "devcloud-admin")


CHANGEABLE = {"project": {"options": {"immutable": False}}}


class Keystone:
    """As it is, without anything of the product."""

    def __init__(self, **about: Any) -> None:
        connection = openstack.connect(cloud=ADMIN, **about)
        self.connection, self.session = connection, connection.session
        self.user = str(self.session.auth.get_access(self.session).user_id)
        root = self.session.get_endpoint(service_type="identity", interface="public").rstrip("/")
        self.root = root if root.endswith("/v3") else f"{root}/v3"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(self.root + path, method, json=body, raise_exc=False)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def make(self, key: str, **said: Any) -> str:
        return str(self.call("POST", f"/{key}s", {key: said})[key]["id"])

    def gone(self, *paths: str) -> None:
        for path in paths:
            answer = self.session.request(self.root + path, "DELETE", raise_exc=False)
            assert answer.status_code in (204, 404), answer.text

    def named(self, collection: str, name: str) -> dict[str, Any]:
        (found,) = self.call("GET", f"/{collection}?name={name}")[collection]
        return dict(found)


class Site(NamedTuple):
    here: str
    there: str
    about: dict[str, Any]


@pytest.fixture
def raw() -> Keystone:
    return Keystone()


@pytest.fixture
def site(raw: Keystone, cloud: Cloud, undo: Undo) -> Site:
    """Two projects in which the administrator is one. What the first says of itself is to come to the second."""
    about = {"description": "Läden\nund mehr", "tags": ["a", "ä b"], "options": {"immutable": True}}
    mark, admin = uuid.uuid4().hex[:8], raw.named("roles", "admin")["id"]
    ids = []
    for name, said in (("here", about), ("there", {"description": "another"})):
        id = raw.make("project", name=f"{cloud.project_name}-{name}-{mark}", domain_id="default", **said)
        undo(lambda id=id: raw.gone(f"/projects/{id}"))  # type: ignore[misc]
        undo(lambda id=id: raw.call("PATCH", f"/projects/{id}", CHANGEABLE))  # type: ignore[misc]
        raw.call("PUT", f"/projects/{id}/users/{raw.user}/roles/{admin}")
        ids.append(id)
    return Site(*ids, about)


def connected(project: str) -> Cloud:
    return Cloud(openstack.connect(cloud=ADMIN, project_id=project, project_name=None))


def people(raw: Keystone, site: Site, trip: RoundTrip, undo: Undo) -> dict[str, str]:
    """ada may, and below the project too; bob and dora by their group; carl is switched off; dora stays."""
    more = {"email": "ada@example.org", "description": "die Erste", "desk": {"floor": 3}}
    ids = {
        "ada": raw.make(
            "user",
            name=trip.name("ada"),
            domain_id="default",
            default_project_id=site.here,
            options={"ignore_password_expiry": True},
            **more,
        ),
        "bob": raw.make("user", name=trip.name("bob"), domain_id="default"),
        "carl": raw.make("user", name=trip.name("carl"), domain_id="default", enabled=False),
        "dora": raw.make("user", name=trip.name("dora"), domain_id="default"),
        "team": raw.make("group", name=trip.name("team"), domain_id="default", description="das Team"),
    }
    for name, id in ids.items():
        path = f"/{'groups' if name == 'team' else 'users'}/{id}"
        undo(lambda path=path: raw.gone(path))  # type: ignore[misc]
    role = {name: raw.named("roles", name)["id"] for name in ("member", "reader", "ResellerAdmin")}
    place = f"/projects/{site.here}"
    for path in (
        f"{place}/users/{ids['ada']}/roles/{role['member']}",
        f"{place}/users/{ids['ada']}/roles/{role['ResellerAdmin']}",
        f"/OS-INHERIT{place}/users/{ids['ada']}/roles/{role['reader']}/inherited_to_projects",
        f"{place}/users/{ids['carl']}/roles/{role['reader']}",
        f"{place}/groups/{ids['team']}/roles/{role['member']}",
        f"/groups/{ids['team']}/users/{ids['bob']}",
        f"/groups/{ids['team']}/users/{ids['dora']}",
    ):
        raw.call("PUT", path)
    return ids


def may(raw: Keystone, project: str, mark: str) -> set[tuple[str, str, bool]]:
    """(who, role, whether below the project) of ours."""
    listed = raw.call("GET", f"/role_assignments?scope.project.id={project}&include_names=true")
    found = [(one.get("user") or one["group"], one) for one in listed["role_assignments"]]
    return {
        (who["name"].removeprefix(f"{mark}-"), one["role"]["name"], "OS-INHERIT:inherited_to" in one["scope"])
        for who, one in found
        if who["name"].startswith(mark)
    }


def test_people_and_what_they_may_come_back(
    raw: Keystone, site: Site, cloud: Cloud, undo: Undo, tmp_path: Path
) -> None:
    trip = RoundTrip(connected(site.here), connected(site.there), undo)
    trip.mark = f"{cloud.project_name}-{trip.mark}"
    ids = people(raw, site, trip, undo)
    before = {name: raw.call("GET", f"/users/{ids[name]}")["user"] for name in ("ada", "bob", "carl")}
    known = may(raw, site.here, trip.mark)
    trip.back_up()
    trip.also = [f"project_detail/{site.here}"]
    raw.gone(*(f"/users/{ids[name]}" for name in before), f"/groups/{ids['team']}")

    identity, file = pyrage.x25519.Identity.generate(), tmp_path / "passwords.age"
    outcome = trip.restore(HandOver(file, lambda told: pyrage.encrypt(told, [identity.to_public()])))
    assert trip.differences == []
    assert trip.action(f"user/{ids['dora']}") == "map"
    bad = [one for one in outcome.done if one.what in ("failed", "impossible")]
    assert [one.name for one in bad] == [f"ResellerAdmin of {trip.name('ada')}"]
    assert "lacks the role" in bad[0].sentence

    after = {name: raw.named("users", trip.name(name)) for name in before}
    for name, ours in before.items():
        ours["default_project_id"] = site.there if name == "ada" else ours.get("default_project_id")
        for field in ours.keys() - {"id", "links"}:
            assert after[name].get(field) == ours[field], f"{field} of {name}"
    assert after["ada"]["id"] != ids["ada"]
    team = raw.named("groups", trip.name("team"))
    assert team["description"] == "das Team"
    members = raw.call("GET", f"/groups/{team['id']}/users")["users"]
    assert {one["id"] for one in members} == {after["bob"]["id"], ids["dora"]}
    assert may(raw, site.there, trip.mark) == known - {("ada", "ResellerAdmin", False)}
    project = raw.call("GET", f"/projects/{site.there}")["project"]
    assert {**project, "tags": sorted(project["tags"])} == {**project, **site.about}

    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and trip.mark.encode() not in file.read_bytes()
    told = {one["name"]: one["password"] for one in json.loads(pyrage.decrypt(file.read_bytes(), [identity]))}
    assert set(told) == {trip.name(name) for name in before}
    as_ada = Cloud(logged_in(trip.name("ada"), told[trip.name("ada")], site.there))
    assert as_ada.user_id == after["ada"]["id"] and "member" in as_ada.roles
    with pytest.raises(Unauthorized):
        Cloud(logged_in(trip.name("carl"), told[trip.name("carl")], site.there))
    assert [one["id"] for one in KINDS["user"].enumerate(as_ada)] == [as_ada.user_id], "a member sees itself"


def logged_in(name: str, password: str, project: str) -> Any:
    auth = openstack.connect(cloud=ADMIN).config.auth
    about = {"username": name, "password": password, "project_id": project, "user_domain_id": "default"}
    return openstack.connect(auth={"auth_url": auth["auth_url"], **about}, region_name="RegionOne")


def test_what_an_operator_allows_a_project_comes_with_it(raw: Keystone, site: Site, undo: Undo) -> None:
    """Of services that have no quota sets: load balancers, secrets, zones."""
    session, names = raw.session, {"service_type": "load-balancer", "interface": "public"}
    balancers = session.get_endpoint(**names).rstrip("/").removesuffix("/v2.0") + "/v2/lbaas/quotas"
    secrets = session.get_endpoint(**names | {"service_type": "key-manager"}).rstrip("/").removesuffix("/v1")
    zones = session.get_endpoint(**names | {"service_type": "dns"}).rstrip("/").removesuffix("/v2")

    def told(project: str) -> list[Any]:
        about = openstack.connect(cloud=ADMIN, project_id=project, project_name=None).session
        paths = (f"{balancers}/{project}", f"{secrets}/v1/quotas", f"{zones}/v2/quotas/{project}")
        answers = [about.get(path).json() for path in paths]
        return [answers[0]["quota"]["listener"], answers[1]["quotas"]["secrets"], answers[2]["zone_records"]]

    usual = told(site.there)
    here = openstack.connect(cloud=ADMIN, project_id=site.here, project_name=None).session
    here.put(f"{balancers}/{site.here}", json={"quota": {"listener": 17}})
    here.put(f"{secrets}/v1/project-quotas/{site.here}", json={"project_quotas": {"secrets": 18}})
    here.patch(f"{zones}/v2/quotas/{site.here}", json={"zone_records": 519})
    assert told(site.here) == [17, 18, 519] != usual

    trip = RoundTrip(connected(site.here), connected(site.there), undo)
    trip.back_up()
    trip.also = [f"{name}_quota/{site.here}" for name in ("load_balancer", "key_manager", "dns")]
    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    assert told(site.there) == [17, 18, 519]
    assert trip.differences == []


def test_a_reader_of_the_domain_shows_a_member_everybody(
    raw: Keystone, site: Site, cloud: Cloud, undo: Undo
) -> None:
    """The member's own login sees itself only; a second login, of a reader of the domain, looks and changes nothing."""
    trip = RoundTrip(cloud, cloud, undo)
    trip.mark = f"{cloud.project_name}-{trip.mark}"
    ids = people(raw, site, trip, undo)
    role = {name: raw.named("roles", name)["id"] for name in ("member", "reader")}
    word = uuid.uuid4().hex
    for name, path in (("me", f"/projects/{site.here}"), ("eye", "/domains/default")):
        ids[name] = raw.make("user", name=trip.name(name), domain_id="default", password=word)
        undo(lambda name=name: raw.gone(f"/users/{ids[name]}"))  # type: ignore[misc]
        raw.call("PUT", f"{path}/users/{ids[name]}/roles/{role['member' if name == 'me' else 'reader']}")
    auth = openstack.connect(cloud=ADMIN).config.auth["auth_url"]
    login = {"auth_url": auth, "username": trip.name("eye"), "password": word, "user_domain_id": "default"}
    of_domain = openstack.connect(auth=login | {"domain_id": "default"}, region_name="RegionOne")
    me = logged_in(trip.name("me"), word, site.here)

    alone, _ = capture(Cloud(me), KINDS, silent)
    assert [one.id for one in alone.of_kind("user") if one.owned] == [ids["me"]]
    assert alone.of_kind("role_assignment") == []
    seen, findings = capture(Cloud(me, Cloud(of_domain)), KINDS, silent)
    assert [one for one in findings if one.severity != "info" and one.code != "dangling"] == []
    owned = {one.id for kind in ("user", "user_group") for one in seen.of_kind(kind) if one.owned}
    assert owned >= {ids[name] for name in ("ada", "bob", "carl", "dora", "team", "me")}
    told = {one.name for one in seen.of_kind("role_assignment")}
    assert {f"member of {trip.name('ada')}", f"member of {trip.name('team')}"} <= told
    assert {one.id for one in seen.of_kind("user_group_member")} == {
        f"{ids['team']}/{ids[name]}" for name in ("bob", "dora")
    }
    assert [one.name for one in seen.of_kind("domain")] == ["Default"]
