"""What OVN's routers have not: connection tracking helpers and metering, on a Neutron whose own agents make routers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import adapter, noauth, session

from hoarfrost.capture import capture
from hoarfrost.cloud import Rest
from hoarfrost.cloud.meter import Meter
from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.model import Backup, Bytes, CloudPrint, Window
from hoarfrost.plan import plan
from hoarfrost.restore import apply, undo
from hoarfrost.verify import compare
from tests.cloud.round_trip import Notes

pytestmark = pytest.mark.cloud

NAMES = ("router", "conntrack_helper", "metering_label", "metering_label_rule")
OURS = {name: KINDS[name] for name in NAMES}


class Plain(adapter.Adapter):
    """Without the SDK's cache, of which keystoneauth knows nothing."""

    def request(self, url: str, method: str, **more: Any) -> Any:
        more.pop("skip_cache", None)
        return super().request(url, method, **more)


class Lone:
    """As a `Cloud`, of a service without logins: everybody is the administrator of one project."""

    auth_url, region, project_name, user_id, user_name = "http://lone", "", "lone", "nobody", "nobody"
    keystone = ""
    roles, looks, requests, project_id = ("admin",), False, 0, "fake_project_id"

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        auth = noauth.NoAuth(endpoint=self.url)
        self._adapter = Plain(session.Session(auth=auth), endpoint_override=self.url)

    def rest(self, *_: str) -> Rest:
        return Rest(self._adapter, "network", self.url, None, "", Meter())

    looking = rest

    def metered(self) -> Lone:
        return self

    def has(self, service: str) -> bool:
        return service == "network"

    def extensions(self) -> frozenset[str]:
        return frozenset(one["alias"] for one in self.rest().list("/v2.0/extensions", "extensions"))


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Lone]:
    python = Path(os.environ.get("OS_CLIENT_CONFIG_FILE", "")).parent / "venv/bin/python"
    if not python.exists():
        pytest.skip("the cloud is not a devcloud of this machine, whose Neutron could be run")
    script = Path(__file__).with_name("lone_neutron.py")
    with (tmp_path / "log").open("wb") as log:
        command = [str(python), str(script), str(tmp_path)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        assert server.stdout
        said = server.stdout.readline()
        assert said, (tmp_path / "log").read_text()[-2000:]
        yield Lone(int(said))
    finally:
        server.kill()
        server.wait()


def raw(lone: Lone, *paths: str) -> list[list[Any]]:
    """As the service says it, without ids and times."""
    rest, seen = lone.rest(), []
    for path in paths:
        (bodies,) = (one for key, one in rest.get(f"/v2.0/{path}").items() if not key.endswith("links"))
        told = [{key: one for key, one in body.items() if not key.endswith(("id", "_at"))} for body in bodies]
        seen.append(sorted(told, key=str))
    return seen


@pytest.mark.timeout(300)
def test_helpers_and_metering_come_back(lone: Lone) -> None:
    rest = lone.rest()
    there: Any = lone

    def made(path: str, key: str, **said: Any) -> str:
        return str(rest.post(f"/v2.0/{path}", {key: said})[key]["id"])

    router = made("routers", "router", name="edge")
    helpers = f"routers/{router}/conntrack_helpers"
    made(helpers, "conntrack_helper", protocol="udp", port=69, helper="tftp")
    made(helpers, "conntrack_helper", protocol="tcp", port=21, helper="ftp")
    label = made("metering/metering-labels", "metering_label", name="außen ☃", description="all of it")
    made("metering/metering-labels", "metering_label", name="without rules")
    rules, rule = "metering/metering-label-rules", "metering_label_rule"
    about = {"metering_label_id": label}
    made(rules, rule, direction="ingress", remote_ip_prefix="10.0.0.0/24", excluded=True, **about)
    made(rules, rule, direction="egress", source_ip_prefix="10.1.0.0/24", **about)
    made(rules, rule, direction="egress", destination_ip_prefix="10.2.0.0/24", **about)
    paths = ("metering/metering-labels", rules)
    before, known = raw(lone, *paths), raw(lone, helpers)

    graph, findings = capture(there, OURS, silent)
    assert [one for one in findings if one.severity != "info" and one.address in OURS] == []
    for path in (f"{paths[0]}/{label}", *(f"{helpers}/{one['id']}" for one in _all(lone, helpers))):
        rest.delete(f"/v2.0/{path}")
    rest.delete(f"/v2.0/routers/{router}")
    backup = backup_of(lone, tuple(graph))
    planned, notes = plan(backup, "b", there, OURS), Notes()
    turns = [one.kind for one in planned.steps if one.action == "create"]
    assert turns.index("metering_label_rule") < turns.index("router"), "OVN's routers stand in their way"
    storage: Any = None  # nothing here has bytes
    outcome = apply(planned, backup, there, OURS, {}, storage, notes, silent)
    assert outcome.status == "complete", outcome.findings
    assert raw(lone, *paths) == before
    assert raw(lone, f"routers/{outcome.ids[f'router/{router}']}/conntrack_helpers") == known
    after, _ = capture(there, OURS, silent)
    found = compare(backup, planned, outcome.ids, after, OURS, there)
    assert [one for one in found.findings if one.severity != "info"] == []
    assert undo(planned, there, OURS, notes, silent).status == "complete"


def _all(lone: Lone, path: str) -> list[Any]:
    return list(lone.rest().list(f"/v2.0/{path}", path.rpartition("/")[2]))


def backup_of(lone: Lone, resources: tuple[Any, ...]) -> Backup:
    return Backup(
        project_id=lone.project_id,
        project_name=lone.project_name,
        user_id=lone.user_id,
        user_name=lone.user_name,
        roles=lone.roles,
        cloud=CloudPrint(auth_url=lone.auth_url),
        tool="test",
        started="",
        ended="",
        status="complete",
        window=Window(opened="", closed="", seconds=0),
        bytes=Bytes(),
        resources=resources,
        streams=(),
    )
