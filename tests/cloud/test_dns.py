"""A DNS zone with all sorts of records comes back in another project; Designate itself is asked, not our capture."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.events import silent
from hoarfrost.flow import back_up, make_plan, restore, undo
from hoarfrost.kinds import KINDS
from hoarfrost.plan import Mappings
from hoarfrost.repository import Cost, Passphrase, Repository, open_store

pytestmark = pytest.mark.cloud

NAME = f"frost-{uuid.uuid4().hex[:8]}.example."
ZONE = {"name": NAME, "email": "a@frost.example", "ttl": 7201, "description": "für alle"}
RECORDS: list[dict[str, Any]] = [
    {"name": NAME, "type": "MX", "records": ["10 mail.example.", "20 backup.example."], "ttl": 60},
    {"name": f"www.{NAME}", "type": "A", "records": ["192.0.2.1", "192.0.2.2"]},
    {"name": f"www.{NAME}", "type": "AAAA", "records": ["2001:db8::1"], "description": "naïve"},
    {"name": f"*.{NAME}", "type": "CNAME", "records": [f"www.{NAME}"]},
    {"name": f"_sip._tcp.{NAME}", "type": "SRV", "records": ["0 5 5060 sip.example."]},
    {"name": f"text.{NAME}", "type": "TXT", "records": ['"v=spf1 -all"', '"a \\"quoted\\" one"']},
]  # fmt: skip


def seen(cloud: Cloud) -> list[dict[str, Any]]:
    """What somebody with a REST client sees of the zone, without what differs of necessity."""
    rest = cloud.rest("dns")
    zones = [
        one for one in rest.list("/v2/zones", "zones") if one["name"] == NAME and one["action"] != "DELETE"
    ]
    found = [{key: one[key] for key in (*ZONE, "type")} for one in zones]
    for zone in zones:
        listed = rest.list(f"/v2/zones/{zone['id']}/recordsets", "recordsets", limit="100")
        keys = ("name", "type", "ttl", "description")
        found += [
            {key: one[key] for key in keys} | {"records": sorted(one["records"])}
            for one in listed
            if one["type"] not in ("SOA", "NS")
        ]
    return sorted(found, key=lambda one: (one["name"], one["type"]))


def remove(cloud: Cloud) -> None:
    """The name is free again only when no name server knows the zone any more."""
    rest = cloud.rest("dns")
    for zone in rest.list("/v2/zones", "zones", name=NAME):
        rest.delete(f"/v2/zones/{zone['id']}")
    wait_until(
        lambda: not list(rest.list("/v2/zones", "zones", name=NAME)) or None, what="deletion", limit=60
    )


@pytest.fixture
def zone(cloud: Cloud) -> Iterator[str]:
    made = cloud.rest("dns").post("/v2/zones", ZONE)
    for record in RECORDS:
        cloud.rest("dns").post(f"/v2/zones/{made['id']}/recordsets", record)
    kind = KINDS["zone"]
    wait_until(lambda: kind.settled(kind.show(cloud, made["id"])) or None, what="the zone", limit=60)
    yield str(made["id"])
    remove(cloud)


def test_a_zone_comes_back_in_another_project(cloud: Cloud, zone: str) -> None:
    other = Cloud.connect(os.environ.get("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other"))
    store = Repository.init(
        open_store("memory:"), Passphrase("test"), cost=Cost(time=1, memory_kib=64, lanes=1)
    )
    before = seen(cloud)
    assert len(before) == 1 + len(RECORDS)
    committed, backup = back_up(cloud, store, silent)
    made_by_cloud = [one for one in backup.resources if one.kind == "recordset" and one.made_by]
    assert {one.body["type"] for one in made_by_cloud if one.body["zone_id"] == zone} == {"SOA", "NS"}
    remove(cloud)
    only = [one.address for one in backup.resources if zone in one.address]
    plan, _ = make_plan(other, store, committed.id, Mappings(), "reuse", silent, only=only)
    try:
        outcome = restore(other, store, plan, silent)
        assert [one for one in outcome.findings if one.severity != "info"] == []
        assert outcome.status == "complete"
        assert seen(other) == before
        assert restore(other, store, plan, silent).count("created") == 0
        undo(other, plan, silent)
        assert seen(other) == []
    finally:
        remove(other)
