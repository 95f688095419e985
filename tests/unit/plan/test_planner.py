"""What a plan says about each resource, and why."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from toycloud import KINDS, ToyCloud, backup_of, thing_and_all

from hoarfrost.errors import MappingError, PlanError
from hoarfrost.model import CloudPrint, Plan, Resource, Step
from hoarfrost.plan import Mappings, fit, plan

RESOURCES = thing_and_all()


def target(**sizes: str) -> ToyCloud:
    cloud = ToyCloud()
    cloud.add("size", name="small")
    return cloud


def planned(
    cloud: ToyCloud, mappings: Mappings | None = None, resources: list[Resource] = RESOURCES, **how: object
) -> Plan:
    return plan(backup_of(resources), "b", cloud, KINDS, mappings, **how)  # type: ignore[arg-type]


def steps(made: Plan) -> dict[str, Step]:
    return {step.node: step for step in made.steps}


def actions(made: Plan) -> dict[str, str]:
    return {step.node: step.action for step in made.steps}


def test_order_follows_references_and_declared_moments() -> None:
    places = {step.node: place for place, step in enumerate(planned(target()).steps)}
    for n, other in ("12", "21"):
        assert places[f"box/b{n}"] < places[f"slot/s{n}"] < places[f"thing/t{n}"] < places[f"machine/m{n}"]
        assert places[f"thing/t{n}"] < places[f"update:slot/s{other}"] < places[f"machine/m{n}"]
        assert places[f"machine/m{other}"] < places[f"update:machine/m{n}"]


def test_the_same_plan_every_time_but_for_its_id() -> None:
    one, two = planned(target()), planned(target())
    assert one.steps == two.steps and one.id != two.id


def test_needs_name_steps_that_come_before() -> None:
    seen: set[str] = set()
    for step in planned(target()).steps:
        assert seen.issuperset(step.needs)
        seen.add(step.node)


def test_each_existing_thing_is_used_once() -> None:
    cloud = target()
    box = cloud.add("box", name="box")
    made = planned(cloud)
    assert sorted((step.action, step.target) for step in made.steps if step.kind == "box") == [
        ("create", ""),
        ("reuse", box),
    ]
    assert made.existing["box"] == (box,)


def test_a_natural_key_is_compared_with_references_resolved() -> None:
    cloud = target()
    first, second = cloud.add("box", name="box"), cloud.add("box", name="box")
    slot = cloud.add("slot", name="other name", box_id=second, place=7)
    made = steps(planned(cloud))
    assert (made["box/b1"].target, made["box/b2"].target) == (first, second)
    assert made["slot/s1"].action == "create"
    assert (made["slot/s2"].action, made["slot/s2"].target) == ("reuse", slot)


def test_existing_things_may_stand_in_the_way() -> None:
    cloud = target()
    cloud.add("label", name="red")
    assert actions(planned(cloud, existing="fail"))["label/l"] == "impossible"


def test_nothing_like_it_makes_what_needs_it_impossible() -> None:
    cloud = ToyCloud()
    made = steps(planned(cloud))
    assert made["size/z"].action == "impossible"
    assert made["machine/m1"].action == "impossible"
    assert made["machine/m1"].reason == "needs size small, which is impossible"
    assert made["thing/t1"].action == "create"
    assert "update:machine/m1" not in made


def test_a_mapping_is_the_users_word() -> None:
    cloud = ToyCloud()
    large = cloud.add("size", name="large")
    made = steps(planned(cloud, Mappings.read(flags=["size:small=large", "label:red="])))
    assert (made["size/z"].action, made["size/z"].target) == ("map", large)
    assert made["label/l"].action == "skip"
    assert made["machine/m1"].action == "create"


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("size:small=huge", "It has: large"),
        ("size:tiny=large", "It has: small"),
        ("sizes:small=large", "There are: box"),
        ("size", "Write KIND:THERE=HERE"),
    ],
)
def test_a_mapping_of_unknown_names_says_what_there_is(flag: str, told: str) -> None:
    cloud = ToyCloud()
    cloud.add("size", name="large")
    with pytest.raises(MappingError) as caught:
        planned(cloud, Mappings.read(flags=[flag]))
    assert caught.value.hint.startswith(told)


def test_losing_something_optional_is_a_finding() -> None:
    made = planned(target(), exclude=["label/*"])
    assert actions(made)["machine/m1"] == "create"
    lost = [one for one in made.findings if one.code == "reference-lost"]
    assert {one.address for one in lost} == {"machine/m1", "machine/m2"}
    assert "label_id" in lost[0].sentence and "left out by choice" in lost[0].sentence


def test_leaving_out_takes_along_what_needs_it() -> None:
    made = actions(planned(target(), exclude=["thing/t1"]))
    assert (made["machine/m1"], made["machine/m2"]) == ("impossible", "create")


def test_choosing_one_chooses_what_it_needs() -> None:
    made = actions(planned(target(), only=["thing/t2"]))
    chosen = {address for address, action in made.items() if action == "create"}
    assert chosen == {"box/b2", "slot/s2", "thing/t2"}


def test_a_service_that_is_not_there() -> None:
    cloud = target()
    cloud.missing.add("toy")
    made = steps(planned(cloud))
    assert made["box/b1"].reason == "the target has no toy service"


def test_bytes_that_are_not_in_the_backup() -> None:
    backup = backup_of(RESOURCES)
    failed = [
        type(one)(address=one.address, size=0, format="raw", outcome="failed") for one in backup.streams
    ]
    backup = type(backup)(
        **{**{f: getattr(backup, f) for f in backup.__struct_fields__}, "streams": tuple(failed)}
    )
    made = plan(backup, "b", target(), KINDS)  # type: ignore[arg-type]
    assert {step.reason for step in made.steps if step.kind == "thing"} == {"its bytes are not in the backup"}
    assert {step.action for step in made.steps if step.kind == "machine"} == {"impossible"}
    for step in made.steps:
        if step.kind == "thing":
            forced = replace(made, steps=(replace(step, action="create", reason=""),))
            with pytest.raises(PlanError, match="its bytes are not in the backup"):
                fit(forced, backup, target(), KINDS)  # type: ignore[arg-type]


def test_a_plan_knows_what_was_there_of_every_kind_that_may_be_made() -> None:
    """Also of kinds about which nothing had to be looked up: all of it nameless, or left out by choice."""
    cloud = target()
    there = {kind: cloud.add(kind, name="") for kind in ("box", "thing", "label")}
    nameless = [
        KINDS[one.kind].resource({**one.body, "name": ""}) if one.kind == "thing" else one
        for one in RESOURCES
    ]
    made = planned(cloud, resources=nameless, exclude=("box", "label"))
    assert {kind: made.existing[kind] for kind in there} == {kind: (id,) for kind, id in there.items()}


def test_the_same_id_comes_before_a_namesake() -> None:
    """Back in the project that the backup came from: the second of two boxes of one name is gone."""
    cloud = target()
    cloud.bodies["/boxes"]["b2"] = {"id": "b2", "name": "box", "status": "ready", "tags": []}
    made = {
        step.address: step for step in planned(cloud).steps if step.kind == "box" and step.action != "update"
    }
    assert (made["box/b1"].action, made["box/b2"].action, made["box/b2"].target) == ("create", "reuse", "b2")


def test_a_thing_without_a_name_is_recognised_by_its_id_alone() -> None:
    resources = [KINDS["box"].resource({"id": f"b{n}", "name": "", "tags": []}) for n in "12"]
    cloud = target()
    cloud.bodies["/boxes"]["b2"] = {"id": "b2", "name": "", "status": "ready", "tags": []}
    made = {step.address: step.action for step in planned(cloud, resources=resources).steps}
    assert made == {"box/b1": "create", "box/b2": "reuse"}


def test_what_another_one_holds_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = target()
    box = cloud.add("box", name="box")
    slot = cloud.add("slot", name="slot1", box_id=box, place=7)
    thing = cloud.add("thing", name="thing", slot_id=slot)
    assert thing in {step.target for step in planned(cloud).steps}
    monkeypatch.setattr(type(KINDS["thing"]), "held_by", lambda self, body: (("machine", "somebody's"),))
    made = [step for step in planned(cloud).steps if step.kind == "thing"]
    assert [step.action for step in made] == ["create", "create"]
    assert "belongs to machine somebody's there" in " ".join(step.reason for step in made)


def test_what_a_role_may_not_make_is_said_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(KINDS["label"]), "makes", ("painter",))
    findings = planned(target()).findings
    found = [one for one in findings if one.code == "needs-role"]
    assert [one.address for one in found] == ["label/l"]
    assert "painter" in found[0].sentence
    lost = [one for one in findings if one.code == "reference-lost"]
    assert {one.address for one in lost} == {"machine/m1", "machine/m2"}
    assert "without its label_id: label red needs another role" in lost[0].sentence


def test_what_an_earlier_restore_made_of_a_nameless_thing_is_taken_and_nothing_else() -> None:
    resources = [KINDS["box"].resource({"id": f"b{n}", "name": "", "tags": []}) for n in "12"]
    cloud = target()
    ours, _ = cloud.add("box", name=""), cloud.add("box", name="")
    earlier = {"box/b1": ("gone", ours), "box/b2": ("gone",)}
    made = {step.address: step for step in planned(cloud, resources=resources, earlier=earlier).steps}
    assert (made["box/b1"].action, made["box/b1"].target) == ("reuse", ours)
    assert "an earlier restore" in made["box/b1"].reason
    assert made["box/b2"].action == "create"


def test_what_was_renamed_since_an_earlier_restore_is_made_again_beside_it() -> None:
    cloud = target()
    renamed = cloud.add("box", name="kept aside")
    made = {step.address: step.action for step in planned(cloud, earlier={"box/b1": (renamed,)}).steps}
    assert made["box/b1"] == "create"


def test_a_cloud_made_anew_at_the_same_address_is_another_one() -> None:
    there = CloudPrint(auth_url="http://x", keystone="first")
    assert there.is_same("http://x", "first")
    assert there.is_same("http://x", "")
    assert CloudPrint(auth_url="http://x").is_same("http://x", "first")
    assert not there.is_same("http://x", "second")
    assert not there.is_same("http://y", "first")


def test_of_two_that_a_cloud_takes_for_one_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(KINDS["label"]), "twinless", True)
    twins = [
        KINDS["label"].resource({"id": id, "name": "red", "description": id}) for id in ("first", "second")
    ]
    made = steps(planned(target(), resources=twins))
    assert (made["label/first"].action, made["label/second"].action) == ("create", "skip")
    assert "label first" in made["label/second"].reason
    cloud = target()
    there = cloud.add("label", name="red", description="second")
    cloud.bodies["/labels"]["second"] = cloud.bodies["/labels"].pop(there) | {"id": "second"}
    made = steps(planned(cloud, resources=twins))
    assert (made["label/first"].action, made["label/second"].target) == ("skip", "second")


def test_among_those_alike_the_one_with_the_same_description_is_taken() -> None:
    cloud = target()
    cloud.add("label", name="red", description="other")
    same = cloud.add("label", name="red", description="warm")
    ours = KINDS["label"].resource({"id": "l", "name": "red", "description": "warm"})
    assert steps(planned(cloud, resources=[ours]))["label/l"].target == same


def test_an_empty_list_that_a_role_may_not_be_shown_is_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(KINDS["label"]), "reads", ("manager",))
    (said,) = [one for one in planned(target()).findings if one.code == "hidden"]
    assert said.address == "label" and said.hint == "Plan with the role manager."
    cloud = target()
    cloud.add("label", name="red")
    assert "hidden" not in {one.code for one in planned(cloud).findings}


def test_what_is_guessed_is_called_by_its_name() -> None:
    cloud = ToyCloud()
    cloud.add("size", name="large")
    mappings = Mappings.read(flags=["size:small=large"])
    assert steps(planned(cloud, mappings))["size/z"].reason == "as the mapping says (large)"
