"""Keys as a user handles them: added, listed, used for what their role allows, removed, rotated, destroyed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from hoarfrost.cli.app import main
from hoarfrost.errors import StoreFull
from hoarfrost.repository import Cost, Passphrase, Repository, open_store
from hoarfrost.repository.key_slots import KeySlots

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, what the command printed (JSON where it is), and what it said on stderr."""
    monkeypatch.setattr(Cost, "measured", classmethod(lambda cls: cls(1, 64, 1)))
    for name in ("first", "second"):
        (tmp_path / name).write_text(f"correct horse {name}\n")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(tmp_path / "first"))
    monkeypatch.setenv("HOARFROST_NEW_PASSPHRASE_FILE", str(tmp_path / "second"))
    monkeypatch.setenv("HOARFROST_REPOSITORY", str(tmp_path / "r"))

    def command(*argv: str) -> tuple[int, Any, str]:
        code = main(list(argv))
        said = capsys.readouterr()
        assert "correct horse" not in said.out + said.err
        return code, json.loads(said.out) if said.out.startswith(("[", "{")) else said.out, said.err

    assert command("repository", "init", "-f", "json")[0] == 0
    return command


def keys(run: Run) -> list[dict[str, Any]]:
    code, found, _ = run("repository", "key", "list", "-f", "json")
    assert code == 0
    return list(found)


def backed_up(path: Path, passphrase: str) -> Repository:
    repository = Repository.open(open_store(str(path)), Passphrase(passphrase))
    with repository.session("test") as session:
        session.commit(b"manifest", {}, [session.write_bytes("stream", b"x" * 200_000)])
    return repository


def test_a_key_is_added_used_and_removed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, added, _ = run("repository", "key", "add", "--role", "write", "--label", "agent", "-f", "json")
    assert (code, added["role"]) == (0, "write")
    assert [(one["role"], one["label"], one["proven"]) for one in keys(run)].count(
        ("write", "agent", True)
    ) == 1
    writer = backed_up(tmp_path / "r", "correct horse second")
    assert writer.role == "write"
    (backup,) = writer.backups()
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(tmp_path / "second"))
    code, _, said = run("backup", "show", "latest")
    assert code != 0
    assert "write key" in said
    code, _, said = run("backup", "delete", backup.id)
    assert code == 1
    assert "role maintain or read" in said
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(tmp_path / "first"))
    before = keys(run)
    code, _, said = run("repository", "key", "remove", added["id"][:8], "--dry-run")
    assert (code, said) == (0, f"would be removed: {added['id']}, write key 'agent'\n")
    assert keys(run) == before
    code, _, said = run("repository", "key", "remove", added["id"][:8])
    assert (code, said) == (0, f"removed: {added['id']}, write key 'agent'\n")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(tmp_path / "second"))
    assert run("repository", "show")[0] == 12


def test_a_label_does_not_draw_on_the_terminal(run: Run, tmp_path: Path) -> None:
    label = "bad\nlabel\x1b[31m\x9b\u202e"
    code, _, said = run("repository", "key", "add", "--label", label)
    assert code == 2 and "--label has control characters" in said and "\x1b" not in said
    assert run("repository", "key", "add", "--label", "für Jürgen 🔑", "-f", "json")[0] == 0
    repository = Repository.open(open_store(str(tmp_path / "r")), Passphrase("correct horse first"))
    repository.add_key(Passphrase("another of theirs"), "write", label)
    shown = run("repository", "key", "list")[1]
    assert r"bad\nlabel\x1b[31m\x9b\u202e" in shown and "für Jürgen 🔑" in shown
    assert not set("\x1b\x9b\u202e") & set(shown)
    assert label in [one["label"] for one in keys(run)], "programs are told what is there"


def test_the_last_key_for_reading_stays(run: Run) -> None:
    (first,) = keys(run)
    code, _, said = run("repository", "key", "remove", first["id"])
    assert code == 2
    assert "another key" in said
    assert keys(run) == [first]


def test_a_new_key_is_not_made_of_a_letter(run: Run, tmp_path: Path) -> None:
    (tmp_path / "second").write_text("p\n")
    code, _, said = run("repository", "key", "add")
    assert code == 2
    assert "8 characters" in said
    assert len(keys(run)) == 1


def test_people_see_moments_as_in_every_other_list(run: Run) -> None:
    (first,) = keys(run)
    assert f" {first['created'][:19]}Z " in run("repository", "key", "list")[1]


def test_a_passphrase_is_of_one_key(run: Run) -> None:
    """With two, chance would say what it may do."""
    added = run("repository", "key", "add", "--role", "write", "-f", "json")[1]
    code, _, said = run("repository", "key", "add", "--role", "read", "-f", "json")
    assert code == 2
    assert added["id"] in said
    assert len(keys(run)) == 2


def damage(slot: Path) -> None:
    slot.chmod(0o600)
    slot.write_bytes(slot.read_bytes().replace(b'"label":"', b'"label":"x'))


def test_a_damaged_key_is_named_beside_the_others_and_can_be_removed(run: Run, tmp_path: Path) -> None:
    added = run("repository", "key", "add", "--role", "write", "-f", "json")[1]
    damage(tmp_path / "r" / "keys" / added["id"])
    code, checked, _ = run("repository", "check", "-f", "json")
    assert code == 3
    assert added["id"] in checked["damage"][0]["why"]
    code, listed, said = run("repository", "key", "list", "-f", "json")
    assert code == 3
    assert {one["kind"]: one["id"] for one in listed}["damaged"] == added["id"]
    assert sorted(one["label"] for one in listed) == ["", "first"]
    assert f"The key slot {added['id']} is damaged." in said
    assert f"key remove {added['id']}" in said
    assert run("repository", "key", "list")[0] == 3
    assert run("repository", "key", "add", "--label", "again", "-f", "json")[0] == 0
    assert run("repository", "key", "remove", added["id"])[0] == 0
    assert sorted(one["label"] for one in keys(run)) == ["again", "first"]


def test_of_a_damaged_key_nobody_is_told_that_his_passphrase_is_wrong_and_no_more(
    run: Run, tmp_path: Path
) -> None:
    """The other keys are whole, and this one may be the caller's own."""
    (first,) = keys(run)
    assert run("repository", "key", "add", "-f", "json")[0] == 0
    damage(tmp_path / "r" / "keys" / first["id"])
    code, _, said = run("backup", "list")
    assert code == 12
    assert f"{first['id']} is damaged" in said
    assert f"keys/{first['id']} back from a copy" in said


def test_an_age_recipient_opens_with_the_identity(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = pyrage.x25519.Identity.generate()
    assert run("repository", "key", "add", "--recipient", str(pair.to_public()), "-f", "json")[0] == 0
    identity = tmp_path / "identity"
    identity.write_text(f"# created: today\n{pair}\n")
    monkeypatch.delenv("HOARFROST_PASSPHRASE_FILE")
    monkeypatch.setenv("HOARFROST_AGE_IDENTITY_FILE", str(identity))
    assert run("repository", "show")[0] == 0
    identity.write_text("")
    assert run("repository", "show")[0] == 2


def test_no_age_recipient(run: Run) -> None:
    code, _, said = run("repository", "key", "add", "--recipient", "bob@example.org")
    assert code == 2
    assert "age" in said


def test_rotation_names_what_stops_working_before_it_begins(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe = pyrage.x25519.Identity.generate().to_public()
    assert run("repository", "key", "add", "--recipient", str(safe), "--label", "safe", "-f", "json")[0] == 0
    added = run("repository", "key", "add", "--label", "colleague", "-f", "json")[1]
    before = keys(run)
    code, dropped, said = run("--read-only", "repository", "key", "rotate", "--dry-run", "-f", "json")
    assert code == 0
    assert [one["label"] for one in dropped] == ["colleague"]
    assert f"these keys would stop working:\n  {added['id']}  read key 'colleague'" in said
    assert "key add --role ROLE" in said
    assert keys(run) == before
    monkeypatch.setattr(KeySlots, "rotate", failing)
    code, _, said = run("repository", "key", "rotate", "-f", "json")
    assert code == 1
    assert "these keys stop working" in said
    assert keys(run) == before


def failing(*_: object) -> None:
    raise StoreFull("No space left.")


def test_rotation_drops_other_passphrases(run: Run, tmp_path: Path) -> None:
    added = run("repository", "key", "add", "--label", "colleague", "-f", "json")[1]
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    damaged = run("repository", "key", "add", "--recipient", recipient, "-f", "json")[1]["id"]
    damage(tmp_path / "r" / "keys" / damaged)
    code, dropped, said = run("repository", "key", "rotate", "-f", "json")
    assert code == 0
    assert {one["id"] for one in dropped} == {added["id"], damaged}
    assert f"{damaged}  damaged" in said
    (own,) = keys(run)
    assert own["label"] == "first"
    assert f"with new ids:\n  {own['id']}  read key 'first': the passphrase given here\n" in said
    code, dropped, said = run("repository", "key", "rotate", "--dry-run", "-f", "json")
    assert (code, dropped) == (0, [])
    assert "all keys go on" in said and "done" not in said and "new ids" not in said


def test_shredded_is_gone(run: Run, tmp_path: Path) -> None:
    repository = backed_up(tmp_path / "r", "correct horse first")
    code, _, said = run("repository", "shred", "not the id")
    assert code == 2
    assert "another id" in said
    assert run("repository", "shred", repository.id)[0] == 0
    assert run("backup", "list")[0] != 0


def test_read_only_writes_nothing(run: Run, tmp_path: Path) -> None:
    repository = backed_up(tmp_path / "r", "correct horse first")
    (backup,) = repository.backups()
    code, _, said = run("--read-only", "backup", "delete", backup.id)
    assert code != 0
    assert "read-only" in said
    assert [one.id for one in repository.backups()] == [backup.id]


def test_limits_are_taken(run: Run, tmp_path: Path) -> None:
    backed_up(tmp_path / "r", "correct horse first")
    assert run("--bandwidth", "1000", "--requests", "1", "backup", "list")[0] == 0
