"""``hoarfrost kinds ...``: the resource types, from their declarations. Needs no cloud."""

from __future__ import annotations

import argparse
from inspect import cleandoc
from typing import Any

from hoarfrost.cli.command import Lister, ShowOne, machine, table
from hoarfrost.cli.progress import wrapped
from hoarfrost.errors import UsageError

WIDTH = 14
"""Of the column that says how a restore brings it back: with it the table fits into 120 columns."""


class List(Lister):
    """List the resource types that this version knows.

    A table shows what fits; every other format also what listing them costs and what each is about. `kinds show` says
    everything of one.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.kinds import KINDS
        from hoarfrost.kinds.summary import summary

        rows = [summary(kind) for kind in KINDS.values()]
        if table(parsed_args):
            return ("kind", "service", "restore", "read", "make"), [
                (one.kind, one.service, wrapped(one.restore, WIDTH), one.read, one.make) for one in rows
            ]
        return ("kind", "service", "restore", "read", "make", "requests", "about"), [
            (
                one.kind,
                one.service,
                one.restore,
                one.read,
                one.make,
                one.requests,
                one.about.partition("\n")[0],
            )
            for one in rows
        ]


class Show(ShowOne):
    """Show one resource type: what becomes of each of its fields, who may read and make it, what a listing costs."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("kind", help="name of a resource type, as `kinds list` prints it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from hoarfrost.kinds import KINDS
        from hoarfrost.kinds.summary import fields, summary

        kind = KINDS.get(parsed_args.kind)
        if kind is None:
            raise UsageError(
                f"there is no kind {parsed_args.kind!r}", hint="`hoarfrost kinds list` shows them."
            )
        one, rows = summary(kind), fields(kind)
        told: dict[str, Any] = {
            "kind": one.kind,
            "about": cleandoc(one.about),
            "service": one.service,
            "path": one.path,
            "part_of": one.part_of,
            "recognised_by": one.recognised_by,
            "restore": one.restore,
            "read": one.read,
            "make": one.make,
            "requests": one.requests,
            "refers_to": sorted({to for row in rows for to in row.to}),
            "fields": [row._asdict() for row in rows],
        }
        if not machine(parsed_args):
            told["refers_to"] = ", ".join(told["refers_to"])
            told["fields"] = "\n".join(f"{row.treatment}: {row.field}{_reason(row.why)}" for row in rows)
        return tuple(told), tuple(told.values())


def _reason(why: str) -> str:
    return f" ({why})" if why else ""
