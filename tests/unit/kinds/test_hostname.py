"""Host names that one cloud makes of a name, and another refuses."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.kinds import KINDS
from hoarfrost.kinds.hostname import DNS, to_ask_for
from hoarfrost.model import Body

Bodies = dict[str, dict[str, Body]]


@pytest.mark.parametrize(
    ("name", "plain", "with_dns"),
    [
        ("web-1", "web-1", "web-1"),
        ("Server-0f0e", "Server-0f0e", "Server-0f0e"),
        ("a.b", "a.b", "a.b"),
        ("a_b", "a_b", "a-b"),
        ("web-", "web-", "web"),
        ("straße", "", "strasse"),
        ("café-²", "", "cafe-2"),
        ("ª", "", "a"),
        ("þ", "", "server"),
        ("ß" * 63, "", "s" * 63),
        ("a" * 70, "a" * 70, "a" * 63),
        ("", "", ""),
    ],
)
def test_what_is_asked_for(name: str, plain: str, with_dns: str) -> None:
    assert (to_ask_for(name, ()), to_ask_for(name, {DNS})) == (plain, with_dns)


class Nova:
    """Answers with what it was asked."""

    roles, project_id = ("member",), "p"

    def __init__(self, *extensions: str) -> None:
        self.known, self.asked = frozenset(extensions), Body()

    def extensions(self) -> frozenset[str]:
        return self.known

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def post(self, path: str, body: Body) -> Body:
        self.asked = body["server"]
        return {"server": {"id": "made"}}


@pytest.mark.parametrize(
    ("name", "server", "made"),
    [
        ("straße", "Straße", True),
        ("straße-1-2", "straße_1.2", True),
        ("straße", "straße 日本", True),
        ("ß" * 63, "ß" * 70, True),
        ("straße", "foo", False),
    ],
)
def test_a_server_that_was_renamed_gets_another_host_name_and_the_plan_says_so(
    bodies: Bodies, name: str, server: str, made: bool
) -> None:
    body = bodies["server"]["web"] | {"OS-EXT-SRV-ATTR:hostname": name, "name": server}
    nova: Any = Nova()
    told = [why for path, why in KINDS["server"].lost(body, nova) if path == "OS-EXT-SRV-ATTR:hostname"]
    assert bool(told) is not made


@pytest.mark.parametrize(("extensions", "name"), [((), None), ((DNS,), "strasse")])
def test_a_server_comes_back_and_the_plan_says_how(
    bodies: Bodies, extensions: tuple[str, ...], name: str | None
) -> None:
    kind, body = (
        KINDS["server"],
        bodies["server"]["web"] | {"OS-EXT-SRV-ATTR:hostname": "straße", "name": "Straße"},
    )
    nova: Any = Nova(*extensions)
    kind.create(nova, kind.request(body, lambda kind, id: id))
    assert nova.asked.get("hostname") == name
    told = [why for path, why in kind.lost(body, nova) if path == "OS-EXT-SRV-ATTR:hostname"]
    assert [why.endswith("strasse") for why in told] == ([True] if name else [])
