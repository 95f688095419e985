"""The demo's comparison has teeth: on observations of a real cloud, it finds every change there can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from demo.compare import compare
from demo.may_differ import FREE
from demo.offer import Offer
from demo.story import the_same

THERE = Offer("public", ("m1.tiny", "m1.small"), "standard", "nova", "Policy-0", "guest-12")
HERE = Offer("internet", ("t.nano", "t.micro"), "capacity", "zone-1", "silver", "Guest Linux")


def recorded(name: str) -> dict[str, Any]:
    """``before`` and ``changed`` are of one cloud, ``restored`` is ``changed`` brought back on another one."""
    return json.loads((Path(__file__).parent / "observations" / f"{name}.json").read_text(encoding="utf-8"))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list) and value:
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))
    else:
        yield path


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy of ``value`` in which what is at ``path`` is something else."""
    copy = deepcopy(value)
    place = copy
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]
    place[path[-1]] = not old if isinstance(old, bool) else f"not {old}"
    return copy


def test_an_observation_equals_itself() -> None:
    before = recorded("before")
    comparison = compare(before, deepcopy(before), THERE, THERE)
    assert comparison.agrees
    assert all(count.captured == count.restored == count.equal for count in comparison.counts.values())


def test_other_names_of_the_cloud_are_no_difference() -> None:
    comparison = compare(recorded("changed"), recorded("restored"), THERE, HERE)
    assert comparison.differences == []
    assert {("server", "flavor.name"), ("volume", "created_at")} <= comparison.freed
    assert "but for 53 fields that another cloud gives anew" in the_same(comparison)


def test_what_may_differ_and_does_is_not_called_the_same() -> None:
    before = recorded("before")
    same = the_same(compare(before, deepcopy(before), THERE, THERE))
    assert same == "The tenant is the same, field by field and byte by byte."
    after = deepcopy(before)
    after["server"]["db"]["hostId"] = "another"
    comparison = compare(before, after, THERE, THERE)
    assert comparison.agrees
    assert "but for one field that another cloud gives anew" in the_same(comparison)


def test_a_name_that_should_have_been_mapped_is_a_difference() -> None:
    before = recorded("changed")
    fields = {one.field for one in compare(before, before, THERE, HERE).differences}
    assert fields >= {"flavor.name", "type", "availability_zone", "headers.x-storage-policy", "device_owner"}


def test_a_wrong_flavor_of_the_other_cloud_is_a_difference() -> None:
    after = recorded("restored")
    after["server"]["db"]["flavor"]["name"] = "t.micro"
    (found,) = compare(recorded("changed"), after, THERE, HERE).differences
    assert (found.name, found.field, found.before, found.after) == ("db", "flavor.name", "t.nano", "t.micro")


@pytest.mark.parametrize("kind", sorted(recorded("before")))
def test_every_leaf_counts_unless_the_table_frees_it(kind: str) -> None:
    overlooked = set()
    for name, body in recorded("before")[kind].items():
        for path in leaves(body):
            before, after = {kind: {name: body}}, {kind: {name: changed(body, path)}}
            if compare(before, after, THERE, THERE).agrees:
                overlooked.add(".".join(step for step in path if isinstance(step, str)))
    freed = {field for one in FREE if one.kind in ("*", kind) for field in one.fields}
    assert {
        path for path in overlooked if not any(path == f or path.startswith(f + ".") for f in freed)
    } == set()


def test_what_is_missing_or_too_much_is_a_difference() -> None:
    before = recorded("before")
    after = deepcopy(before)
    after["volume"]["surplus"] = after["volume"].pop("spare")
    comparison = compare(before, after, THERE, THERE)
    assert [str(one) for one in comparison.differences] == [
        "volume spare: there became (nothing)",
        "volume surplus: (nothing) became there",
    ]
    count = comparison.counts["volume"]
    assert (count.captured, count.restored, count.equal) == (4, 3, 3)


def test_the_order_of_nics_counts_and_that_of_tags_does_not() -> None:
    before = recorded("before")
    after = deepcopy(before)
    after["server"]["web"]["tags"].reverse()
    assert compare(before, after, THERE, THERE).agrees
    after["guest"]["web"]["nics"].reverse()
    (found,) = compare(before, after, THERE, THERE).differences
    assert found.field == "nics"


def test_a_day_in_the_tenants_life_is_seen() -> None:
    """What `demo.tenant.change` did on a real cloud, as the comparison told it."""
    comparison = compare(recorded("before"), recorded("changed"), THERE, THERE)
    seen = {(one.kind, one.name, one.field) for one in comparison.differences}
    assert seen == {
        ("container", "letters", "headers.x-container-bytes-used"),
        ("guest", "db", "files../story/noise.bin"),
        ("guest", "db", "files../story/second"),
        ("guest", "web", "disks.<volume web-data>.body"),
        ("guest", "web", "disks.<volume web-logs>.body"),
        ("guest", "web", "files../story/noise.bin"),
        ("guest", "web", "files../story/second"),
        ("object", "letters/leaves/007.txt", "headers.content-length"),
        ("object", "letters/leaves/007.txt", "headers.etag"),
        ("object", "letters/leaves/007.txt", "headers.x-object-meta-side"),
        ("object", "letters/leaves/007.txt", "sha256"),
        ("object", "letters/leaves/007.txt", "size"),
        ("object", "letters/leaves/013.txt", ""),
        ("object", "letters/leaves/new.txt", ""),
        ("security_group", "web", "rules"),
        ("server", "web", "tags"),
        ("volume", "web-data", "properties.edition"),
    }


def test_no_description_and_an_empty_one_are_the_same_for_a_rule_only() -> None:
    def said(description: str | None) -> dict[str, Any]:
        rule = {"direction": "egress", "description": description}
        return {"security_group": {"web": {"rules": [rule]}}, "volume": {"v": {"description": description}}}

    (found,) = compare(said(None), said(""), THERE, THERE).differences
    assert found.kind == "volume"


def test_a_restored_floating_address_bears_the_mark_of_the_old_one_and_no_other_tag() -> None:
    def said(*tags: str) -> dict[str, Any]:
        return {"floating_ip": {"face": {"tags": list(tags)}}}

    marked = said("dns:www", "hoarfrost:was=203.0.113.7")
    assert compare(said("dns:www"), marked, THERE, THERE).agrees
    assert not compare(said("dns:www"), said("dns:www", "more"), THERE, THERE).agrees
    assert not compare(said("dns:www"), said("hoarfrost:was=203.0.113.7"), THERE, THERE).agrees
