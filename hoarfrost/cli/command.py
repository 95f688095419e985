"""What every command has in common: errors said in one sentence with a hint, the right exit code, and the way to
open what the global options name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from cliff.command import Command as CliffCommand
from cliff.lister import Lister as CliffLister
from cliff.show import ShowOne as CliffShowOne

from hoarfrost.cli.progress import printable, size
from hoarfrost.cli.secret import opening_secret
from hoarfrost.errors import Cancelled, HoarfrostError, Partial, UsageError

if TYPE_CHECKING:
    from hoarfrost.cloud import Cloud
    from hoarfrost.repository import Backups, Repository, Store


PRUNE = "the space is freed by the next `hoarfrost repository prune`"


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
        self.tell(printable(f"hoarfrost: {error.sentence}", lines=False))
        if error.hint:
            self.tell(f"  {error.hint}")
        if error.request_id:
            self.tell(f"  (request {error.request_id})")
        return error.exit_code

    def tell(self, text: str) -> None:
        """Beside the result, at once."""
        print(printable(text), file=self.app.stderr, flush=True)

    # -- what the options name ---------------------------------------------------------------------------------

    def cloud(self) -> Cloud:
        from hoarfrost.cloud import Cloud

        return Cloud.connect(self.app.options.os_cloud, self.app.options.identity_cloud)

    def url(self) -> str:
        url = self.app.options.repository
        if not url:
            raise UsageError(
                "no repository is named", hint="Give --repository URL, or set HOARFROST_REPOSITORY."
            )
        return str(url)

    def store(self) -> Store:
        from hoarfrost.repository import open_store

        options = self.app.options
        return open_store(
            self.url(),
            read_only=options.read_only,
            bandwidth=int(options.bandwidth * (1 << 20)),
            requests=options.requests,
        )

    def repository(self) -> Repository:
        from hoarfrost.repository import Repository

        return Repository.open(self.store(), opening_secret())


def when(time: str) -> str:
    """A moment as people read it, the same in every list: UTC, to the second."""
    return f"{time[:19]}Z" if time else ""


class Command(_Careful):
    """A command without a result to print."""


@contextmanager
def _until_enough(stream: TextIO) -> Iterator[None]:
    """Whoever reads may have seen enough (``| head``): the work is done by then, and this is no error of it."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        # What is still buffered would fail once more when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Lister(_Careful, CliffLister):
    """A command that prints rows: a table, or with ``-f json`` an array of objects."""

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: Sequence[str], data: Iterable[Sequence[Any]]
    ) -> int:
        """A table without a row is an empty line, which reads as if something had failed."""
        _must_have(parsed_args.columns, column_names)
        rows = list(data)
        if not rows and table(parsed_args):
            print("none", file=self.app.stdout)
            return 0
        if table(parsed_args):
            rows = [tuple(map(_cell, row)) for row in rows]
        with _until_enough(self.app.stdout):
            super().produce_output(parsed_args, column_names, rows)
        return 0

    def told(self, backups: Backups) -> Backups:
        """To be listed; those that are damaged are named beside, and the exit code says that they are."""
        for one in backups.damaged:
            self.tell(f"hoarfrost: {one.why}\n  {one.remedy or _remedy(one.backup)}")
            self.exit_code = Partial.exit_code
        return backups


def _remedy(backup: str) -> str:
    return (
        f"No other backup is affected. Bring snaps/{backup} back from a copy of the repository, or delete it:"
        f" `hoarfrost backup delete {backup}`."
    )


class ShowOne(_Careful, CliffShowOne):
    """A command that prints one thing: a table of its fields, or with ``-f json`` an object."""

    def produce_output(self, parsed_args: argparse.Namespace, column_names: Any, data: Any) -> int:
        _must_have(parsed_args.columns, column_names)
        if table(parsed_args):
            data = tuple(map(_cell, data))
        with _until_enough(self.app.stdout):
            super().produce_output(parsed_args, column_names, data)
        return 0


def machine(parsed_args: argparse.Namespace) -> bool:
    """Whether the output is read by a program (``-f json`` or ``-f yaml``)."""
    return getattr(parsed_args, "formatter", "table") in ("json", "yaml")


def amount(parsed_args: argparse.Namespace) -> Callable[[float], Any]:
    """How bytes are said: with a unit to people, as a bare number to every program."""
    return size if table(parsed_args) else int


def _must_have(wanted: Sequence[str], columns: Sequence[str]) -> None:
    """Raises UsageError where none of the columns that are asked for is there, which cliff says in its own words."""
    if wanted and not {one.lower().strip().replace(" ", "_") for one in wanted} & set(columns):
        hint = f"There is: {', '.join(columns)}. What the command does is done, and only not shown."
        raise UsageError(f"there is no column {', '.join(map(repr, wanted))}", hint=hint)


def _cell(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def table(parsed_args: argparse.Namespace) -> bool:
    """Whether people read it; ``-f csv`` and ``-f value`` are for programs, too, with text in every cell."""
    return getattr(parsed_args, "formatter", "table") == "table"
