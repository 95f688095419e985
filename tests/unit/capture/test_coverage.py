"""What no kind knows is named beforehand: services, and collections that an extension brings."""

from typing import Any

import pytest

from hoarfrost.capture import uncovered
from hoarfrost.errors import Forbidden, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.extension import COLLECTIONS, OF_THE_OPERATOR
from hoarfrost.model import CloudPrint


class Cloud:
    """Answers each listing of the network service with ``answer``."""

    project_id = "p"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def get(self, path: str, **query: str) -> Any:
        if "ndp" in path and query:
            raise Refused("['project_id'] is invalid attribute for filtering")
        assert query in ({"project_id": "p", "limit": "1"}, {})
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"things": self.answer, "things_links": [{"rel": "next"}]}


def found(cloud: Any, *extensions: str, **services: dict[str, str]) -> list[tuple[str, str, str]]:
    told = CloudPrint(auth_url="", services=services, extensions=extensions)
    networks = {name: kind for name, kind in KINDS.items() if kind.service == "network"}
    return [(one.address, one.severity, one.code) for one in uncovered(cloud, told, networks)]


def test_services_that_no_kind_knows_are_named() -> None:
    """By their names of today, and without those in which a project has nothing."""
    services: Any = {"network": {}, "sharev2": {}, "placement": {}}
    assert found(Cloud([]), **services) == [("shared-file-system", "warning", "not-covered")]


@pytest.mark.parametrize(
    ("answer", "severity"), [([], "info"), ([{"id": "x"}], "warning"), (Forbidden("no"), "warning")]
)
def test_collections_that_no_kind_knows_are_named(answer: Any, severity: str) -> None:
    assert found(Cloud(answer), "bgpvpn") == [("network bgpvpn", severity, "not-covered")]


def test_a_collection_that_knows_no_filter_is_asked_without() -> None:
    assert [severity for _, severity, _ in found(Cloud([]), "l3-ndp-proxy")] in ([], ["info"])


def test_extensions_without_things_of_a_project_are_not_mentioned() -> None:
    assert found(Cloud([{"id": "x"}]), "router", "agent", "net-mtu", "quotas") == []


def test_no_extension_is_both() -> None:
    assert not OF_THE_OPERATOR & COLLECTIONS.keys()
