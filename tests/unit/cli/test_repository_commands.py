"""check, prune and forget as a user calls them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from hoarfrost.cli.app import main
from hoarfrost.cli.repository import _after
from hoarfrost.errors import StoreError
from hoarfrost.repository import Checked, Cost, Damage, Extent, Passphrase, Repository, open_store
from hoarfrost.stored import Recording

STREAM, OPENS_NOT = Damage("b", "disk", 0, 9, "x"), Damage("b", "", 0, 0, "x")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (tmp_path / "secret").write_text("p\n")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("HOARFROST_REPOSITORY", str(tmp_path / "r"))
    repository = Repository.init(open_store(str(tmp_path / "r")), Passphrase("p"), cost=Cost(1, 64, 1))
    for number in range(4):
        with repository.session("test") as session:
            ref = session.write_bytes("stream", bytes([number + 1]) * 200_000)
            project = {"project_id": f"id {number % 2}", "project_name": f"project {number % 2}"}
            session.commit(b"manifest", project, [ref])
    return repository


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert main([*words, "-f", "json"]) == code
    return json.loads(capsys.readouterr().out)


def test_forget_says_why_and_prune_frees(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [one.id for one in repository.backups()]
    would = said(capsys, "backup", "forget", "--keep-last", "1", "--dry-run")
    assert sorted((one["id"], one["verdict"]) for one in would) == sorted(
        [(ids[0], "would go"), (ids[1], "would go"), (ids[2], "keep"), (ids[3], "keep")]
    )
    assert {one["reason"] for one in would} == {"no rule keeps it", "last 1 of 1"}
    assert len(repository.backups()) == 4
    assert main(["backup", "forget", "--keep-last", "9"]) == 0
    assert "prune" not in capsys.readouterr().err
    some = said(capsys, "backup", "forget", "--keep-last", "1", "--project", "id 1")
    assert [one["verdict"] for one in some] == ["keep", "deleted"]
    assert [one.id for one in repository.backups()] == [ids[0], ids[2], ids[3]]
    would = said(capsys, "repository", "prune", "--dry-run")
    assert would["packs"] > 0
    done = said(capsys, "repository", "prune")
    assert done == would
    assert said(capsys, "repository", "prune")["packs"] == 0
    assert main(["repository", "prune"]) == 0
    assert "for nobody" in capsys.readouterr().out


def test_forget_refuses_a_project_that_has_no_backup(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "forget", "--keep-last", "1", "--project", "project 1"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "'project 1'" in told.err and "id 0 (project 0), id 1 (project 1)" in told.err
    assert (
        main(["backup", "forget", "--keep-last", "1", "--project", ""]) == 2
    )  # a variable of a script not set
    assert len(repository.backups()) == 4


def test_forget_says_what_it_has_deleted_before_an_error(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget, calls = Repository.forget, list[str]()

    def failing(self: Repository, backup: str) -> str:
        calls.append(backup)
        if len(calls) == 2:
            raise StoreError("The disk is gone.")
        return forget(self, backup)

    monkeypatch.setattr(Repository, "forget", failing)
    before = {one.id for one in repository.backups()}
    assert main(["backup", "forget", "--keep-last", "1"]) != 0
    told = capsys.readouterr()
    (gone,) = before - {one.id for one in repository.backups()}
    assert f"backup {gone} was deleted" in told.err
    assert "The disk is gone." in told.err
    assert calls[1] not in told.err


def test_forget_keeps_the_newest_complete_backup(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for status in ("complete", "partial"):
        with repository.session("test") as session:
            session.commit(b"manifest", {"project_id": "id 0", "status": status}, [])
    told = said(capsys, "backup", "forget", "--keep-last", "1", "--project", "id 0")
    assert [one["verdict"] for one in told] == ["keep", "keep", "deleted", "deleted"]
    assert told[1]["reason"] == "no rule keeps it, but it is the newest complete one"


def test_forget_needs_a_rule(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--keep-last", "-1"], ["--keep-within", "never"]):
        try:
            code = main(["backup", "forget", *words])
        except SystemExit as stopped:  # argparse
            code = int(str(stopped.code))
        assert code == 2
    assert len(repository.backups()) == 4


def test_prune_says_for_whom_it_waits(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.forget(repository.backups()[0].id)
    with repository.session("the nightly run") as session:
        told = said(capsys, "repository", "prune", code=3)
        assert "the nightly run" in told["waiting"][0]
        would = said(capsys, "repository", "prune", "--dry-run")
        assert (would["waiting"], would["given_up"]) == (told["waiting"], [])
        for lease in ("0", "29.9"):
            assert main(["repository", "prune", "--lease", lease]) == 2
            assert "at least 30 minutes" in capsys.readouterr().err
        session.commit(b"", {}, [])
    assert said(capsys, "repository", "prune", "--dry-run")["waiting"] == []
    assert said(capsys, "repository", "prune", "--lease", "30")["packs"] > 0


def test_check_names_what_is_damaged(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for level in "123":
        assert said(capsys, "repository", "check", "--level", level)["damage"] == []
        assert main(["repository", "check", "--level", level]) == 0
        assert ("bytes themselves were not read" in capsys.readouterr().out) == (level == "1")
    last = repository.backups()[-1]
    repository._catalogue.refresh()
    blob = last.streams["stream"].root[1:17]
    (
        tmp_path
        / "r/packs"
        / repository._blobs.place(blob).pack.hex()[:2]
        / repository._blobs.place(blob).pack.hex()
    ).unlink()
    (damage,) = said(capsys, "repository", "check", code=3)["damage"]
    assert (damage["backup"], damage["stream"], damage["length"]) == (last.id, "stream", 200_000)
    assert main(["repository", "check"]) == 3
    out, err = capsys.readouterr()
    assert "bytes 0 to 200000" in " ".join(out.split()) and "make a backup now" in err
    assert "was not all read" in err and "without a stream" not in err


def test_whoever_meets_a_damaged_index_says_what_to_do(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    index = next((tmp_path / "r/index").iterdir())
    index.chmod(0o600)
    index.write_bytes(index.read_bytes()[:-1])
    remedy = f"Make a backup, which lists these packs anew; then move index/{index.name} out of the store."
    assert main(["repository", "check"]) == 3
    out, err = capsys.readouterr()
    assert remedy in " ".join(out.split()) and "no backup sends" not in err
    (damage,) = said(capsys, "repository", "check", code=3)["damage"]
    assert damage["remedy"].startswith(remedy)
    assert main(["repository", "show"]) == 0
    assert remedy in capsys.readouterr().err
    assert main(["repository", "prune", "--dry-run"]) == 1
    assert remedy in capsys.readouterr().err
    repository = Repository.open(repository.store.store, Passphrase("p"))
    with repository.session("the next one") as session:
        writes, reads = Recording(session, repository), Recording(None, repository)
        ref = writes.write("stream", 3, [Extent(0, 3, b"new")])
        assert sum(one.length for one in reads.read(repository.backups()[0].streams["stream"])) == 200_000
        for one in (writes, reads):
            (finding,) = one.findings()
            assert finding.hint.startswith(remedy)
        session.commit(b"", {}, [ref])
    index.unlink()
    assert main(["repository", "check"]) == 0
    assert main(["repository", "prune", "--dry-run"]) == 0


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        ({"told": 1, "damage": (STREAM,)}, 3, ["what is not named is there and right", "make a backup now"]),
        ({"told": 1, "left": 7, "damage": (STREAM,)}, 3, ["was not all read", "make a backup now"]),
        ({"recent": 7, "damage": (STREAM,)}, 3, ["was not all read", "make a backup now"]),
        ({"untold": 1, "damage": (STREAM,)}, 2, ["was not all read", "check again with write access"]),
        ({"damage": (OPENS_NOT,)}, 3, ["what is not named is there and right", "no backup sends it again"]),
        ({"damage": (STREAM, OPENS_NOT)}, 1, ["was not all read", "make a backup now", "without a stream"]),
    ],
)
def test_what_follows_from_damage_is_no_more_than_the_check_knows(
    found: dict[str, Any], level: int, words: list[str]
) -> None:
    checked = Checked(**{"backups": 1, "packs": 1, "blobs": 0, "read": 0, "left": 0} | found)
    said = _after(checked, level)
    assert len(said) == len(words) and all(word in one for word, one in zip(words, said, strict=True))


def test_prune_rewrites_as_much_as_it_may(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    noise = random.Random(1).randbytes(1_500_000)
    with repository.session("test") as session:
        kept = session.write_bytes("kept", noise[:300_000])
        session.commit(b"", {}, [kept, session.write_bytes("dropped", noise[300_000:])])
    with repository.session("test") as session:
        session.commit(b"", {}, [session.write_bytes("kept", noise[:300_000])])
    repository.forget(sorted(repository.backups(), key=lambda one: one.time)[-2].id)
    prune = ["repository", "prune", "-f", "json"]
    told = []
    for options in (["--dry-run", "--live", "0"], ["--dry-run"], [], ["--dry-run"]):
        assert main([*prune, *options]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert (told[0]["repacked"], told[0]["read"]) == (0, 0)
    assert told[1]["repacked"] > 0
    assert told[2]["regained"] > 1_000_000
    assert (told[3]["repacked"], told[3]["regained"]) == (0, 0)
    assert main(["repository", "check", "--level", "3"]) == 0


def test_a_damaged_backup_is_named_beside_the_others(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first, *others = (one.id for one in repository.backups())
    path = tmp_path / "r/snaps" / first
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["backup", "list", "-f", "json"]) == 3
    told = capsys.readouterr()
    assert first in told.err and f"`hoarfrost backup delete {first}`" in told.err
    assert [row["id"] for row in json.loads(told.out)] == others
    assert said(capsys, "repository", "show", code=3)["damaged"] == 1
    assert main(["backup", "delete", first]) == 0
    assert main(["backup", "list", "-f", "json"]) == 0
