"""What is said beforehand is what happens: `probe` against the capture of each role, and the fidelity of a backup
against what the verification of its restore finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from demo.product import Product
from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud
from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.verify import foreseen
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud

HERE = os.environ.get("HOARFROST_TEST_CLOUD", "devcloud-member")
ROLES = {
    "reader": os.environ.get("HOARFROST_TEST_READER_CLOUD", "devcloud-reader"),
    "member": HERE,
    "manager": os.environ.get("HOARFROST_TEST_MANAGER_CLOUD", "devcloud-manager"),
}


def site(cloud: Cloud, trip: RoundTrip, undo: Undo) -> None:
    """Something of which each role is shown another part, and not every field comes back."""
    rest, vault = cloud.rest("network"), cloud.rest("key-manager")

    def made(path: str, key: str, **said: Any) -> str:
        id = str(rest.post(f"/v2.0/{path}", {key: said})[key]["id"])
        undo(lambda: rest.delete(f"/v2.0/{path}/{id}"))
        return id

    (outside,) = rest.list("/v2.0/networks", "networks", **{"router:external": "true", "is_default": "false"})
    network = made("networks", "network", name=trip.name("net"), mtu=1300)
    subnet = made(
        "subnets", "subnet", name=trip.name("sub"), network_id=network, ip_version=4, cidr="10.7.0.0/24"
    )
    gateway = {"network_id": outside["id"]}
    router = made("routers", "router", name=trip.name("edge"), external_gateway_info=gateway)
    rest.put(f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": subnet})
    undo(lambda: rest.put(f"/v2.0/routers/{router}/remove_router_interface", {"subnet_id": subnet}))
    port = made("ports", "port", name=trip.name("port"), network_id=network, description="mit Ä")
    said = {"auth_algorithm": "sha256", "encryption_algorithm": "aes-256"}
    made("vpn/ikepolicies", "ikepolicy", name=trip.name("ike"), **said)
    address = made("floatingips", "floatingip", floating_network_id=outside["id"], port_id=port)
    trip.also.append(f"floating_ip/{address}")
    about = {"name": trip.name("word"), "payload": "x", "payload_content_type": "text/plain"}
    secret = vault.post("/v1/secrets", about)["secret_ref"].rpartition("/")[2]
    undo(lambda: vault.delete(f"/v1/secrets/{secret}"))


def probed(name: str) -> tuple[dict[str, Any], list[str], int]:
    """kind -> what `probe` says of it; what no kind covers; and its exit code."""
    program = str(Path(sys.executable).with_name("hoarfrost"))
    command = [program, "--os-cloud", name, "probe", "-f", "json"]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    rows = json.loads(run.stdout)
    uncovered = [row["service"] for row in rows if not row["kind"]]
    return {row["kind"]: row for row in rows if row["kind"]}, uncovered, run.returncode


def test_what_probe_says_is_what_a_backup_of_that_role_then_has(cloud: Cloud, undo: Undo) -> None:
    site(cloud, RoundTrip(cloud, cloud, undo), undo)
    read: dict[str, dict[str, str]] = {}
    for role, name in ROLES.items():
        rows, _, code = probed(name)
        graph, findings = capture(Cloud.connect(name), KINDS, silent)
        of_kind = {(one.address, one.code) for one in findings if one.address in KINDS}
        owned = Counter(one.kind for one in graph if one.owned and not one.made_by)
        assert set(rows) == {kind.name for kind in KINDS.values() if kind.owned}
        for kind, row in rows.items():
            assert row["seen"] == owned[kind], f"{kind} of a {role}"
            if row["read"] == "yes":
                assert not {(kind, code) for code in ("absent", "unreadable", "hidden")} & of_kind
            elif not (KINDS[kind].administered and row["read"] == "unreadable"):
                assert (kind, row["read"]) in of_kind, f"{kind} of a {role}"
        errors = [one for one in findings if one.severity == "error"]
        assert code == (3 if errors else 0), "what only administrators are shown makes no backup partial"
        read[role] = {kind: row["read"] for kind, row in rows.items()}
        restores = {row["restore"] for kind, row in rows.items() if kind in ("port", "network", "ike_policy")}
        assert restores == {"no: this role only reads" if role == "reader" else "yes"}
        assert rows["network_log"]["read"] != "yes" or role == "manager"
    assert (read["reader"]["ike_policy"], read["reader"]["secret"]) == ("hidden", "unreadable")
    assert (read["member"]["ike_policy"], read["member"]["secret"]) == ("yes", "yes")


def test_fidelity_foretold_is_fidelity_found(cloud: Cloud, undo: Undo, tmp_path: Path) -> None:
    """Restored beside the original, in another project, as the same role: what was lost is what was said to be."""
    other = Cloud.connect(os.environ.get("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other"))
    trip = RoundTrip(cloud, other, undo)
    site(cloud, trip, undo)
    backup = trip.back_up()
    routers = {one.id for one in backup.graph().of_kind("router") if trip.mark in one.name}
    legs = backup.graph().of_kind("router_interface")
    trip.also += [one.address for one in legs if one.body["device_id"] in routers]
    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    chosen = {step.address for step in trip.plan.steps if step.action in ("create", "reuse")}
    ours = [one if one.address in chosen else replace(one, owned=False) for one in backup.resources]
    foretold = foreseen(replace(backup, resources=tuple(ours)), KINDS)
    assert {(one.kind, one.field, one.word, one.count) for one in foretold} == {
        (one.kind, one.field, one.word, one.count) for one in trip.fates
    }
    assert ("floating_ip", "floating_ip_address", "lost") in {
        (one.kind, one.field, one.word) for one in foretold
    }
    product = Product(tmp_path)
    product.run(HERE, "repository", "init")
    shown = product.run(HERE, "backup", "show", product.run(HERE, "backup", "create")["id"], "--fidelity")
    fields = shown["fidelity_of_fields"]["fields"]
    told = {(one["kind"], one["field"]): one["count"] for one in fields if one["word"] == "lost"}
    assert told[("floating_ip", "floating_ip_address")] >= 1
