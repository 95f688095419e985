"""Users, groups and roles: who is made, who is taken, who is left alone, and what becomes of passwords."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from keystone import PEOPLE, Keystone
from msgspec.structs import replace
from toycloud import Killed, Memory, backup_of

from hoarfrost.capture import capture
from hoarfrost.capture.walk import listed
from hoarfrost.errors import Refused, UsageError
from hoarfrost.events import silent
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.fate import foreseen
from hoarfrost.kinds.quota import Quotas
from hoarfrost.model import Backup, CloudPrint, Finding, Plan
from hoarfrost.plan import fit, plan
from hoarfrost.restore import HandOver, Outcome, apply
from hoarfrost.verify import compare

ADA = {"email": "ada@example.org", "enabled": True, "desk": {"floor": 3}}


def source() -> Keystone:
    """ada is a member; bob and dora by their team; carl, who is disabled, reads below the project."""
    cloud = Keystone("old")
    ada, bob = cloud.add("users", "ada", **ADA), cloud.add("users", "bob", enabled=True)
    carl, dora = cloud.add("users", "carl", enabled=False), cloud.add("users", "dora", enabled=True)
    team = cloud.add("groups", "team", description="das Team")
    cloud.add("users", "stranger")
    cloud.members = {(team, bob), (team, dora)}
    cloud.grants = {
        ("users", ada, "member", False),
        ("groups", team, "member", False),
        ("users", carl, "reader", True),
        ("users", cloud.user_id, "admin", False),
    }
    return cloud


def test_an_empty_description_of_a_user_is_asked_for_and_none_is_not() -> None:
    user = {"id": "u", "name": "ada", "domain_id": "d", "email": "", "desk": None}
    wanted = KINDS["user"].request(user | {"description": ""}, lambda kind, id: id)
    assert (wanted["description"], wanted["email"], wanted["desk"]) == ("", "", None)
    assert "description" not in KINDS["user"].request(user, lambda kind, id: id)


def backed_up(cloud: Any) -> tuple[Backup, list[Finding]]:
    graph, findings = capture(cloud, PEOPLE, silent)
    backup = replace(
        backup_of(list(graph)),
        project_id=cloud.project_id,
        user_id=cloud.user_id,
        roles=cloud.roles,
        cloud=CloudPrint(auth_url=cloud.auth_url),
    )
    return backup, findings


def planned(backup: Backup, cloud: Any) -> Plan:
    return plan(backup, "b", cloud, PEOPLE)


def run(made: Plan, backup: Backup, cloud: Any, ledger: Any = None, to: HandOver | None = None) -> Outcome:
    nothing: Any = None
    whole = fit(made, backup, cloud, PEOPLE)
    return apply(whole, backup, cloud, PEOPLE, {}, nothing, ledger or Memory(), silent, to=to, workers=1)


def actions(made: Plan) -> dict[str, str]:
    return {f"{step.kind} {step.name}": step.action for step in made.steps}


def by_name(cloud: Keystone) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in cloud.users.values()}


def may(cloud: Keystone) -> set[tuple[str, str, bool]]:
    names = {id: one["name"] for id, one in (*cloud.users.items(), *cloud.groups.items())}
    return {(names[id], role, below) for _, id, role, below in cloud.grants}


def in_the_clear(path: Path) -> HandOver:
    return HandOver(path, lambda content: content)


def test_who_has_a_part_in_the_project_is_made_on_another_cloud() -> None:
    cloud, new = source(), Keystone("new")
    there = new.add("users", "dora", enabled=True)
    backup, findings = backed_up(cloud)
    assert findings == [] and "stranger" not in {one.name for one in backup.resources}
    outcome = run(planned(backup, new), backup, new)
    assert outcome.status == "complete", outcome.findings
    ada = by_name(new)["ada"]
    assert {**ada, **ADA, "enabled": False} == ada, "whose password nobody knows, does not come back enabled"
    (team,) = new.groups
    assert new.members == {(team, by_name(new)["bob"]["id"]), (team, there)}
    assert may(new) == {("ada", "member", False), ("team", "member", False), ("carl", "reader", True)}
    told = [one for one in outcome.findings if one.code == "disabled"]
    assert sorted(one.sentence.split()[1] for one in told) == ["ada", "bob", "carl"]


def test_who_is_there_is_taken_as_he_is_and_a_group_keeps_its_members() -> None:
    cloud = source()
    backup, _ = backed_up(cloud)
    cloud.project_id, cloud.grants, cloud.members = "project-2", set(), set()
    made = planned(backup, cloud)
    assert {what: action for what, action in actions(made).items() if action != "create"} == {
        **{f"user {name}": "map" for name in ("me", "ada", "bob", "carl", "dora")},
        **{f"user_group_member {name}": "skip" for name in ("bob", "dora")},
        "user_group team": "map",
        "domain Default": "map",
        "project shop": "map",
        **{f"role {name}": "map" for name in cloud.roles},
    }
    outcome = run(made, backup, cloud)
    assert outcome.status == "complete" and cloud.members == set() and len(cloud.grants) == 3
    there, _ = capture(cloud, PEOPLE, silent)  # type: ignore[arg-type]
    compared = compare(backup, made, outcome.ids, there, PEOPLE, cloud)  # type: ignore[arg-type]
    assert compared.findings == []


def test_a_restore_grants_no_role_that_its_user_lacks() -> None:
    cloud, new = source(), Keystone("new", roles=("admin", "reader"))
    backup, _ = backed_up(cloud)
    made = planned(backup, new)
    reasons = {step.name: step.reason for step in made.steps if step.action == "impossible"}
    assert (
        set(reasons) == {"member of ada", "member of team"}
        and "lacks the role member" in reasons["member of ada"]
    )
    bold = replace(
        made,
        steps=tuple(
            replace(one, action="create") if one.action == "impossible" else one for one in made.steps
        ),
    )
    outcome = run(bold, backup, new)
    assert outcome.count("failed") == 2 and may(new) == {("carl", "reader", True)}
    hints = [one.hint for one in outcome.findings if one.code == "forbidden"]
    assert len(hints) == 2 and all("somebody who has it" in one for one in hints)


def test_a_member_sees_itself_and_does_without_the_others() -> None:
    cloud, admin = Keystone("old", roles=("member", "reader")), Keystone("new")
    any_cloud: Any = cloud
    backup, findings = backed_up(cloud)
    assert findings == [] and [one.name for one in backup.resources if one.kind == "user"] == ["me"]
    assert foreseen(backup, PEOPLE) == (), "its own name and e-mail count neither as kept nor as lost"
    (told,) = listed(any_cloud, PEOPLE["role_assignment"], Quotas(any_cloud)).findings
    assert (told.severity, told.code) == ("info", "unreadable")
    assert actions(planned(backup, admin))["user me"] == "map"


def test_a_member_leaves_the_people_of_an_administrators_backup_alone() -> None:
    backup, _ = backed_up(source())
    member = Keystone("new", roles=("member", "reader"))
    made = planned(backup, member)
    assert [one for one in made.findings if one.severity != "info"] == []
    assert {step.action for step in made.steps} == {"map", "skip"}
    outcome = run(made, backup, member)
    assert outcome.status == "complete" and set(member.users) == {member.user_id}


def test_one_of_an_identity_provider_is_never_made() -> None:
    cloud, new = source(), Keystone("new")
    next(one for one in cloud.users.values() if one["name"] == "ada")["federated"] = [{"idp_id": "x"}]
    backup, _ = backed_up(cloud)
    steps = {step.name: step for step in planned(backup, new).steps}
    assert steps["ada"].action == "impossible" and "identity provider" in steps["ada"].reason
    assert "needs user ada" in steps["member of ada"].reason


def test_new_passwords_are_written_down_before_anybody_has_them(tmp_path: Path) -> None:
    backup, _ = backed_up(source())
    new, ledger, file = Keystone("new"), Memory(), tmp_path / "file"
    outcome = run(planned(backup, new), backup, new, ledger, in_the_clear(file))
    assert outcome.status == "complete"
    rows = json.loads(file.read_bytes())
    users = by_name(new)
    assert {one["name"]: one["password"] for one in rows} == {
        name: new.secrets[users[name]["id"]] for name in ("ada", "bob", "carl", "dora")
    }
    assert {name: users[name]["enabled"] for name in ("ada", "carl")} == {"ada": True, "carl": False}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({one["password"] for one in rows}) == 4
    assert not any(one["password"] in json.dumps(ledger.entries) for one in rows)
    assert sum(one.code == "handed-over" for one in outcome.findings) == 4


@pytest.mark.parametrize("die_at", range(1, 12))
def test_a_killed_run_loses_no_password(tmp_path: Path, die_at: int) -> None:
    backup, _ = backed_up(source())
    new, dying = Keystone("new"), Memory(die_at)
    made, first, second = planned(backup, new), tmp_path / "first", tmp_path / "second"
    with pytest.raises(Killed):
        run(made, backup, new, dying, in_the_clear(first))
    again = Memory()
    again.entries = dying.entries
    outcome = run(made, backup, new, again, in_the_clear(second))
    assert outcome.status == "complete", outcome.findings
    known: dict[str, str] = {}
    for file in (one for one in (first, second) if one.exists()):
        known |= {one["name"]: one["password"] for one in json.loads(file.read_bytes())}
    assert known == {one["name"]: new.secrets[id] for id, one in new.users.items() if id in new.secrets}
    assert len(may(new)) == 3 and len(new.members) == 2
    assert str(first) in "".join(one.sentence for one in outcome.findings)


def test_a_file_that_is_there_is_not_overwritten_and_nothing_is_made(tmp_path: Path) -> None:
    backup, _ = backed_up(source())
    new, file = Keystone("new"), tmp_path / "file"
    file.write_text("other passwords")
    with pytest.raises(UsageError, match="exists"):
        run(planned(backup, new), backup, new, None, in_the_clear(file))
    assert file.read_text() == "other passwords" and set(new.users) == {new.user_id}


def test_a_service_that_repeats_a_password_does_not_print_it(tmp_path: Path) -> None:
    backup, _ = backed_up(source())
    new, file = Keystone("new"), tmp_path / "file"
    new.refuse["ada"] = Refused("400, {} is no good password")
    outcome = run(planned(backup, new), backup, new, None, in_the_clear(file))
    said = " ".join(one.sentence for one in (*outcome.findings, *outcome.done))
    secret = next(one["password"] for one in json.loads(file.read_bytes()) if one["name"] == "ada")
    assert "is no good password" in said and secret not in said
