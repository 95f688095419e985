"""The reference pages, made from the code: ``python -m hoarfrost.cli.reference FOLDER`` writes them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

from hoarfrost import errors
from hoarfrost.cli.app import COMMANDS, Hoarfrost
from hoarfrost.cli.environment import OTHERS, VARIABLES


def commands() -> str:
    """Every command with its arguments."""
    app = Hoarfrost()
    parts = ["# Commands\n", "Global options come before the command.\n", *_options(app.parser)]
    for name, where in sorted(COMMANDS.items()):
        module, _, attribute = where.partition(":")
        command = getattr(import_module(module), attribute)
        parser = command(app, argparse.Namespace()).get_parser(f"hoarfrost {name}")
        parts += [f"\n## {name}\n", cleandoc(command.__doc__), "", *_options(parser)]
    return "\n".join(parts) + "\n"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    rows = []
    for action in parser._actions:
        group = action.container.title if hasattr(action, "container") else ""
        if "formatter" in (group or "").lower() or "-h" in action.option_strings:
            continue
        name = ", ".join(f"`{one}`" for one in action.option_strings) or f"`{action.dest}`"
        metavar = f" {action.metavar}" if action.metavar and action.option_strings else ""
        text = (action.help or "").replace("%(default)s", str(action.default))
        rows.append(f"| {name}{metavar} | {' '.join(text.split())} |")
    if rows:
        yield from ("| argument | meaning |", "|---|---|", *rows)


def error_codes() -> str:
    """Every error code with its exit code."""
    import_module("hoarfrost.stream.incomplete")
    rows = [
        "# Errors and exit codes\n",
        "| exit code | code | may be tried again | meaning | what to do, where the message says nothing better |",
        "|---|---|---|---|---|",
    ]
    for error in sorted(_tree(errors.HoarfrostError), key=lambda one: (one.exit_code, one.code)):
        meaning = cleandoc(error.__doc__ or "").partition("\n")[0]
        again = "yes" if error.may_retry else "no"
        rows.append(f"| {error.exit_code} | `{error.code}` | {again} | {meaning} | {error.default_hint} |")
    rows += ["\n0 is success; the tree is drawn in `hoarfrost/errors.py`.", *_partial()]
    return "\n".join(rows) + "\n"


def _partial() -> Iterator[str]:
    """When which command ends with 3, as its help says it."""
    yield "\n## Exit code 3\n"
    yield from cleandoc(errors.Partial.__doc__ or "").splitlines()
    yield ""
    for name, where in sorted(COMMANDS.items()):
        module, _, attribute = where.partition(":")
        told = " ".join((getattr(import_module(module), attribute).__doc__ or "").split())
        if said := re.search(r"Exit code 3 (?:\(partial\) )?(when .*?)(?=[;.] |[;.]?$)", told):
            yield f"* `{name}`: {said[1]}."


def _tree(top: type[errors.HoarfrostError]) -> Iterator[type[errors.HoarfrostError]]:
    yield top
    for one in top.__subclasses__():
        yield from _tree(one)


def kinds() -> str:
    """Every kind: who may read and make it, what a listing costs, and what becomes of each field."""
    from hoarfrost.kinds import KINDS
    from hoarfrost.kinds.summary import fields, summary

    known = [(summary(kind), fields(kind)) for kind in KINDS.values()]
    parts = [
        "# Resource types\n",
        "What Hoarfrost does with every resource type it knows, and with every field of it. Who may read and make one",
        "is said of OpenStack's policies as they come; `hoarfrost probe` looks at your cloud.\n",
        "| type | service | in a restore | shown to | made by | requests of a listing |",
        "|---|---|---|---|---|---|",
    ]
    for one, _ in known:
        parts.append(
            f"| [{one.kind}](#{one.kind}) | {one.service} | {one.restore} | {one.read} | {one.make} | {one.requests} |"
        )
    for one, rows in known:
        parts += [f"\n## {one.kind}\n", one.about, ""]
        if one.part_of:
            parts += [f"A part of {one.part_of}.", ""]
        if one.restore == "mapped":
            parts += ["Never created by a restore: mapped to what the target cloud has.", ""]
        parts += [f"Recognised on another cloud by: {one.recognised_by}.", ""]
        parts += ["| treatment | fields | why |", "|---|---|---|"]
        alike: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            alike.setdefault((row.treatment, row.why), []).append(f"`{row.field}`")
        parts += [
            f"| {treatment} | {', '.join(names)} | {why} |" for (treatment, why), names in alike.items()
        ]
    return "\n".join(parts) + "\n"


def environment() -> str:
    """Every environment variable that is read."""
    rows = [
        "# Environment variables\n",
        "An option comes before its variable. Secrets have no option: others see a command line.\n",
        "| variable | meaning |",
        "|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()),
        "\nRead as other programs read them:\n",
        "| variables | meaning |",
        "|---|---|",
        *(f"| {names} | {meaning} |" for names, meaning in OTHERS.items()),
    ]
    return "\n".join(rows) + "\n"


PAGES = {"commands.md": commands, "environment.md": environment, "errors.md": error_codes, "kinds.md": kinds}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
