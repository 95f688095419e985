"""A volume type of every part, recorded by value and made anew by an administrator."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from hoarfrost.cloud import Cloud, wait_until
from hoarfrost.errors import NotFound
from hoarfrost.kinds import KINDS
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud

ENCRYPTION = {
    "provider": "luks",
    "cipher": "aes-xts-plain64",
    "key_size": 256,
    "control_location": "front-end",
}
OF_THE_PLACE = ("id", "qos_specs_id", "+encryption", "+qos")


def test_a_volume_type_comes_back_by_value(admin: Cloud, undo: Undo) -> None:
    kind, rest = KINDS["volume_type"], admin.rest("block-storage", "3.70")
    name = f"hf-type-{uuid.uuid4().hex[:8]}"
    said: dict[str, Any] = {"name": name, "description": "Dïsk", "extra_specs": {"a:b": "<is> True"}}
    said["os-volume-type-access:is_public"] = False
    made = rest.post("/types", {"volume_type": said})["volume_type"]["id"]
    undo(lambda: rest.delete(f"/types/{made}"))
    rest.post(f"/types/{made}/encryption", {"encryption": ENCRYPTION})
    specs = {"name": name, "consumer": "front-end", "total_iops_sec": "500"}
    qos = rest.post("/qos-specs", {"qos_specs": specs})["qos_specs"]["id"]
    undo(lambda: rest.delete(f"/qos-specs/{qos}", force="true"))
    rest.get(f"/qos-specs/{qos}/associate", vol_type_id=made)

    before = kind.show(admin, made)
    assert kind.by_value(before) and before["+qos"]["specs"] == {"total_iops_sec": "500"}
    rest.delete(f"/types/{made}")
    rest.delete(f"/qos-specs/{qos}", force="true")
    again = kind.id(kind.create(admin, kind.request(before, lambda kind, id: id)))
    undo(lambda: kind.delete(admin, again))
    beside = kind.beside(admin, again, before)
    assert beside and kind.beside(admin, again, before) is None  # a run that was stopped does it twice
    for _ in range(2):
        kind.made(admin, again, before, lambda kind, id: id)
    after = kind.show(admin, again)
    assert beside == after["qos_specs_id"]
    undo(lambda: rest.delete(f"/qos-specs/{after['qos_specs_id']}", force="true"))

    assert {key: value for key, value in after.items() if key not in OF_THE_PLACE} == {
        key: value for key, value in before.items() if key not in OF_THE_PLACE
    }
    assert {key: after["+encryption"][key] for key in ENCRYPTION} == ENCRYPTION
    assert {key: value for key, value in after["+qos"].items() if key != "id"} == {
        key: value for key, value in before["+qos"].items() if key != "id"
    }
    access = rest.list(f"/types/{again}/os-volume-type-access", "volume_type_access")
    assert [one["project_id"] for one in access] == [admin.project_id]
    assert again in {one["id"] for one in kind.visible(admin)}
    kind.take_along(admin, beside)
    assert rest.get(f"/qos-specs/{beside}"), "they are in use"
    kind.delete(admin, again)
    kind.take_along(admin, beside)
    with pytest.raises(NotFound):
        rest.get(f"/qos-specs/{beside}")


def test_a_volume_comes_back_with_the_type_that_was_made_for_it(admin: Cloud, undo: Undo) -> None:
    trip, rest = RoundTrip(admin, admin, undo), admin.rest("block-storage", "3.70")
    standard = rest.get("/types/default")["volume_type"]
    said = {"name": trip.name("type"), "extra_specs": standard["extra_specs"]}
    type = rest.post("/types", {"volume_type": said})["volume_type"]["id"]
    undo(lambda: rest.delete(f"/types/{type}"))
    wanted = {"name": trip.name("volume"), "size": 1, "volume_type": type}
    volume = rest.post("/volumes", {"volume": wanted})["volume"]["id"]
    undo(lambda: gone(admin, volume))
    wait_until(
        lambda: KINDS["volume"].settled(KINDS["volume"].show(admin, volume)) or None,
        what="a volume",
        limit=120,
    )
    trip.back_up()
    gone(admin, volume)
    rest.delete(f"/types/{type}")

    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    assert trip.action(f"volume_type/{type}") == "create"
    made = rest.get(f"/volumes/{outcome.ids[f'volume/{volume}']}")["volume"]
    assert (made["volume_type_id"], made["volume_type"]) == (outcome.ids[f"volume_type/{type}"], said["name"])
    assert rest.get(f"/types/{made['volume_type_id']}")["volume_type"]["extra_specs"] == said["extra_specs"]


def gone(cloud: Cloud, volume: str) -> None:
    if _there(cloud, volume):
        KINDS["volume"].delete(cloud, volume)
    wait_until(lambda: None if _there(cloud, volume) else True, what="removing a volume", limit=120)


def _there(cloud: Cloud, volume: str) -> bool:
    try:
        KINDS["volume"].show(cloud, volume)
    except NotFound:
        return False
    return True
