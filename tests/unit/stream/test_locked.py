"""The key of a copy of an encrypted volume: read, and given back with the copy."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hoarfrost.cloud import Borrow, Borrowed
from hoarfrost.errors import NotFound, Refused
from hoarfrost.stream.movers.locked import key_of


class Site:
    """An image service and a key manager in one."""

    project_id = "p"

    def __init__(self, image: dict[str, str]) -> None:
        self.image, self.secrets = image, {"k": b"key"}

    def rest(self, service: str, microversion: str = "") -> Site:
        return self

    def get(self, path: str) -> dict[str, str]:
        if "/images/" in path:
            return self.image
        if path.rpartition("/")[2] not in self.secrets:
            raise NotFound("404")
        return {"status": "ACTIVE"}

    def download(self, path: str) -> list[bytes]:
        return [self.secrets[path.split("/")[3]]]

    def delete(self, path: str) -> None:
        del self.secrets[path.rpartition("/")[2]]

    def record(self, entry: Any) -> None:
        assert "key" not in str(entry.values())


IMAGE = Borrowed("image", "i", "hoarfrost-tmp-r-1")


def test_the_key_is_read_and_does_not_stay_behind() -> None:
    site: Any = Site({"cinder_encryption_key_id": "k"})
    borrow = Borrow(site, site, "r")
    assert base64.b64decode(key_of(site, borrow, IMAGE, {"encryption_key_id": "v"})) == b"key"
    assert borrow.give_back_all() == [] and site.secrets == {}


@pytest.mark.parametrize(
    "volume", [{"encryption_key_id": "k"}, {"volume_image_metadata": {"cinder_encryption_key_id": "k"}}]
)
def test_a_key_that_the_volume_has_too_stays(volume: dict[str, Any]) -> None:
    site: Any = Site({"cinder_encryption_key_id": "k"})
    borrow = Borrow(site, site, "r")
    assert base64.b64decode(key_of(site, borrow, IMAGE, volume)) == b"key"
    assert borrow.give_back_all() == [] and site.secrets == {"k": b"key"}


def test_a_copy_without_a_key_is_refused() -> None:
    site: Any = Site({})
    with pytest.raises(Refused, match="with which key"):
        key_of(site, Borrow(site, site, "r"), IMAGE, {})
