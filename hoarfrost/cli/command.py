"""What every command has in common: errors said in one sentence with a hint, the right exit code, and the way to
open what the global options name."""

from __future__ import annotations

import argparse
import getpass
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cliff.command import Command as CliffCommand
from cliff.lister import Lister as CliffLister
from cliff.show import ShowOne as CliffShowOne

from hoarfrost.errors import Cancelled, HoarfrostError, UsageError

if TYPE_CHECKING:
    from hoarfrost.cloud import Cloud
    from hoarfrost.repository import Passphrase, Repository


class _Careful(CliffCommand):
    """Mixed into each form of command: turns errors into an exit code."""

    exit_code = 0

    def run(self, parsed_args: argparse.Namespace) -> int:
        try:
            code = int(super().run(parsed_args) or 0)
        except KeyboardInterrupt:
            return self._say(Cancelled("stopped by Ctrl-C"))
        except HoarfrostError as error:
            return self._say(error)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            return self._say(HoarfrostError(f"{error.strerror or type(error).__name__}{where}"))
        return code or self.exit_code

    def _say(self, error: HoarfrostError) -> int:
        if self.app.options.debug:
            import traceback

            traceback.print_exception(error, file=self.app.stderr)
        print(f"hoarfrost: {error.sentence}", file=self.app.stderr)
        if error.hint:
            print(f"  {error.hint}", file=self.app.stderr)
        if error.request_id:
            print(f"  (request {error.request_id})", file=self.app.stderr)
        return error.exit_code

    # -- what the options name ---------------------------------------------------------------------------------

    def cloud(self) -> Cloud:
        from hoarfrost.cloud import Cloud

        return Cloud.connect(self.app.options.os_cloud)

    def url(self) -> str:
        url = self.app.options.repository
        if not url:
            raise UsageError(
                "no repository is named", hint="Give --repository URL, or set HOARFROST_REPOSITORY."
            )
        return str(url)

    def repository(self) -> Repository:
        from hoarfrost.repository import Repository, open_store

        return Repository.open(open_store(self.url()), passphrase())


class Command(_Careful):
    """A command without a result to print."""


class Lister(_Careful, CliffLister):
    """A command that prints rows: a table, or with ``-f json`` an array of objects."""


class ShowOne(_Careful, CliffShowOne):
    """A command that prints one thing: a table of its fields, or with ``-f json`` an object."""


def machine(parsed_args: argparse.Namespace) -> bool:
    """Whether the output is read by a program (``-f json`` or ``-f yaml``)."""
    return getattr(parsed_args, "formatter", "table") in ("json", "yaml")


def passphrase(*, confirm: bool = False) -> Passphrase:
    """From HOARFROST_PASSPHRASE_FILE, HOARFROST_PASSPHRASE_COMMAND, or a prompt. Raises UsageError."""
    from hoarfrost.repository import Passphrase

    if path := os.environ.get("HOARFROST_PASSPHRASE_FILE"):
        try:
            text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"HOARFROST_PASSPHRASE_FILE cannot be read: {error}") from None
    elif command := os.environ.get("HOARFROST_PASSPHRASE_COMMAND"):
        text = _said_by(command)
    elif sys.stdin.isatty():
        text = getpass.getpass("Passphrase of the repository: ")
        if confirm and getpass.getpass("Once more: ") != text:
            raise UsageError("the two passphrases differ")
    else:
        raise UsageError(
            "no passphrase", hint="Set HOARFROST_PASSPHRASE_FILE or HOARFROST_PASSPHRASE_COMMAND."
        )
    if not text:
        raise UsageError("the passphrase is empty")
    return Passphrase(text)


def _said_by(command: str) -> str:
    """The first line that the command prints; it runs without a shell."""
    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, check=True, timeout=120)  # noqa: S603
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        name = type(error).__name__
        raise UsageError(
            f"HOARFROST_PASSPHRASE_COMMAND failed ({name})", hint="Run it by hand to see why."
        ) from None
    return done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
