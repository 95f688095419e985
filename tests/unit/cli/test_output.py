"""What all commands print alike: lists without a row, amounts of bytes, progress."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hoarfrost.cli import progress
from hoarfrost.cli.app import main
from hoarfrost.cli.progress import Reporter
from hoarfrost.events import Found, Progress
from hoarfrost.model import Finding
from hoarfrost.repository import Cost, Passphrase, Repository, open_store

MIB = 1 << 20


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (tmp_path / "secret").write_text("p\n")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("HOARFROST_REPOSITORY", str(tmp_path / "r"))
    return Repository.init(open_store(str(tmp_path / "r")), Passphrase("p"), cost=Cost(1, 64, 1))


@pytest.mark.parametrize("command", [["backup", "list"], ["backup", "forget", "--keep-last", "1"]])
def test_an_empty_list_says_so(
    repository: Repository, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    said = {}
    for form in ("table", "json", "value"):
        assert main([*command, "-f", form]) == 0
        said[form] = capsys.readouterr().out
    assert said["table"] == "none\n"
    assert json.loads(said["json"]) == []
    assert said["value"] == ""


def test_people_are_told_units_and_programs_bytes(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    with repository.session("test") as session:
        amounts = {"bytes": {"logical": 3 * MIB, "stored": MIB}}
        session.commit(b"manifest", amounts, [session.write_bytes("stream", bytes(3 * MIB))])
    said = {}
    for form in ("table", "value", "csv"):
        assert main(["backup", "list", "-f", form, "-c", "logical", "-c", "stored"]) == 0
        said[form] = capsys.readouterr().out
        assert main(["repository", "show", "-f", form if form != "csv" else "shell", "-c", "logical"]) == 0
        said[form] += capsys.readouterr().out
    assert said["table"].count("3.0 MiB") == 2
    assert said["value"] == f"{3 * MIB} {MIB}\n{3 * MIB}\n"
    assert f"\n{3 * MIB},{MIB}" in said["csv"] and f'logical="{3 * MIB}"' in said["csv"]


def test_names_of_others_do_not_draw_on_the_terminal(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    with repository.session("test") as session:
        summary = {"project_name": "web\x1b[2J\r", "status": "complete"}
        session.commit(b"manifest", summary, [session.write_bytes("stream", b"x")])
    assert main(["backup", "list"]) == 0
    assert r"web\x1b[2J\r" in capsys.readouterr().out
    finding = Finding(
        address="server/1", severity="error", code="x", sentence="'a\x1b[31m\nERROR: b' is not there", hint=""
    )
    stream = io.StringIO()
    with Reporter(stream) as told:
        told(Found(stage="capture", finding=finding))
    assert stream.getvalue() == "  ERROR: server/1: 'a\\x1b[31m\\nERROR: b' is not there\n"


def test_who_has_read_enough_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "hoarfrost.cli.app", "kinds", "list"],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_progress_says_how_much_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    stream = io.StringIO()
    with Reporter(stream) as reporter:
        reporter(Progress(stage="capture", address="server", done=12, total=12, unit="items"))
        reporter(Progress(stage="stream", address="volume/1", done=MIB, total=4 * MIB))
        reporter(Progress(stage="stream", address="volume/2", done=2 * MIB, total=4 * MIB))
    assert stream.getvalue().splitlines() == [
        "  capture: 12 items so far",
        "  stream: 1 under way, 1.0 MiB of their 4.0 MiB done",
        "  stream: 2 under way, 3.0 MiB of their 8.0 MiB done",
    ]
