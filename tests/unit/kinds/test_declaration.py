"""The language of declarations: paths, what is worth saying, what is left out, rewritten, updated later."""

from typing import Any

import pytest

from hoarfrost.errors import PlanError
from hoarfrost.kinds import Kind
from hoarfrost.kinds.field import (
    GONE,
    Asked,
    Drop,
    Href,
    Keep,
    Late,
    Note,
    Ref,
    Tags,
    change,
    values,
    without,
)


class Kennel(Kind):
    """Houses dogs."""

    service, path, key, plural = "network", "/v2.0/kennels", "kennel", "kennels"
    natural = ("name", "dogs[].id")

    kept = Keep("name", "size")
    colour = Keep("colour", default="red")
    gate = Keep("gate", null=True)
    roof = Keep("roof", extension="roofs")
    dogs = Ref("dogs[].id", to="dog")
    friend = Ref("friends[]", to="dog", optional=True, null=True)
    owner = Ref("owner", to="person", note=True)
    guest = Ref("guest", to="dog", late=True, optional=True)
    door = Late("open", at_first=False)
    lights = Late("lights")
    crown = Asked("crown", default=False)
    chief = Asked("dogs[].rank", roles=("judge",))
    tags = Tags("tags")
    noted = Note("id", "dogs[].mood")
    smell = Drop("smell", why="no API gives it")


KENNEL = Kennel()
BODY: dict[str, Any] = {
    "id": "k1",
    "name": "north",
    "size": 0,
    "colour": "red",
    "gate": None,
    "roof": "thatch",
    "dogs": [{"id": "d1", "rank": 1, "mood": "well"}, {"id": "d2", "rank": 2}],
    "friends": [],
    "owner": "p1",
    "guest": "d1",
    "open": True,
    "lights": [{"watt": 5}],
    "crown": True,
    "tags": ["a"],
    "smell": "strong",
}


def there(kind: str, id: str) -> str | None:
    return f"new-{id}"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", ["north"]),
        ("dogs[].id", ["d1", "d2"]),
        ("lights[].watt", [5]),
        ("dogs[].mood", ["well"]),
        ("none.x", []),
    ],
)
def test_values(path: str, found: list[Any]) -> None:
    assert list(values(BODY, path)) == found


def test_change_takes_out_the_item_that_holds_a_gone_value() -> None:
    body: dict[str, Any] = {"dogs": [{"id": "d1"}, {"id": "d2"}], "box": {"id": "d1", "x": 1}}
    change(body, "dogs[].id", lambda id: GONE if id == "d1" else id)
    change(body, "box.id", lambda id: GONE)
    assert body == {"dogs": [{"id": "d2"}]}


def test_without_leaves_what_holds_the_value() -> None:
    body: dict[str, Any] = {"dogs": [{"id": "d1", "mood": "well"}], "name": "north"}
    without(body, "dogs[].mood")
    without(body, "name")
    without(body, "cats.mood")
    assert body == {"dogs": [{"id": "d1"}]}


def test_request_of_a_member() -> None:
    """Zero is said, the default and an empty text are not, None only where it means something."""
    assert KENNEL.request(BODY, there) == {
        "name": "north",
        "size": 0,
        "gate": None,
        "roof": "thatch",
        "dogs": [{"id": "new-d1"}, {"id": "new-d2"}],
        "friends": [],
        "open": False,
    }


def test_request_of_somebody_who_may_more() -> None:
    wanted = KENNEL.request(BODY, there, {"crown", "dogs[].rank"}.__contains__)
    assert wanted["crown"] is True
    assert wanted["dogs"] == [{"id": "new-d1", "rank": 1}, {"id": "new-d2", "rank": 2}]


def test_request_leaves_the_captured_body_as_it_was() -> None:
    before = repr(BODY)
    KENNEL.request(BODY, there)
    KENNEL.late(BODY, there)
    KENNEL.likeness(BODY, there)
    assert repr(BODY) == before


def test_an_optional_reference_without_a_target_is_left_out() -> None:
    wanted = KENNEL.request(BODY | {"friends": ["d7", "d8"]}, lambda kind, id: None if id == "d7" else id)
    assert wanted["friends"] == ["d8"]


def test_a_needed_reference_without_a_target_is_an_error() -> None:
    with pytest.raises(PlanError, match="dog d2"):
        KENNEL.request(BODY, lambda kind, id: None if id == "d2" else id)


def test_late_update() -> None:
    assert KENNEL.late(BODY, there) == {"guest": "new-d1", "open": True, "lights": [{"watt": 5}]}


def test_no_late_update_where_nothing_differs_from_what_was_made() -> None:
    assert KENNEL.late(BODY | {"open": False, "lights": [], "guest": None}, there) == {}


def test_a_late_reference_without_a_target_is_left_out() -> None:
    assert "guest" not in KENNEL.late(BODY, lambda kind, id: None)


def test_references() -> None:
    found = {(one.field, one.id): (one.kind, one.late, one.optional) for one in KENNEL.references(BODY)}
    assert found == {
        ("dogs[].id", "d1"): ("dog", False, False),
        ("dogs[].id", "d2"): ("dog", False, False),
        ("owner", "p1"): ("person", True, True),
        ("guest", "d1"): ("dog", True, True),
    }


def test_likeness_sees_through_ids_and_orders() -> None:
    theirs = {"name": "north", "dogs": [{"id": "new-d2"}, {"id": "new-d1"}]}
    assert KENNEL.likeness(BODY, there) == KENNEL.likeness(theirs)


def test_likeness_is_unknown_while_a_reference_has_no_target() -> None:
    assert KENNEL.likeness(BODY, lambda kind, id: None) is None


def test_a_field_does_not_hide_what_a_kind_does() -> None:
    with pytest.raises(TypeError, match="late"):
        type("Sly", (Kind,), {"late": Keep("x")})


class Place:
    """As much of a cloud as `may` and `lost` look at."""

    def __init__(self, *roles: str, extensions: tuple[str, ...] = ()) -> None:
        self.roles = roles
        self._extensions = frozenset(extensions)

    def extensions(self) -> frozenset[str]:
        return self._extensions


def test_what_a_member_loses() -> None:
    lost = dict(KENNEL.lost(BODY, Place("member")))  # type: ignore[arg-type]
    assert set(lost) == {"roof", "crown", "dogs[].rank", "smell"}
    assert lost["smell"] == "no API gives it"
    assert lost["dogs[].rank"] == "only judge may set it"


def test_what_an_administrator_loses() -> None:
    place: Any = Place("admin", "judge", extensions=("roofs",))
    assert [path for path, _ in KENNEL.lost(BODY, place)] == ["smell"]
    assert KENNEL.may(place)("crown")


class Bell(Kind):
    """Rings somewhere else."""

    service, path, key, plural = "network", "/v2.0/bells", "bell", "bells"
    natural = ("ropes[].href",)

    ropes = Href(
        "ropes[].href", to={"ropes": "rope", "chains": "chain"}, service="tower", version="/v1", optional=True
    )
    first = Href("first", to={"bells": "bell"}, service="tower", version="/v1")


class Tower:
    """A cloud with one service, which shows what it is sent."""

    endpoint = "https://new:9311/v1/"

    def rest(self, service: str, microversion: str = "") -> "Tower":
        return self

    def post(self, path: str, body: Any) -> Any:
        return body


def test_web_addresses_lead_to_kinds_and_are_rewritten_for_the_target() -> None:
    old = "http://old:9311/v1"
    body = {"ropes": [{"href": f"{old}/ropes/r1"}, {"href": f"{old}/chains/c1"}, {"href": "by hand"}]}
    bell, cloud = Bell(), Tower()
    assert [one.address for one in bell.references(body)] == ["rope/r1", "chain/c1"]
    asked: Any = bell.create(cloud, bell.request(body, there))  # type: ignore[arg-type]
    new = "https://new:9311/v1"
    wanted = [f"{new}/ropes/new-r1", f"{new}/chains/new-c1", "by hand"]
    assert [one["href"] for one in asked["ropes"]] == wanted
    assert bell.likeness(body, there) == bell.likeness(asked)
    assert bell.request(body, lambda kind, id: None) == {"ropes": [{"href": "by hand"}]}


def test_a_web_address_that_is_needed_must_lead_somewhere() -> None:
    with pytest.raises(PlanError, match="bell b1"):
        Bell().request({"first": "http://old/v1/bells/b1"}, lambda kind, id: None)
