"""Bad input: one sentence, a hint, the right exit code, and nothing damaged. No cloud is needed for any of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hoarfrost.cli.app import main
from hoarfrost.repository import Cost

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run one command; gives its exit code and what it said on stderr."""
    for name in ("OS_CLOUD", "HOARFROST_REPOSITORY", "HOARFROST_PASSPHRASE_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Cost, "measured", classmethod(lambda cls: cls(1, 64, 1)))
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse\n")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", str(secret))
    monkeypatch.setenv("HOARFROST_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def command(*argv: str) -> tuple[int, str]:
        try:
            code = main(list(argv))
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        assert "correct horse" not in said.err + said.out
        return code, said.err

    return command


@pytest.fixture
def repository(run: Run, tmp_path: Path) -> str:
    url = str(tmp_path / "repository")
    assert run("--repository", url, "repository", "init", "-f", "json")[0] == 0
    return url


def test_no_repository_named(run: Run) -> None:
    code, said = run("repository", "show")
    assert code == 2
    assert "HOARFROST_REPOSITORY" in said


@pytest.mark.parametrize("argument", [["--budget", "5"], ["--level", "2", "--budget", "-1"]])
def test_a_budget_that_means_nothing(run: Run, repository: str, argument: list[str]) -> None:
    code, said = run("--repository", repository, "repository", "check", *argument)
    assert code == 2
    assert "--budget" in said


def test_no_repository_there(run: Run, tmp_path: Path) -> None:
    code, said = run("--repository", str(tmp_path / "nothing"), "backup", "list")
    assert code == 10
    assert "repository init" in said


def test_a_folder_of_somebody_else(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"meow")
    code, _ = run("--repository", str(folder), "repository", "init")
    assert code != 0
    assert (folder / "cat.jpg").read_bytes() == b"meow"
    assert sorted(path.name for path in folder.iterdir()) == ["cat.jpg"]


def test_init_twice_keeps_the_first(run: Run, repository: str) -> None:
    code, _ = run("--repository", repository, "repository", "init")
    assert code != 0
    assert run("--repository", repository, "backup", "list")[0] == 0


def test_no_repository_is_made_with_a_letter(run: Run, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("p\n")
    code, said = run("--repository", str(tmp_path / "new"), "repository", "init")
    assert code == 2
    assert "8 characters" in said
    assert not (tmp_path / "new").exists()


def test_wrong_passphrase(run: Run, repository: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOARFROST_PASSPHRASE_FILE")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_COMMAND", "printf wrong")
    code, said = run("--repository", repository, "backup", "list")
    assert code == 12
    assert "HOARFROST_PASSPHRASE" in said


def test_passphrase_command(run: Run, repository: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOARFROST_PASSPHRASE_FILE")
    monkeypatch.setenv("HOARFROST_PASSPHRASE_COMMAND", "printf 'correct horse'")
    assert run("--repository", repository, "backup", "list")[0] == 0


def test_missing_passphrase_file(run: Run, repository: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOARFROST_PASSPHRASE_FILE", "/does/not/exist")
    code, said = run("--repository", repository, "backup", "list")
    assert code == 2
    assert "HOARFROST_PASSPHRASE_FILE cannot be read: /does/not/exist: No such file" in said


def test_unknown_cloud(run: Run, repository: str) -> None:
    code, said = run("--repository", repository, "--os-cloud", "nowhere", "backup", "create")
    assert code == 2
    assert "nowhere" in said
    assert "clouds.yaml" in said


@pytest.mark.parametrize(
    ("command", "sentence", "hint"),
    [
        (("kinds", "list", "-c", "nosuch"), "there is no column 'nosuch'", "kind, service"),
        (("kinds", "show", "port", "-c", "nosuch"), "there is no column 'nosuch'", "kind, about"),
        (("help", "nosuch"), "there is no command 'nosuch'", "hoarfrost --help"),
        (("--log-file", "/nodir/log", "kinds", "list"), "/nodir/log: No such file", "folder"),
    ],
)
def test_what_is_named_wrongly_is_said_as_everything_else(
    run: Run, command: tuple[str, ...], sentence: str, hint: str
) -> None:
    code, said = run(*command)
    first, second = said.splitlines()
    assert code == 2
    assert first.startswith("hoarfrost: ") and sentence in first and hint in second


def test_an_end_of_input_at_the_prompt_is_said(
    run: Run, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(prompt: str) -> str:
        raise EOFError

    monkeypatch.delenv("HOARFROST_PASSPHRASE_FILE")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", ended)
    code, said = run("--repository", repository, "backup", "list")
    assert code == 2 and "no passphrase was given" in said and "HOARFROST_PASSPHRASE_FILE" in said


def test_unknown_backup(run: Run, repository: str) -> None:
    code, said = run("--repository", repository, "backup", "show", "abcdef")
    assert code == 2, "as of a key or a kind that is not there"
    assert run("--repository", repository, "repository", "key", "remove", "abcdef")[0] == 2
    assert "backup list" in said
    assert run("--repository", repository, "backup", "show", "latest")[0] == 2


def test_url_of_an_unknown_kind(run: Run) -> None:
    code, said = run("--repository", "gopher://x", "repository", "show")
    assert code == 2
    assert "file:" in said


def test_not_a_plan(run: Run, repository: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("just: a list\n")
    assert run("--repository", repository, "restore", "show", str(plan))[0] == 2
    assert run("--repository", repository, "restore", "show", str(tmp_path / "none.yaml"))[0] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"plan: [", "no YAML at line 1, column 8"),
        (b"plan: \xff", "no text in UTF-8"),
        (b"\0", "no YAML"),
        (b"plan: 2026-99-99", "no YAML"),
        (b"[" * 5000, "no YAML"),
    ],
)
def test_a_plan_or_mapping_that_is_no_yaml_is_said_in_a_line(
    run: Run, repository: str, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "bad").write_bytes(content)
    for command in (
        ("restore", "undo", "bad"),
        ("restore", "plan", "latest", "-o", "new", "--mapping", "bad"),
        ("restore", "apply", "bad"),
    ):
        code, told = run("--repository", repository, *command)
        sentence, hint = told.splitlines()
        assert code == 2 and said in sentence and sentence.startswith("hoarfrost: ")
        assert "restore plan" not in hint, "a new plan knows nothing of what the old one made"


def test_damaged_repository_is_said(run: Run, repository: str) -> None:
    for path in (Path(repository) / "keys").iterdir():
        path.write_bytes(path.read_bytes()[:-5] + b"xxxxx")
    code, said = run("--repository", repository, "backup", "list")
    assert code in (1, 12)
    assert said.startswith("hoarfrost: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--hand-over", "new"), "only encrypted"),
        (("--hand-over-recipient", "age1x"), "only encrypted"),
        (("--hand-over", "new", "--hand-over-recipient", "age1x"), "no age recipient"),
        (("--hand-over", "there", "--hand-over-recipient", "age1x"), "exists"),
    ],
)
def test_passwords_are_never_written_in_the_clear_nor_over_others(
    run: Run, repository: str, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / "there").write_text("passwords")
    code, told = run("--repository", repository, "restore", "apply", "plan", *options)
    assert code == 2 and said in told
    assert not (tmp_path / "new").exists()
