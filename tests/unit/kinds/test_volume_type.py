"""Volume types by reference and by value."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.errors import Forbidden, Refused
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.stand_in import Ask
from hoarfrost.model import Body, Graph

TYPE: Body = {
    "id": "t",
    "name": "fast",
    "description": None,
    "extra_specs": {"volume_backend_name": "ssd"},
    "qos_specs_id": "q",
    "os-volume-type-access:is_public": True,
}
QOS: Body = {"id": "q", "name": "quick", "consumer": "both", "specs": {"total_iops_sec": "9"}}


class Cinder:
    """One that shows what it shows to a role, and takes down what is asked of it."""

    project_id = "here"

    def __init__(self, *roles: str, closed: bool = False) -> None:
        self.roles, self.closed = roles, closed
        self.done: list[Any] = []

    def rest(self, service: str, microversion: str = "") -> Any:
        return self

    def get(self, path: str, **query: str) -> Any:
        if path.endswith("/encryption") and self.closed:
            raise Forbidden("403")
        answers = {
            "/types/t": {"volume_type": TYPE},
            "/types/t/encryption": {},
            "/qos-specs/q": {"qos_specs": QOS},
        }
        if path.endswith("/associate"):
            self.done.append((path, query))
            return None
        if path == "/types/default":
            return {"volume_type": {"id": "d"}}
        return answers.get(path, {"volume_type": {"id": "new"}} if path == "/types/new" else {})

    def list(self, path: str, plural: str, **query: str) -> Any:
        made = [body["qos_specs"] for posted, body in self.done if posted == path]
        return iter([{"id": "q2", "name": one["name"]} for one in made])

    def post(self, path: str, body: Body) -> Any:
        self.done.append((path, body))
        return {"qos_specs": {"id": "q2"}}


@pytest.mark.parametrize(
    ("cloud", "whole"),
    [(Cinder("member"), False), (Cinder("admin"), True), (Cinder("admin", closed=True), False)],
)
def test_a_type_is_recorded_by_value_where_it_is_shown_whole(cloud: Any, whole: bool) -> None:
    kind = KINDS["volume_type"]
    body = kind.show(cloud, "t")
    assert kind.by_value(body) == whole
    assert body["name"] == "fast"
    assert ("+qos" in body) == whole


def test_a_type_is_made_with_what_it_says_and_then_given_what_it_encrypts_with() -> None:
    kind, cloud = KINDS["volume_type"], Cinder("admin")
    private = TYPE | {"os-volume-type-access:is_public": False, "+qos": QOS}
    body = private | {"+encryption": {"provider": "luks", "encryption_id": "e", "cipher": None}}
    said = {"name": "fast", "extra_specs": {"volume_backend_name": "ssd"}}
    assert kind.request(body, lambda kind, id: id) == said | {"os-volume-type-access:is_public": False}
    there: Any = cloud
    assert kind.beside(there, "new", body) == "q2"
    assert kind.beside(there, "new", body) is None, "a run that was stopped does it twice"
    kind.made(there, "new", body, lambda kind, id: id)
    assert cloud.done == [
        ("/qos-specs", {"qos_specs": {"name": "quick", "consumer": "both", "total_iops_sec": "9"}}),
        ("/types/new/encryption", {"encryption": {"provider": "luks"}}),
        ("/qos-specs/q2/associate", {"vol_type_id": "new"}),
        ("/types/new/action", {"addProjectAccess": {"project": "here"}}),
    ]


@pytest.mark.parametrize("taken", [True, False])
def test_qos_specs_that_another_type_makes_at_the_same_moment_are_taken(taken: bool) -> None:
    class Race(Cinder):
        def post(self, path: str, body: Body) -> Any:
            if taken:
                super().post(path, body)
            raise Refused("409, there are such specs")

    there: Any = Race("admin")
    body = TYPE | {"+qos": QOS}
    if taken:
        assert KINDS["volume_type"].beside(there, "new", body) is None
    else:
        with pytest.raises(Refused):
            KINDS["volume_type"].beside(there, "new", body)


@pytest.mark.parametrize("others", [[], [{"id": "another type"}]])
def test_qos_specs_go_with_the_type_that_they_were_made_for(others: list[Body]) -> None:
    asked: list[str] = []

    class Shared(Cinder):
        def get(self, path: str, **query: str) -> Any:
            assert path == "/qos-specs/q2/associations"
            return {"qos_associations": others}

        def delete(self, path: str) -> None:
            asked.append(path)

    there: Any = Shared("admin")
    KINDS["volume_type"].take_along(there, "q2")
    assert asked == ([] if others else ["/qos-specs/q2"])


@pytest.mark.parametrize(
    ("role", "value", "guessed"), [("member", True, True), ("admin", False, True), ("admin", True, False)]
)
def test_the_default_type_is_no_guess_where_the_type_itself_can_be_made(
    role: str, value: bool, guessed: bool
) -> None:
    kind, cloud = KINDS["volume_type"], Cinder(role)
    resource = kind.resource(TYPE | ({"+encryption": {}} if value else {}), owned=False)
    there: Any = cloud
    ask = Ask(
        resource, kind, [{"id": "d", "name": "slow"}], Graph(), lambda kind: [], there, lambda kind, id: None
    )
    assert (kind.stand_ins[-1](ask) is not None) == guessed
