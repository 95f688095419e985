"""A volume type of every part, recorded by value and made anew by an administrator."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from hoarfrost.cloud import Cloud
from hoarfrost.kinds import KINDS
from tests.cloud.round_trip import Undo

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
    for _ in range(2):  # a run that was stopped does it twice
        kind.made(admin, again, before, lambda kind, id: id)
    after = kind.show(admin, again)
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
