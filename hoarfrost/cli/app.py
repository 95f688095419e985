"""The command line: its global options, the table of its commands, and how an error gets its exit code.

A command is loaded only when it is called, so that help and everything that needs no cloud start at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from importlib.metadata import EntryPoint
from types import FrameType
from typing import Any

from cliff.app import App
from cliff.command import Command
from cliff.commandmanager import CommandManager
from cliff.help import HelpCommand

from hoarfrost import __version__
from hoarfrost.errors import Cancelled, UsageError

COMMANDS = {
    "repository init": "hoarfrost.cli.repository:Init",
    "repository show": "hoarfrost.cli.repository:Show",
    "repository check": "hoarfrost.cli.repository:Check",
    "repository prune": "hoarfrost.cli.repository:Prune",
    "repository shred": "hoarfrost.cli.repository:Shred",
    "repository key list": "hoarfrost.cli.key:List",
    "repository key add": "hoarfrost.cli.key:Add",
    "repository key remove": "hoarfrost.cli.key:Remove",
    "repository key rotate": "hoarfrost.cli.key:Rotate",
    "backup create": "hoarfrost.cli.backup:Create",
    "backup list": "hoarfrost.cli.backup:List",
    "backup show": "hoarfrost.cli.backup:Show",
    "backup delete": "hoarfrost.cli.backup:Delete",
    "backup forget": "hoarfrost.cli.forget:Forget",
    "probe": "hoarfrost.cli.probe:Probe",
    "kinds list": "hoarfrost.cli.kinds:List",
    "kinds show": "hoarfrost.cli.kinds:Show",
    "restore plan": "hoarfrost.cli.restore:Plan",
    "restore apply": "hoarfrost.cli.restore:Apply",
    "restore show": "hoarfrost.cli.restore:Show",
    "restore undo": "hoarfrost.cli.restore:Undo",
    "leftover list": "hoarfrost.cli.leftover:List",
    "leftover remove": "hoarfrost.cli.leftover:Remove",
}


class Commands(CommandManager):
    """The table above. A command is called by its whole name: `backup d` shall not delete."""

    def __init__(self) -> None:
        super().__init__()
        for name, where in COMMANDS.items():
            self.commands[name] = EntryPoint(name=name, value=where, group="hoarfrost")

    def find_command(self, argv: list[str]) -> tuple[type[Command], str, list[str]]:
        found = super().find_command(argv)
        if found[1] not in self.commands:
            raise ValueError(f"{' '.join(argv)!r} is not a command")
        return found


class Help(HelpCommand):
    """print detailed help for another command"""

    def run(self, parsed_args: argparse.Namespace) -> int:
        try:
            return int(super().run(parsed_args))
        except ValueError:
            return _refused(
                f"there is no command {' '.join(parsed_args.cmd)!r}", "`hoarfrost --help` shows them."
            )


class Hoarfrost(App):
    """As a tenant, back up everything your OpenStack project owns, and bring it back on any cloud."""

    NAME = "hoarfrost"

    def __init__(self) -> None:
        super().__init__(self.__doc__, __version__, Commands(), deferred_help=True)
        self.command_manager.add_command("help", Help)

    def build_option_parser(
        self, description: str | None, version: str | None, argparse_kwargs: dict[str, Any] | None = None
    ) -> argparse.ArgumentParser:
        parser = super().build_option_parser(description, version, argparse_kwargs)
        parser.add_argument(
            "--os-cloud",
            metavar="NAME",
            default=os.environ.get("OS_CLOUD"),
            help="the cloud, as clouds.yaml names it (OS_CLOUD; without one the OS_* variables)",
        )
        parser.add_argument(
            "--identity-cloud",
            metavar="NAME",
            help="an entry of clouds.yaml with another login to the same cloud, such as a reader of the domain: by it"
            " the users, groups and roles of the project are looked at, and nothing is changed",
        )
        parser.add_argument(
            "--repository",
            metavar="URL",
            default=os.environ.get("HOARFROST_REPOSITORY"),
            help="where the backups are: a folder, s3:BUCKET/PREFIX, swift:CONTAINER/PREFIX, sftp:USER@HOST/PATH"
            " (HOARFROST_REPOSITORY)",
        )
        parser.add_argument(
            "--bandwidth",
            metavar="MIB",
            type=amount,
            default=0.0,
            help="MiB a second to and from the repository, at most",
        )
        parser.add_argument(
            "--requests",
            metavar="N",
            type=count,
            default=0,
            help="requests to the repository at once, at most",
        )
        parser.add_argument(
            "--read-only",
            action="store_true",
            help="write nothing to the repository, and delete nothing in it",
        )
        return parser

    def configure_logging(self) -> None:
        """The libraries' own messages are for those who ask for them (-vv)."""
        try:
            super().configure_logging()
        except OSError as error:
            sentence = f"--log-file cannot be written: {self.options.log_file}: {error.strerror}"
            sys.exit(_refused(sentence, "Name a file in a folder that is there."))
        # Of a file that it cannot read it repeats a line, which may be that of a password
        logging.getLogger("openstack.config").setLevel(logging.ERROR)
        if self.options.verbose_level < 3:
            for name in ("openstack", "keystoneauth", "urllib3", "stevedore", "asyncio"):
                logging.getLogger(name).setLevel(logging.ERROR)

    def run(self, argv: list[str]) -> int:
        return super().run(argv or ["--help"])


def _refused(sentence: str, hint: str) -> int:
    """What is wrong before any command runs, said as a command says it."""
    print(f"hoarfrost: {sentence}\n  {hint}", file=sys.stderr)
    return UsageError.exit_code


def amount(text: str) -> float:
    """For argparse: raises ValueError."""
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError(text)
    return value


def count(text: str) -> int:
    """For argparse: raises ValueError."""
    value = int(text)
    if not 0 < value < 10_000:
        raise ValueError(text)
    return value


_NUMPY = {"OPENBLAS_NUM_THREADS": "1", "NUMPY_MADVISE_HUGEPAGE": "0"}
"""Threads that nobody here needs spin as they start; huge pages that its host took back cost a guest five times small
ones, and bytes that are looked at once gain nothing by them."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise Cancelled(f"stopped by {signal.Signals(number).name}")


def main(argv: list[str] | None = None) -> int:
    """Entry point of the ``hoarfrost`` command; returns the exit code."""
    for name, value in _NUMPY.items():
        os.environ.setdefault(name, value)
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, _stop)
    return Hoarfrost().run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
