"""``hoarfrost repository key ...``: who may open a repository, and what for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hoarfrost.cli.command import Command, Lister, ShowOne, machine, when
from hoarfrost.cli.progress import printable
from hoarfrost.cli.secret import NEW, opening_secret, passphrase
from hoarfrost.errors import Partial, UsageError

if TYPE_CHECKING:
    from hoarfrost.repository import KeySlot

_COLUMNS = ("id", "kind", "role", "label", "created", "recipient", "proven")


class List(Lister):
    """List the keys that open a repository.

    Proven: made by somebody who may read; a key that is not was put there by who has the store, and opens nothing.
    None: only a key that reads can tell. Of the kind `damaged` or, where the store does not give it, `unreadable`: is
    said beside the list with what to do about it. Exit code 3 when a key is damaged.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        found = self.repository().keys()
        for one in found:
            if one.why:
                self.tell(f"hoarfrost: {one.why}\n  {one.hint}")
                self.exit_code = Partial.exit_code
        return _COLUMNS, [_row(one, machine(parsed_args)) for one in found]


class Add(ShowOne):
    """Add a key: a passphrase, or the public key of an age recipient.

    Roles: read may do everything; write may make backups and read no data, not even its own; maintain may check that
    everything is there, prune, and delete single backups and keys, and read no data. No key keeps whoever may delete
    in the store from deleting there: give a machine with a write key credentials for the store that cannot. The new
    passphrase comes from HOARFROST_NEW_PASSPHRASE_FILE, HOARFROST_NEW_PASSPHRASE_COMMAND or a prompt, is one line
    of at least 8 characters, and that of no other key.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--role",
            choices=("read", "write", "maintain"),
            default="read",
            help="what it may do (%(default)s)",
        )
        parser.add_argument("--label", default="", help="a name for people; kept in the clear")
        parser.add_argument(
            "--recipient",
            metavar="AGE1...",
            help="for who holds the other half (HOARFROST_AGE_IDENTITY_FILE), instead of a passphrase",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.repository import AgeRecipient

        if printable(parsed_args.label, lines=False) != parsed_args.label:
            hint = "Give it letters, digits, spaces and signs only."
            raise UsageError(f"--label has control characters in it: {parsed_args.label!r}", hint=hint)
        repository = self.repository()
        given = parsed_args.recipient
        secret = AgeRecipient(given) if given else passphrase(NEW, new=True)
        id = repository.add_key(secret, parsed_args.role, parsed_args.label)
        return ("id", "role"), (id, parsed_args.role)


class Remove(Command):
    """Remove a key. It opens the repository no more, but whoever used it may have kept what it opened: then rotate."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("key", help="id of a key, or its beginning")
        parser.add_argument("--dry-run", action="store_true", help="only say which key would go")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        gone = self.repository().remove_key(parsed_args.key, dry_run=parsed_args.dry_run)
        done = "would be removed" if parsed_args.dry_run else "removed"
        self.tell(f"{done}: {gone.id}, {_named(gone)}")


class Rotate(Lister):
    """Seal everything that is written from now on for a new key.

    Keys of age recipients and your own go on, with new ids, which are said when it is done. Other passphrases stop
    working, are named before anything is done, listed here, and have to be added again. What is stored already can
    still be opened by who kept an old key.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--dry-run", action="store_true", help="only say which keys would stop working")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.repository import Repository

        secret = opening_secret()
        dry_run = parsed_args.dry_run

        def told(dropped: Sequence[KeySlot]) -> None:
            self.tell("\n".join(_stopping(dropped, dry_run)))

        repository = Repository.open(self.store(), secret)
        dropped = repository.rotate_keys(secret, dry_run=dry_run, told=told)
        if not dry_run:
            self.tell("hoarfrost: done; what is written from now on is sealed for a new key")
            self.tell("\n".join(_going_on(repository.keys())))
        return _COLUMNS, [_row(one, machine(parsed_args)) for one in dropped]


def _stopping(dropped: Sequence[KeySlot], dry_run: bool) -> list[str]:
    """What a rotation says before it begins."""
    if not dropped:
        return ["hoarfrost: all keys go on"]
    lines = [f"hoarfrost: these keys {'would stop' if dry_run else 'stop'} working:"]
    lines += [f"  {one.id}  {_why_it_stops(one)}" for one in dropped]
    if any(one.kind == "argon2id" for one in dropped):
        lines.append(
            "  To keep one, add it afterwards: `hoarfrost repository key add --role ROLE --label LABEL`, by the same"
            " passphrase unless that has leaked. Keys of age recipients go on by themselves."
        )
    return lines


def _going_on(kept: Sequence[KeySlot]) -> list[str]:
    """Of passphrases only the caller's go on."""
    return ["hoarfrost: these keys go on, with new ids:"] + [
        f"  {one.id}  {_named(one)}: {one.recipient or 'the passphrase given here'}"
        for one in kept
        if one.role
    ]


def _why_it_stops(key: KeySlot) -> str:
    if key.kind == "damaged":
        return "damaged: it opens nothing as it is"
    if not key.proven:
        return f"{_named(key)}: made by nobody who may read"
    return f"{_named(key)}: a passphrase that is not the one given here"


def _named(key: KeySlot) -> str:
    return f"{key.role} key {key.label!r}" if key.role else key.kind


def _row(key: Any, values: bool) -> tuple[Any, ...]:
    told = {column: getattr(key, column) for column in _COLUMNS}
    if not values:
        told |= {"created": when(key.created), "label": printable(key.label, lines=False)}
    return tuple(told.values())
