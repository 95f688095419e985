"""``hoarfrost repository ...``: the place where backups are kept."""

from __future__ import annotations

import argparse
from typing import Any

from hoarfrost.cli.command import ShowOne, machine, passphrase
from hoarfrost.cli.progress import size


class Init(ShowOne):
    """Make a new, encrypted repository.

    The passphrase opens it and nothing else does: keep it where the loss of this machine and of the cloud does not
    reach it.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.repository import Repository, open_store

        store = open_store(self.url())
        made = Repository.init(store, passphrase(confirm=True))
        return ("id", "url"), (made.id, store.describe())


class Show(ShowOne):
    """Show what a repository holds and what it costs."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        import msgspec

        repository = self.repository()
        totals = msgspec.to_builtins(repository.totals())
        if not machine(parsed_args):
            amounts = ("logical", "stored", "index_memory")
            totals = {key: size(value) if key in amounts else value for key, value in totals.items()}
        return ("id", "url", *totals), (repository.id, repository.store.describe(), *totals.values())
