"""The reference pages say what the code says; every file that a page links to is there; the format page exists."""

import ast
import re
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS
from hoarfrost.cli.app import COMMANDS
from hoarfrost.cli.reference import PAGES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", PAGES)
def test_reference_page_is_current(name: str) -> None:
    stored = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
    assert stored == PAGES[name](), "make the pages anew with ./dev docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


def test_every_module_is_named_on_the_architecture_page() -> None:
    page = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    packages = [
        path.relative_to(ROOT).parent.as_posix() + "/"
        for path in (ROOT / "hoarfrost").rglob("__init__.py")
        if path.parent != ROOT / "hoarfrost"
    ]
    modules = [path.name for path in (ROOT / "hoarfrost").glob("*.py") if not path.name.startswith("__")]
    missing = [name for name in [*packages, *modules] if name.removeprefix("hoarfrost/") not in page]
    assert missing == []


@pytest.mark.parametrize("place", ["dev", "docs/explanation/performance.md"])
def test_every_benchmark_is_told_of(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    assert [name for name in BENCHMARKS if not re.search(rf"bench ({name}|NAME .*{name})", text)] == []


def test_each_error_code_has_a_meaning() -> None:
    rows = [line.split(" | ") for line in PAGES["errors.md"]().splitlines() if line.startswith("| 1")]
    assert len(rows) > 20
    assert [row[1] for row in rows if not row[3].strip()] == []


def _may_be_partial(one: ast.ClassDef) -> bool:
    """Whether its code sets the exit code, or lists backups of which some may be damaged."""
    inside = [node for node in ast.walk(one) if isinstance(node, ast.Attribute)]
    return any(
        node.attr == "told" or (node.attr == "exit_code" and isinstance(node.ctx, ast.Store))
        for node in inside
    )


def test_a_command_that_may_end_with_3_says_when() -> None:
    commands = {where.partition(":")[2] for where in COMMANDS.values()}
    modules = (ROOT / "hoarfrost/cli").glob("*.py")
    classes = [
        (path.stem, node)
        for path in modules
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name in commands and _may_be_partial(node)
    ]
    assert len(classes) > 8
    silent = [
        (stem, one.name) for stem, one in classes if "Exit code 3 " not in (ast.get_docstring(one) or "")
    ]
    assert silent == []
    assert PAGES["errors.md"]().count("\n* `") == len(classes)
