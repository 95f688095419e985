"""``hoarfrost repository ...``: the place where backups are kept."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hoarfrost.cli.command import Command, ShowOne, amount, machine
from hoarfrost.cli.secret import passphrase
from hoarfrost.errors import Partial, UsageError

if TYPE_CHECKING:
    from hoarfrost.repository import Checked, Damage


class Init(ShowOne):
    """Make a new, encrypted repository.

    The passphrase opens it and nothing else does: keep it where the loss of this machine and of the cloud does not
    reach it. It is one line of at least 8 characters. Keep the id beside it: with both, a repository that has lost its
    object `format` is mended.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.repository import Repository

        store = self.store()
        made = Repository.init(store, passphrase(new=True))
        print("hoarfrost: keep the id beside the passphrase: it mends a lost `format`", file=self.app.stderr)
        return ("id", "url"), (made.id, store.describe())


class Show(ShowOne):
    """Show what a repository holds and what it costs.

    `logical`: bytes of all that the backups hold. `read`: what their runs read from the cloud. `new`: what was not in
    the repository yet, before compression and in whole sub-blocks, so that it may be more than was read. `stored`:
    bytes of all files of the repository. `damaged`: backups that cannot be opened. `requests`, `index_memory`: what
    this look at it cost. Exit code 3 when a backup is damaged, which the sums then lack; `backup list` names it. A
    damaged object of the index is said beside them, with what to do about it; they lack nothing because of it.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        import msgspec

        repository = self.repository()
        totals = msgspec.to_builtins(repository.totals())
        for one in repository.damaged_index():
            self.tell(f"hoarfrost: {one.sentence}\n  {one.hint}")
        if totals["damaged"]:
            self.exit_code = Partial.exit_code
        said, amounts = amount(parsed_args), ("logical", "read", "new", "stored", "index_memory")
        totals = {key: said(value) if key in amounts else value for key, value in totals.items()}
        return ("id", "url", *totals), (repository.id, repository.store.describe(), *totals.values())


class Prune(ShowOne):
    """Give back the space that no backup needs any more.

    Backups may be made meanwhile. Exit code 3 when one that began earlier is at work: nothing was deleted, so run it
    again, or wait.

    `freed`, `packs`: deleted as a whole. `regained`, `repacked`, `read`: by rewriting packs, and what that read.
    `left`: packs worth rewriting that were not; `damaged`: those of them that cannot be read. `kept`: what there is
    afterwards; `dead`: what nobody needs of that. `waiting`: backups under way because of which nothing was deleted
    (run, process and machine); of a dry run those under way, for which a prune would wait. `given_up`: backups whose
    run is taken for dead.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be freed")
        parser.add_argument(
            "--wait",
            metavar="MINUTES",
            type=minutes,
            default=0,
            help="how long to wait for backups under way",
        )
        parser.add_argument(
            "--lease",
            metavar="MINUTES",
            type=minutes,
            default=360,
            help="give up a backup that has said nothing for so long (%(default)s, at least 30); each says something"
            " every ten minutes, and one that is given up fails, and has to be made again",
        )
        parser.add_argument(
            "--live",
            metavar="PERCENT",
            type=percent,
            default=50,
            help="rewrite packs of which less than that is needed (%(default)s; 0: rewrite none)",
        )
        parser.add_argument(
            "--at-most",
            metavar="PERCENT",
            type=percent,
            default=10,
            help="of the repository is rewritten in one run (%(default)s)",
        )
        parser.add_argument("--renew", action="store_true", help="also rewrite what is sealed for an old key")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        import msgspec

        from hoarfrost.repository import SHORTEST_LEASE, Patience, Repack

        if timedelta(minutes=parsed_args.lease) < SHORTEST_LEASE:
            hint = "A backup that is at work says something every ten minutes: less would kill it."
            raise UsageError(
                f"--lease is at least {SHORTEST_LEASE // timedelta(minutes=1)} minutes", hint=hint
            )
        patience = Patience(
            wait=timedelta(minutes=parsed_args.wait), lease=timedelta(minutes=parsed_args.lease)
        )
        repack = Repack(below=parsed_args.live / 100, most=parsed_args.at_most / 100, renew=parsed_args.renew)
        done = self.repository().prune(dry_run=parsed_args.dry_run, patience=patience, repack=repack)
        told = msgspec.to_builtins(done)
        if not machine(parsed_args):
            said, amounts = amount(parsed_args), ("freed", "regained", "read", "kept", "dead")
            told = {key: said(value) if key in amounts else value for key, value in told.items()}
            told["waiting"] = "\n".join(done.waiting) or "for nobody"
            told["given_up"] = "\n".join(done.given_up) or "none"
        if done.waiting and not parsed_args.dry_run:
            self.exit_code = Partial.exit_code
        return tuple(told), tuple(told.values())


UNHARMED = {
    1: "nothing is missing; the bytes themselves were not read: --level 2 reads a sample, 3 all",
    2: "none in what was read",
    3: "none in what was read",
    4: "none in what was read and restored",
}
"""What a check that found nothing can say, by its level."""

HEALS = (
    "make a backup now: it sends again what is damaged or missing and the project still has, which heals older backups"
    " that need the same; then check again, and what is still named is lost"
)
UNTOLD = (
    "what is damaged could not be written down in this store, so that no backup sends it again: check again with write"
    " access"
)
NO_STREAM = "what is named without a stream and a remedy describes backups: no backup sends it again"


def _after(found: Checked, level: int) -> list[str]:
    """What follows from damage, as far as this check knows."""
    whole = level >= 3 and not (found.left or found.recent)
    yet = "what is not named was not all read: --level 3 without a budget and --max-age reads all"
    said = ["what is not named is there and right" if whole else yet]
    if found.untold:
        said.append(UNTOLD)
    elif any(one.stream for one in found.damage):
        said.append(HEALS)
    return said if all(one.stream or one.remedy for one in found.damage) else [*said, NO_STREAM]


class Check(ShowOne):
    """Look for damage, and name it by backup, stream and range.

    Level 1: everything is there. 2: a random sample is read as well. 3: everything is read. 4: then every stream is
    restored to nowhere, the newest backup first. Exit code 3 when something is wrong; after level 3, without a budget
    and --max-age, what is not named is there and right; after level 4 it has been restored.

    `damage`: what is wrong, with the `remedy` where it has one of its own. `blobs`, `read`: pieces and bytes that were
    read and proven. `left`: pieces that the budget did not reach. `recent`: pieces left out by `--max-age`. `told`:
    damaged pieces that this check was the first to write down, for the next backup to send again. `untold`: those that
    it could not write down, where the store is only read. `restored`: bytes that streams gave at level 4. `unrestored`:
    streams that the budget did not reach there. `notes`: what was met that is no damage, and its remedy.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--level", type=int, choices=(1, 2, 3, 4), default=1, help="how closely (%(default)s)"
        )
        parser.add_argument(
            "--budget",
            metavar="MIB",
            type=mebibytes,
            help="level 2: read about so much, chosen by chance (256); level 3: stop after the pack with which so"
            " much is read; level 4: also after the stream with which so much is restored",
        )
        parser.add_argument(
            "--max-age",
            metavar="DAYS",
            type=days,
            help="from level 3: leave out what was proven within so many days; with a budget, a check every night gets"
            " through everything in turn",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        import msgspec

        if parsed_args.max_age and parsed_args.level < 3:
            raise UsageError("--max-age is for levels 3 and 4")
        if parsed_args.budget and parsed_args.level == 1:
            raise UsageError("--budget is for levels 2 to 4: level 1 reads no data")
        found = self.repository().check(
            parsed_args.level, budget=parsed_args.budget, max_age=parsed_args.max_age
        )
        told = msgspec.to_builtins(found)
        if not machine(parsed_args):
            said = amount(parsed_args)
            told["read"], told["restored"] = said(found.read), said(found.restored)
            told["damage"] = "\n".join(_line(one) for one in found.damage) or UNHARMED[parsed_args.level]
            told["notes"] = "\n".join(f"{one.why} {one.remedy}" for one in found.notes) or "none"
        if found.damage:
            self.exit_code = Partial.exit_code
            for sentence in _after(found, parsed_args.level):
                self.tell(f"hoarfrost: {sentence}")
        return tuple(told), tuple(told.values())


class Shred(Command):
    """Destroy a repository by destroying its keys: nobody reads it again, whoever has a copy of its files.

    A copy of an old `keys/` folder opens it still, so that copies of the store must go too. The files stay.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "id", help="the whole id of the repository, as `repository show` says it: to be sure"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        repository = self.repository()
        if parsed_args.id != repository.id:
            raise UsageError(f"the repository at {repository.store.describe()} has another id")
        repository.shred()
        self.tell("its keys are destroyed; only a copy of its keys/ would open it")


def percent(text: str) -> float:
    """For argparse: raises ValueError."""
    value = float(text)
    if not 0 <= value <= 100:
        raise ValueError(text)
    return value


def days(text: str) -> timedelta:
    """For argparse: raises ValueError."""
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return timedelta(days=value)


def minutes(text: str) -> float:
    """For argparse: raises ValueError."""
    value = float(text)
    if not 0 <= value < 1e6:
        raise ValueError(text)
    return value


def mebibytes(text: str) -> int:
    """In bytes. For argparse: raises ValueError."""
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError(text)
    return int(value * (1 << 20))


def _line(one: Damage) -> str:
    if not one.backup:
        return f"{one.why} {one.remedy}".rstrip()
    if not one.stream:
        return f"backup {one.backup}: {one.why}"
    return f"backup {one.backup}, {one.stream!r}, bytes {one.offset} to {one.offset + one.length}: {one.why}"
