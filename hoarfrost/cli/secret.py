"""Where passphrases and age keys come from: a file, a command or a prompt; never an argument, which others see."""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from hoarfrost.errors import UsageError

if TYPE_CHECKING:
    from hoarfrost.repository import AgeIdentity, Passphrase

OPENS = "HOARFROST_PASSPHRASE"
NEW = "HOARFROST_NEW_PASSPHRASE"
IDENTITY = "HOARFROST_AGE_IDENTITY_FILE"
SHORTEST = 8
"""Characters of a new passphrase. No strength is measured: length is what people can be asked for."""
_PATIENCE = 120


def opening_secret() -> Passphrase | AgeIdentity:
    """What opens the repository: the identity in HOARFROST_AGE_IDENTITY_FILE, else `passphrase`. Raises UsageError."""
    path = os.environ.get(IDENTITY)
    if not path:
        return passphrase()
    from hoarfrost.repository import AgeIdentity

    lines = [line.strip() for line in _in_file(IDENTITY, path).splitlines()]
    found = [line for line in lines if line.startswith("AGE-SECRET-KEY-")]
    if len(found) != 1:
        raise UsageError(f"{IDENTITY} holds {len(found)} age identities instead of one")
    return AgeIdentity(found[0])


def passphrase(variable: str = OPENS, *, new: bool = False) -> Passphrase:
    """From the file in ``variable``_FILE, the command in ``variable``_COMMAND, or a prompt. Raises UsageError.

    ``new``: a key is made with it. Then it must be one line of some length; what opens a key is taken as it is.
    """
    from hoarfrost.repository import Passphrase

    what = "Passphrase of the repository" if variable == OPENS else "New passphrase"
    if path := os.environ.get(f"{variable}_FILE"):
        text = _in_file(f"{variable}_FILE", path).rstrip("\r\n")
        _check_lines(f"{variable}_FILE", path, text, new)
    elif command := os.environ.get(f"{variable}_COMMAND"):
        text = _said_by(f"{variable}_COMMAND", command)
    elif sys.stdin.isatty():
        text = _typed(f"{what}: ", variable)
        if new and _typed("Once more: ", variable) != text:
            raise UsageError("the two passphrases differ")
    else:
        raise UsageError(
            f"There is no terminal to ask for the {what[0].lower()}{what[1:]}.",
            hint=f"Set {variable}_FILE or {variable}_COMMAND.",
        )
    if not text:
        raise UsageError("the passphrase is empty")
    if new and len(text) < SHORTEST:
        hint = "Who gets a copy of the repository can guess for as long as he likes: take several words."
        raise UsageError(f"the passphrase has less than {SHORTEST} characters", hint=hint)
    return Passphrase(text)


def _typed(prompt: str, variable: str) -> str:
    try:
        return getpass.getpass(prompt)
    except EOFError:
        hint = f"Type it, or set {variable}_FILE or {variable}_COMMAND."
        raise UsageError("no passphrase was given", hint=hint) from None


def _check_lines(variable: str, path: str, text: str, new: bool) -> None:
    """Two secrets in one file, or a remark, make another passphrase than the one that is written down elsewhere."""
    lines = text.count("\n") + 1
    if lines == 1:
        return
    if new:
        raise UsageError(f"{variable} holds {lines} lines instead of one: {path}")
    print(f"hoarfrost: {variable} holds {lines} lines, all taken for the passphrase: {path}", file=sys.stderr)


def app_secrets(said: Iterable[str]) -> dict[str, str]:
    """``NAME=FILE`` -> name -> what is in the file. Raises UsageError."""
    found: dict[str, str] = {}
    for one in said:
        name, equals, path = one.rpartition("=")
        if not (name and equals and path):
            raise UsageError(f"--app-secret {one} is not NAME=FILE")
        found[name] = _in_file("--app-secret", path).rstrip("\r\n")
        if not found[name]:
            raise UsageError(f"the secret in {path} is empty")
    return found


def _in_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{variable} cannot be read: {path}: {why}.") from None


def _said_by(variable: str, command: str) -> str:
    """The first line that the command prints; it runs without a shell, and says to the user what it has to say."""
    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, check=True, timeout=_PATIENCE)  # noqa: S603
    except subprocess.CalledProcessError as error:
        code = error.returncode
        ended = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        raise UsageError(f"{variable} {ended}.", hint="What it said about that is above.") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"{variable} did not end within {_PATIENCE} s.") from None
    except OSError as error:
        # Not by its name: whoever took the variable for the passphrase itself would see that printed
        raise UsageError(f"The program in {variable} cannot be run: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"{variable} is no command: {error}.") from None
    text = done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if not text:
        raise UsageError(f"{variable} printed no passphrase on its first line.")
    return text
