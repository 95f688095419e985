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


def passphrase(variable: str = OPENS, *, confirm: bool = False) -> Passphrase:
    """From the file in ``variable``_FILE, the command in ``variable``_COMMAND, or a prompt. Raises UsageError."""
    from hoarfrost.repository import Passphrase

    what = "Passphrase of the repository" if variable == OPENS else "New passphrase"
    if path := os.environ.get(f"{variable}_FILE"):
        text = _in_file(f"{variable}_FILE", path).rstrip("\r\n")
    elif command := os.environ.get(f"{variable}_COMMAND"):
        text = _said_by(f"{variable}_COMMAND", command)
    elif sys.stdin.isatty():
        text = getpass.getpass(f"{what}: ")
        if confirm and getpass.getpass("Once more: ") != text:
            raise UsageError("the two passphrases differ")
    else:
        raise UsageError(
            f"There is no terminal to ask for the {what[0].lower()}{what[1:]}.",
            hint=f"Set {variable}_FILE or {variable}_COMMAND.",
        )
    if not text:
        raise UsageError("the passphrase is empty")
    return Passphrase(text)


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
    """The first line that the command prints; it runs without a shell."""
    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, check=True, timeout=120)  # noqa: S603
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        name = type(error).__name__
        raise UsageError(f"{variable} failed ({name})", hint="Run it by hand to see why.") from None
    return done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
