"""Passphrases as they are handed in: by a command that may fail, and what a new one must be."""

from pathlib import Path

import pytest

from hoarfrost.cli.secret import NEW, OPENS, passphrase
from hoarfrost.errors import UsageError


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh -c 'echo no such key >&2; exit 7'", "HOARFROST_PASSPHRASE_COMMAND ended with exit code 7."),
        ("sh -c 'kill -9 $$'", "HOARFROST_PASSPHRASE_COMMAND was ended by signal 9."),
        (
            "/does/not/exist",
            "The program in HOARFROST_PASSPHRASE_COMMAND cannot be run: No such file or directory.",
        ),
        ("echo 'half", "HOARFROST_PASSPHRASE_COMMAND is no command: No closing quotation."),
        ("true", "HOARFROST_PASSPHRASE_COMMAND printed no passphrase on its first line."),
    ],
)
def test_a_command_that_fails_says_how(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str, said: str
) -> None:
    monkeypatch.delenv(f"{OPENS}_FILE", raising=False)
    monkeypatch.setenv(f"{OPENS}_COMMAND", command)
    with pytest.raises(UsageError) as failed:
        passphrase()
    assert failed.value.sentence == said
    assert (capfd.readouterr().err == "no such key\n") == ("exit code" in said)


@pytest.mark.parametrize("variable", [OPENS, NEW])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p", "less than 8 characters"),
        ("seven77\r\n\n", "less than 8 characters"),
        ("correct horse\nof mine\n", "_FILE holds 2 lines instead of one: "),
    ],
)
def test_a_new_one_is_one_line_of_some_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, said: str
) -> None:
    file = tmp_path / "new"
    monkeypatch.setenv(f"{variable}_FILE", str(file))
    file.write_text(text)
    with pytest.raises(UsageError, match=said):
        passphrase(variable, new=True)
    file.write_text("eight888\n\n")
    assert passphrase(variable, new=True).reveal() == b"eight888"


@pytest.mark.parametrize("text", ["p", "two\nlines"])
def test_what_opens_a_repository_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """It may have been made when less was asked of it."""
    file = tmp_path / "old"
    file.write_text(f"{text}\n")
    monkeypatch.setenv(f"{OPENS}_FILE", str(file))
    assert passphrase().reveal() == text.encode()
    assert (f"_FILE holds 2 lines, all taken for the passphrase: {file}" in capsys.readouterr().err) == (
        "\n" in text
    )
