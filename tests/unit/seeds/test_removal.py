"""Emptying a project whose cloud stumbles."""

from __future__ import annotations

from typing import Any

import pytest

from seeds.removal import _logs
from seeds.rest import Refused


class Stumbling:
    """A Neutron that answers 500 to the removal of a log, and has forgotten it all the same, or not."""

    def __init__(self, forgets: bool) -> None:
        self.logs = ["a", "b"]
        self._forgets = forgets

    def all(self, kind: str) -> list[dict[str, Any]]:
        assert kind == "network_log"
        return [{"id": one} for one in self.logs]

    def delete(self, kind: str, id: str) -> None:
        if self._forgets:
            self.logs.remove(id)
        raise Refused("DELETE", f"/log/logs/{id}", 500, "internal server error")


def test_a_log_that_is_forgotten_in_spite_of_a_fault_is_removed() -> None:
    cloud: Any = Stumbling(forgets=True)
    _logs(cloud)
    assert cloud.logs == []


def test_a_log_that_stays_is_no_empty_project() -> None:
    cloud: Any = Stumbling(forgets=False)
    with pytest.raises(Refused, match="500"):
        _logs(cloud)
