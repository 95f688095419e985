"""A second login has to be one to the same cloud."""

from typing import Any

import pytest

from hoarfrost.cloud import Cloud
from hoarfrost.errors import NoSuchCloud


class _Login(Cloud):
    """Of an identity service that its name says."""

    def __init__(self, keystone: str) -> None:
        self.keystone, self.project_id = keystone, "p"
        self._onlooker = None

    def has(self, service: str) -> bool:
        return self.keystone != "unscoped"

    @classmethod
    def _connected(cls, name: str | None) -> Any:
        return cls((name or "").partition("-")[0])


@pytest.mark.parametrize("identity", ["one-reader", ""])
def test_another_login_to_the_same_cloud_is_looked_by(identity: str) -> None:
    assert _Login.connect("one-member", identity).looks == bool(identity)


def test_one_to_another_cloud_would_find_nobody_and_is_refused() -> None:
    with pytest.raises(NoSuchCloud, match="'two-reader' is not the same cloud as The cloud 'one-member'"):
        _Login.connect("one-member", "two-reader")


def test_one_without_a_scope_would_find_no_identity_service_and_is_refused() -> None:
    with pytest.raises(NoSuchCloud, match="no identity service"):
        _Login.connect("one-member", "unscoped-reader")


def test_where_one_does_not_say_which_it_is_it_is_believed() -> None:
    assert _Login.connect("one-member", "-reader").looks
