"""The ledger: durable, tolerant of a torn end, and able to tell the living from the dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hoarfrost.errors import HoarfrostError
from hoarfrost.run import Journal
from hoarfrost.run.process import start_of


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOARFROST_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_records_come_back_by_fact() -> None:
    one = Journal.begin("restore", auth_url="http://x/v3", project_id="p", plan="a")
    one.record({"intent": "create", "address": "network/é"})
    other = Journal.begin("restore", plan="b")
    other.record({"intent": "else"})
    one.end("done")
    again = Journal.begin("restore", plan="a")
    again.record({"made": "1"})
    told = sorted(Journal.records(plan="a"), key=str)  # two that began in the same millisecond have no order
    assert told == [{"intent": "create", "address": "network/é"}, {"made": "1"}]
    assert list(Journal.records(run=other.run)) == [{"intent": "else"}]


def test_open_runs_tell_alive_from_dead(state: Path) -> None:
    ended = Journal.begin("backup")
    ended.end("done")
    ours = Journal.begin("backup", project_id="p")
    script = (
        "from hoarfrost.run import Journal; import os;"
        "j = Journal.begin('backup'); j.record({'a': 'b'}); print(j.run, flush=True); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert killed.returncode == -9
    found = {one.run: one for one in Journal.open_runs()}
    assert set(found) == {ours.run, killed.stdout.strip()}
    assert found[ours.run].alive is True
    assert found[ours.run].facts == {"project_id": "p"}
    assert found[killed.stdout.strip()].alive is False


def test_a_run_of_another_machine_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.begin("backup")
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    assert [one.alive for one in Journal.open_runs()] == [None]


def test_a_used_again_pid_is_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.begin("backup")
    monkeypatch.setattr("hoarfrost.run.journal.start_of", lambda pid: "another boot/17")
    assert [one.alive for one in Journal.open_runs()] == [False]


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert start_of(child.pid) == ""
    finally:
        child.wait()
    assert start_of(child.pid) == ""
    assert start_of(os.getpid())


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_torn_last_line_is_as_if_not_written(state: Path, cut: int) -> None:
    journal = Journal.begin("backup")
    journal.record({"n": "1"})
    journal.record({"n": "2 with some length"})
    path = state / "runs" / f"{journal.run}.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(Journal.records()) == [{"n": "1"}]
    path.write_bytes(b'{"beg')
    assert Journal.open_runs() == []


def test_damage_is_said_and_stops_only_whom_it_concerns(state: Path) -> None:
    journal, other = Journal.begin("restore", plan="a"), Journal.begin("restore", plan="b")
    other.record({"n": "1"})
    path = state / "runs" / f"{journal.run}.jsonl"
    path.write_bytes(path.read_bytes() + b"\0\0\0\n" + b'{"n": "3"}\n[]\n')
    with pytest.raises(HoarfrostError, match="damaged in line 2"):
        list(Journal.records(plan="a"))
    assert list(Journal.records(plan="b")) == [{"n": "1"}]
    assert sorted(one["n"] for one in Journal.records(whole=False)) == ["1", "3"]
    assert {one.run for one in Journal.open_runs()} == {journal.run, other.run}
    (said,) = Journal.damaged()
    assert str(path) in said


@pytest.mark.parametrize("torn", [b'{"n": "0"}\n', b"\0\0\n", b'{"begin": 1}\n'])
def test_a_journal_without_its_first_line_may_be_anybodys(state: Path, torn: bytes) -> None:
    """Whoever passed it over would leave what that run made, or make it twice."""
    journal, other = Journal.begin("restore", plan="a"), Journal.begin("restore", plan="b")
    other.record({"n": "1"})
    path = state / "runs" / f"{journal.run}.jsonl"
    path.write_bytes(torn)
    for plan in ("a", "b"):
        with pytest.raises(HoarfrostError, match="damaged in line 1"):
            list(Journal.records(plan=plan))
    assert list(Journal.records(whole=False)) == list(Journal.records(run=other.run)) == [{"n": "1"}]
    assert [one.run for one in Journal.open_runs()] == [other.run]
    path.write_bytes(torn + b'{"plan": "a", "id": "7"}\n')
    assert list(Journal.records(plan="b")) == [{"n": "1"}], "its other lines say whose it is"
    with pytest.raises(HoarfrostError, match="damaged in line 1"):
        list(Journal.records(plan="a"))


def test_a_journal_of_zeros_is_damaged_and_one_that_never_began_is_not(state: Path) -> None:
    path = state / "runs" / f"{Journal.begin('restore', plan='a').run}.jsonl"
    path.write_bytes(b"\0" * 200)
    (said,) = Journal.damaged(plan="b")
    assert str(path) in said
    with pytest.raises(HoarfrostError, match="does not begin like one"):
        list(Journal.records(plan="a"))
    for cut in (0, 1, 30):
        path.write_bytes(b'{"begin": {"run": "17", "kind": "restore"'[:cut])
        assert Journal.damaged() == [] == list(Journal.records(plan="a"))


def test_damage_is_told_to_those_whom_it_concerns(state: Path) -> None:
    for journal in (Journal.begin("restore", project_id="p"), Journal.begin("backup", project_id="q")):
        path = state / "runs" / f"{journal.run}.jsonl"
        path.write_bytes(path.read_bytes() + b"\0\n")
    assert Journal.damaged(project_id="q") == [], "nobody asks for what a backup wrote down"
    assert len(Journal.damaged(project_id="p")) == 1


def test_only_the_owner_may_look(state: Path) -> None:
    journal = Journal.begin("backup")
    assert state.stat().st_mode & 0o077 == 0
    assert state.joinpath("runs").stat().st_mode & 0o077 == 0
    assert (state / "runs" / f"{journal.run}.jsonl").stat().st_mode & 0o077 == 0


def test_a_full_disk_leaves_no_half_line(monkeypatch: pytest.MonkeyPatch) -> None:
    journal, write = Journal.begin("backup"), os.write
    journal.record({"n": "1"})
    with monkeypatch.context() as full, pytest.raises(HoarfrostError, match="No space left"):
        full.setattr("os.write", lambda file, line: write(file, line[:5]))
        journal.record({"n": "2"})
    journal.end("StoreFull")
    assert list(Journal.records(run=journal.run)) == [{"n": "1"}]


def test_old_runs_are_forgotten_unless_something_may_be_left_of_them(state: Path) -> None:
    def run(kind: str, days: float, ended: bool = True) -> str:
        journal = Journal.begin(kind)
        if ended:
            journal.end("done")
        path = state / "runs" / f"{journal.run}.jsonl"
        when = path.stat().st_mtime - days * 86400
        os.utime(path, (when, when))
        return journal.run

    run("backup", 31)
    run("restore", 401)
    kept = [run("backup", 29), run("restore", 399), run("backup", 1000, ended=False)]
    last = Journal.begin("backup").run
    assert sorted(one.run for one in Journal.runs()) == sorted([*kept, last])
