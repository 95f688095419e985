"""Connecting, looking around and borrowing, on a real cloud."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid

import pytest

from hoarfrost.cloud import Borrow, Cloud, leftovers
from hoarfrost.errors import (
    AuthenticationFailed,
    Forbidden,
    MissingService,
    NoSuchCloud,
    NotFound,
    Refused,
    Unavailable,
)
from tests.cloud.conftest import Notes

pytestmark = pytest.mark.cloud


def test_a_cloud_says_who_and_where(cloud: Cloud) -> None:
    assert cloud.auth_url.startswith("http")
    assert cloud.project_id
    assert cloud.user_name
    assert "member" in cloud.roles
    print_of = cloud.probe()
    assert print_of.services["compute"]["microversion"].startswith("2.")
    assert print_of.services["identity"]["version"].startswith("3")
    assert "router" in print_of.extensions
    assert cloud.has("object-store")
    assert not cloud.has("no-such-service")
    with pytest.raises(MissingService, match="no-such-service"):
        cloud.rest("no-such-service")


def test_errors_are_sentences(cloud: Cloud) -> None:
    with pytest.raises(NotFound) as caught:
        cloud.rest("compute").get("/servers/nothing")
    assert caught.value.request_id.startswith("req-")
    with pytest.raises(Refused, match="no_such_field"):
        cloud.rest("network").post("/v2.0/networks", {"network": {"no_such_field": 1}})
    with pytest.raises(Forbidden):
        cloud.rest("identity").get("/v3/users")
    with pytest.raises(NoSuchCloud):
        Cloud.connect("no-such-cloud-at-all")


def test_wrong_credentials_and_no_cloud_at_all(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("OS_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", os.devnull)
    with pytest.raises(NoSuchCloud):
        Cloud.connect()
    for key, value in {
        "OS_AUTH_URL": cloud.auth_url,
        "OS_USERNAME": cloud.user_name,
        "OS_PASSWORD": "surely-not-this",
        "OS_PROJECT_NAME": cloud.project_name,
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
    }.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(AuthenticationFailed) as caught:
        Cloud.connect()
    assert "surely-not-this" not in str(caught.value)
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1:9/v3")
    with pytest.raises(Unavailable):
        Cloud.connect()


def test_pages_of_one(cloud: Cloud) -> None:
    rest = cloud.rest("network")
    rules = {one["id"] for one in rest.list("/v2.0/security-group-rules", "security_group_rules")}
    paged = [one["id"] for one in rest.list("/v2.0/security-group-rules", "security_group_rules", limit="1")]
    assert sorted(paged) == sorted(rules)
    images = [one["id"] for one in cloud.rest("image").list("/v2/images", "images", limit="1")]
    assert len(images) == len(set(images)) > 0


def test_what_was_borrowed_goes_back(cloud: Cloud) -> None:
    run, volumes = f"test{uuid.uuid4().hex[:8]}", cloud.rest("block-storage")
    with Borrow(cloud, Notes(), run) as borrow:
        volume = borrow.take(
            "volume",
            lambda name: str(volumes.post("/volumes", {"volume": {"name": name, "size": 1}})["volume"]["id"]),
        )
        assert volume in leftovers(cloud)
        # given back at once: it is still being made, so the deletion is refused at first
    assert [one for one in leftovers(cloud) if run in one.name] == []
    with pytest.raises(NotFound):
        volumes.get(f"/volumes/{volume.id}")


def test_killed_between_intent_and_id(cloud: Cloud) -> None:
    """kill -9 right after the cloud made it: another process finds it with nothing but the API."""
    run = f"test{uuid.uuid4().hex[:8]}"
    script = f"""
import os
from hoarfrost.cloud import Borrow, Cloud
class Notes:
    def record(self, entry): pass
cloud = Cloud.connect({os.environ.get("HOARFROST_TEST_CLOUD", "devcloud-member")!r})
def make(name):
    wanted = {{"name": name, "disk_format": "raw", "container_format": "bare"}}
    cloud.rest("image").post("/v2/images", wanted)
    os.kill(os.getpid(), 9)
Borrow(cloud, Notes(), {run!r}).take("image", make)
"""
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], check=False, capture_output=True, text=True
    )
    assert killed.returncode == -9, killed.stderr
    [left] = [one for one in leftovers(cloud) if run in one.name]
    assert left.what == "image"
    borrow = Borrow(cloud, Notes(), "other")
    borrow.adopt(left.what, left.id, left.name)
    assert borrow.give_back_all() == []
    assert [one for one in leftovers(cloud) if run in one.name] == []
