"""What a user has in a project to prove who it is, and how much the project may have, compared by raw calls."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import requests

from hoarfrost.cloud import Cloud
from hoarfrost.kinds import KINDS
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud


def by_name(cloud: Cloud, name: str, secret: str) -> dict[str, Any]:
    proof = {"name": name, "secret": secret, "user": {"id": cloud.user_id}}
    return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": proof}}}


def test_an_access_key_moves_to_another_project(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    trip = RoundTrip(cloud, other, undo)
    here, there = cloud.rest("identity"), other.rest("identity")
    blob = {"access": trip.name(uuid.uuid4().hex), "secret": uuid.uuid4().hex}
    about = {
        "type": "ec2",
        "user_id": cloud.user_id,
        "project_id": cloud.project_id,
        "blob": json.dumps(blob),
    }
    key = here.post("/credentials", {"credential": about})["credential"]["id"]
    undo(lambda: KINDS["credential"].delete(cloud, key))
    own = f"/users/{cloud.user_id}/application_credentials"
    rules = [{"path": "/v2.1/servers", "method": "GET", "service": "compute"}]
    said: dict[str, Any] = {"name": trip.name("röbot"), "unrestricted": False, "access_rules": rules}
    robot = here.post(own, {"application_credential": said})["application_credential"]["id"]
    undo(lambda: here.delete(f"{own}/{robot}"))

    backup = trip.back_up()
    told = {(one.address, one.code, one.severity) for one in trip.findings()}
    assert told == {(f"application_credential/{robot}", "not-kept", "info")}
    quotas = {one.kind: one.body for one in backup.resources if one.kind.endswith("_quota")}
    limits = cloud.rest("compute").get("/limits")["limits"]["absolute"]
    assert quotas["compute_quota"].get("cores", limits["maxTotalCores"]) == limits["maxTotalCores"]
    assert {"compute_quota", "volume_quota"} <= set(quotas)
    trip.also = [f"{kind}/{body['id']}" for kind, body in quotas.items()]

    taken = trip.restore()
    assert {(one.address, one.code) for one in taken.findings} == {
        (f"credential/{key}", "conflict"),
        (f"application_credential/{robot}", "no-secret"),
    }
    here.delete(f"/credentials/{key}")  # an access key is there once on a cloud
    known = uuid.uuid4().hex
    outcome = trip.restore(known={trip.name("röbot"): known})
    assert outcome.status == "complete", outcome.findings
    assert trip.differences == []
    made = there.get(f"/credentials/{outcome.ids[f'credential/{key}']}")["credential"]
    assert json.loads(made["blob"]) == blob
    assert (made["user_id"], made["project_id"]) == (other.user_id, other.project_id)
    logged_in = requests.post(
        f"{there.endpoint.rstrip('/').removesuffix('/v3')}/v3/auth/tokens",
        json=by_name(other, said["name"], known),
    )
    assert logged_in.status_code == 201, "a client that logs in by name goes on"
    assert [one["name"] for one in logged_in.json()["token"]["roles"]]
    assert known not in str(outcome) + str(trip.notes[-1].entries)
    assert {trip.action(address) for address in trip.also} == {"reuse"}


def test_a_trust_is_recorded_and_named(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    trip, here = RoundTrip(cloud, other, undo), cloud.rest("identity")
    said = {
        "trustor_user_id": cloud.user_id,
        "trustee_user_id": other.user_id,
        "project_id": cloud.project_id,
        "impersonation": False,
        "roles": [{"name": "member"}],
    }
    trust = here.post("/OS-TRUST/trusts", {"trust": said})["trust"]["id"]
    undo(lambda: here.delete(f"/OS-TRUST/trusts/{trust}"))
    backup = trip.back_up()
    trip.also = [f"trust/{trust}"]
    body = backup.graph()[f"trust/{trust}"].body
    assert {name: body[name] for name in said if name != "roles"} == {
        name: value for name, value in said.items() if name != "roles"
    }
    assert [(one.code, one.severity) for one in trip.findings()] == [("not-kept", "info")]
    trip.restore()
    assert trip.action(f"trust/{trust}") == "skip"
