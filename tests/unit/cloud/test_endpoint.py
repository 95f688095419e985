"""Where a service is, when it does not say its versions where the SDK asks for them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Unavailable


class Adapter:
    """Answers a word where a list of versions is expected, as Octavia does at /v2.0."""

    def __init__(self, override: str | None) -> None:
        self.endpoint_override = override

    def get_endpoint_data(self) -> Any:
        raise TypeError("string indices must be integers")


class Config:
    def __init__(self, override: str | None) -> None:
        self.adapter = Adapter(override)

    def get_endpoint(self, service: str) -> str:
        return "http://lb"

    def get_session_client(self, service: str) -> Adapter:
        return self.adapter


def cloud(override: str | None) -> Cloud:
    made = object.__new__(Cloud)
    made._meter = None  # type: ignore[assignment]
    made._config, made._adapters, made._lock, made.region = Config(override), {}, threading.RLock(), ""
    return made


def test_the_address_that_the_sdk_says_itself_is_taken() -> None:
    assert cloud("http://lb/v2.0").rest("load-balancer").endpoint == "http://lb/v2.0"


def test_without_one_the_service_does_not_say_its_versions() -> None:
    with pytest.raises(Unavailable, match="versions"):
        cloud(None).rest("load-balancer")
