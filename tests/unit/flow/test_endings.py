"""How runs end: what killed ones left is given back, what is at work is left alone, and looking costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from toycloud import backup_of

from hoarfrost import ending, flow
from hoarfrost.applied import must_be_free, must_be_known
from hoarfrost.cloud import Borrowed
from hoarfrost.errors import (
    AnotherRun,
    Damaged,
    NoSuchRun,
    RepositoryError,
    RepositoryInUse,
    Unavailable,
    UsageError,
)
from hoarfrost.events import silent
from hoarfrost.model import to_json
from hoarfrost.repository import Backups, Damage
from hoarfrost.run import Journal
from hoarfrost.stored import last_streams

CLOUD: Any = SimpleNamespace(auth_url="http://x", project_id="p")


@pytest.fixture(autouse=True)
def removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of what was given back."""
    names: list[str] = []

    def give_back(borrow: Any, one: Borrowed) -> None:
        names.append(one.name)

    monkeypatch.setenv("HOARFROST_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("hoarfrost.cloud.Borrow.give_back", give_back)
    yield names


def there(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    found = [Borrowed(what="volume", id=f"id of {name}", name=name) for name in names]
    monkeypatch.setattr(ending, "leftovers", lambda cloud: found)


def killed(monkeypatch: pytest.MonkeyPatch, project_id: str) -> Journal:
    with monkeypatch.context() as patch:
        patch.setattr("hoarfrost.run.journal.start_of", lambda pid: "another boot/1")
        return Journal.begin("backup", project_id=project_id)


def test_only_killed_runs_of_this_project_are_cleared(
    monkeypatch: pytest.MonkeyPatch, removed: list[str]
) -> None:
    dead, elsewhere = killed(monkeypatch, "p"), killed(monkeypatch, "q")
    alive = Journal.begin("backup", project_id="p")
    there(monkeypatch, *(f"hoarfrost-tmp-{one.run}-1" for one in (dead, elsewhere, alive)))
    assert ending.clear_dead_runs(CLOUD, alive) == []
    assert removed == [f"hoarfrost-tmp-{dead.run}-1"]
    assert {one.run for one in Journal.open_runs()} == {elsewhere.run, alive.run}


def test_leftovers_of_a_run_at_work_are_its_own(monkeypatch: pytest.MonkeyPatch, removed: list[str]) -> None:
    alive = Journal.begin("backup", project_id="p")
    there(monkeypatch, f"hoarfrost-tmp-{alive.run}-1", "hoarfrost-tmp-abc-1", "hoarfrost-tmp-abcd-1")
    ending.remove_leftovers(CLOUD, "abc")
    assert removed == ["hoarfrost-tmp-abc-1"]
    ending.remove_leftovers(CLOUD, None)
    assert sorted(removed[1:]) == ["hoarfrost-tmp-abc-1", "hoarfrost-tmp-abcd-1"]


def test_a_run_that_left_nothing_is_refused_where_others_did(
    monkeypatch: pytest.MonkeyPatch, removed: list[str]
) -> None:
    there(monkeypatch, "hoarfrost-tmp-abc-1", "image for hoarfrost-tmp-xyz-12", "hoarfrost-tmp-abc-2")
    with pytest.raises(UsageError, match="nothing is left over of a run 'ab'") as caught:
        ending.remove_leftovers(CLOUD, "ab")
    assert caught.value.hint == "Something is left of: abc, xyz."
    assert removed == []
    there(monkeypatch)
    assert ending.remove_leftovers(CLOUD, "ab") == ([], [])


def test_a_last_look_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are in the repository by then: not to commit them would lose the whole backup."""

    def lost(cloud: Any) -> list[Borrowed]:
        raise Unavailable("the line is dead")

    monkeypatch.setattr(ending, "leftovers", lost)
    (finding,) = ending.proof(CLOUD, "abc")
    assert (finding.severity, finding.code) == ("warning", "not-looked")


def test_a_run_that_finds_the_repository_in_use_was_not_killed() -> None:
    class InUse:
        def session(self, owner: str) -> Any:
            raise RepositoryInUse("another run writes")

    repository: Any = InUse()
    with pytest.raises(RepositoryInUse):
        flow.back_up(CLOUD, repository, silent)
    assert [one.outcome for one in Journal.runs()] == ["RepositoryInUse"]


def test_a_damaged_backup_does_not_stand_in_the_way_of_the_next() -> None:
    class Broken:
        role = "read"

        def latest(self, scope: str) -> Any:
            raise Damaged("backup 17 fails authentication")

    repository: Any = Broken()
    previous, (finding,) = last_streams(repository, "p")
    assert (previous("volume/1"), finding.severity, finding.code) == (None, "warning", "damaged")


def test_a_manifest_of_a_newer_version_is_said_so() -> None:
    manifest = b'{"format": 99}'
    repository: Any = SimpleNamespace(load=lambda id: SimpleNamespace(id=id, manifest=lambda: manifest))
    with pytest.raises(RepositoryError, match="cannot be understood"):
        flow.load(repository, "abc")


def test_a_plan_is_applied_or_undone_by_one_run_at_a_time() -> None:
    made: Any = SimpleNamespace(id="plan", backup="abc", project_id="p")
    repository: Any = SimpleNamespace(
        load=lambda id: SimpleNamespace(id=id, manifest=lambda: to_json(backup_of([])))
    )
    working = Journal.begin("restore", plan="plan")
    with pytest.raises(AnotherRun, match="another run of this plan"):
        flow.restore(CLOUD, repository, made, silent)
    with pytest.raises(AnotherRun, match="another run of this plan"):
        flow.undo(CLOUD, made, silent)
    assert [one.run for one in Journal.open_runs()] == [working.run]


def test_an_undo_of_a_plan_of_which_nothing_is_known_here_does_not_say_that_all_is_gone(
    tmp_path: Path,
) -> None:
    made: Any = SimpleNamespace(id="new", backup="abc", project_id="p")
    Journal.begin("restore", plan="old", project_id="p").end("done")
    Journal.begin("undo", plan="new", project_id="p").end("done")
    with pytest.raises(NoSuchRun, match="nothing is known here") as caught:
        flow.undo(CLOUD, made, silent)
    assert str(tmp_path / "state") in caught.value.sentence and caught.value.exit_code == 2
    assert "HOARFROST_STATE" in caught.value.hint and "project: old (begun " in caught.value.hint
    Journal.begin("restore", plan="new", project_id="p").end("Unavailable")
    must_be_known(made)


def test_a_plan_file_is_not_overwritten_while_what_it_made_stands(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    must_be_free(path)
    path.write_text("format: 1\nplan: '0123'\nsteps: [broken\n")
    must_be_free(path)
    journal = Journal.begin("restore", plan="0123", project_id="p")
    journal.record({"plan": "0123", "node": "network/n", "state": "done", "id": "x"})
    with pytest.raises(UsageError, match="was applied on this machine") as caught:
        must_be_free(path)
    assert "restore undo" in caught.value.hint
    journal.record({"plan": "0123", "node": "network/n", "state": "gone"})
    must_be_free(path)


def test_latest_is_refused_only_where_a_damaged_one_may_be_the_latest() -> None:
    def committed(id: str) -> Any:
        summary = {"project_id": "p"}
        return SimpleNamespace(id=id, time="2026", summary=summary, manifest=lambda: to_json(backup_of([])))

    def latest(*damaged: str) -> str:
        there = [committed("1"), committed("3")]
        lost = [Damage(one, "", 0, 0, f"backup {one} is damaged") for one in damaged]
        repository: Any = SimpleNamespace(backups=lambda: Backups(there, lost), load=committed)
        return flow.load(repository, "latest")[0]

    assert latest("0", "2") == "3"
    with pytest.raises(Damaged, match=r"may be the latest .*backup 4 is damaged"):
        latest("2", "4")


def test_latest_of_several_projects_is_nobodys() -> None:
    def committed(project: str) -> Any:
        return SimpleNamespace(id=project, time="2026", summary={"project_id": project})

    repository: Any = SimpleNamespace(backups=lambda: Backups([committed("p"), committed("q")]))
    with pytest.raises(UsageError, match="several projects"):
        flow.load(repository, "latest")
