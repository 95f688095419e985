"""Encrypted volumes: whose key can be read, what is said of the others, and what becomes of the key itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hoarfrost.errors import Forbidden, Unavailable, WentWrong
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.volume import KEY_MARKS
from hoarfrost.model import Body, Finding, Graph
from hoarfrost.plan.recognise import recognised

VOLUME, SECRET, IMAGE = KINDS["volume"], KINDS["secret"], KINDS["image"]
SAFE: Body = {
    "id": "v",
    "name": "safe",
    "size": 1,
    "status": "available",
    "encrypted": True,
    "bootable": "false",
}
KEY: Body = {"secret_ref": "http://old/v1/secrets/k", "name": None, "secret_type": "symmetric"}


class Service:
    """Answers for every service; the payload is given, or refused."""

    def __init__(self, *listed: Body, opens: bool = True) -> None:
        self.listed, self.opens, self.asked = listed, opens, list[str]()
        self.project_id = "p"
        self.shown: Body = {}

    def has(self, service: str) -> bool:
        return True

    def rest(self, service: str, microversion: str = "") -> Service:
        return self

    def list(self, path: str, plural: str, **query: str) -> Iterator[Body]:
        self.asked.append(path)
        yield from (one for one in self.listed if ("secret_ref" in one) == (plural == "secrets"))

    def get(self, path: str) -> Body:
        return {"metadata": {}, "volume": self.shown}

    def download(self, path: str) -> Iterator[bytes]:
        if not self.opens:
            raise Forbidden("403")
        yield b"x" * 32

    def post(self, path: str, said: Body) -> None:
        self.asked.append(next(iter(said)))


def look(opens: bool) -> Body:
    cloud: Any = Service(SAFE | {"encryption_key_id": "k"}, {"id": "w", "encrypted": False}, opens=opens)
    safe, plain = VOLUME.enumerate(cloud)
    assert "+locked" not in plain
    return safe


def test_an_encrypted_volume_whose_key_can_be_read_is_frozen_as_any_other() -> None:
    body = look(opens=True)
    assert [(one.code, one.severity) for one in VOLUME.findings(body)] == [("encrypted", "info")]
    nothing: Any = None
    assert "+locked" not in body and VOLUME.request(body, nothing)["size"] == 1


def test_one_whose_key_cannot_be_read_is_told_and_not_read() -> None:
    body = look(opens=False)
    assert [(one.code, one.severity) for one in VOLUME.findings(body)] == [("encrypted", "error")]
    nothing: Any = None
    found = VOLUME.freeze(nothing, nothing, VOLUME.resource(body))
    assert isinstance(found, Finding) and found.severity == "error"


def test_a_key_manager_that_does_not_answer_hides_no_volume() -> None:
    class Silent(Service):
        def download(self, path: str) -> Iterator[bytes]:
            raise Unavailable("503")

    cloud: Any = Silent(SAFE | {"encryption_key_id": "k"}, {"id": "w", "encrypted": False})
    assert [body["id"] for body in VOLUME.enumerate(cloud) if "+locked" not in body] == ["v", "w"]


def test_what_a_restore_to_the_wrong_type_left_is_not_taken_for_the_volume() -> None:
    ours = VOLUME.resource(SAFE)
    left, right = SAFE | {"id": "left", "encrypted": False}, SAFE | {"id": "right"}
    nothing = Graph(())
    assert recognised(ours, VOLUME, [left], lambda *_: None, nothing, ["left"]) is None
    found = recognised(ours, VOLUME, [left, right], lambda *_: None, nothing)
    assert found is not None and found[0] == right
    plain = VOLUME.resource(SAFE | {"encrypted": False})
    found = recognised(plain, VOLUME, [right], lambda *_: None, nothing)
    assert found is not None and found[0] == right  # its type may be mapped to one that encrypts


def test_a_type_that_does_not_encrypt_is_no_place_for_encrypted_bytes() -> None:
    cloud: Any = Service()
    cloud.shown = {"encrypted": False, "volume_type": "plain"}
    with pytest.raises(WentWrong, match="plain does not encrypt"):
        VOLUME.made(cloud, "new", SAFE, lambda kind, id: None)


def test_marks_of_a_key_of_the_old_cloud_are_not_set() -> None:
    cloud: Any = Service()
    cloud.shown = {"encrypted": True}
    VOLUME.made(
        cloud, "new", SAFE | {"volume_image_metadata": dict.fromkeys(KEY_MARKS, "k")}, lambda *_: None
    )
    assert cloud.asked == ["os-set_bootable"]


def test_the_key_of_a_volume_is_recorded_and_comes_back_with_the_volume_only() -> None:
    other = KEY | {"secret_ref": "http://old/v1/secrets/own"}
    cloud: Any = Service(KEY, other, SAFE | {"encryption_key_id": "k"})
    made_by = {SECRET.id(one): SECRET.made_by(one) for one in SECRET.enumerate(cloud)}
    assert "block storage" in made_by["k"] and made_by["own"] == ""


def test_volumes_are_not_asked_for_where_no_secret_could_be_a_key() -> None:
    cloud: Any = Service(KEY | {"secret_type": "opaque"})
    assert len(list(SECRET.enumerate(cloud))) == 1 and cloud.asked == ["/v1/secrets"]


def test_an_image_of_an_encrypted_volume_names_the_restored_key() -> None:
    body = {"id": "i", "name": "i", "visibility": "private", "cinder_encryption_key_id": "k"}
    wanted = IMAGE.request(body, lambda kind, id: f"new-{id}" if kind == "secret" else None)
    assert wanted["cinder_encryption_key_id"] == "new-k"


def test_an_image_that_comes_back_does_not_take_its_key_along_when_it_goes() -> None:
    said = dict(zip(KEY_MARKS, ("k", "on_image_deletion"), strict=True))
    body = {"id": "i", "name": "safe", "visibility": "private", "status": "active"} | said
    wanted = IMAGE.request(body, lambda kind, id: "reused" if (kind, id) == ("secret", "k") else None)
    assert wanted[KEY_MARKS[0]] == "reused" and KEY_MARKS[1] not in wanted
