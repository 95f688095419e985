"""The size and the manners of the source: what a reader meets before any of its sense."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "hoarfrost").rglob("*.py"))
BESIDE = [
    path
    for name in ("devcloud", "demo", "seeds", "benchmarks", "reliability")
    for path in sorted((ROOT / name).rglob("*.py"))
]
ALL = [*PACKAGE, *BESIDE]
LONGEST_FILE, MEDIAN, LONGEST_FUNCTION = 400, 150, 60


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_files_are_small() -> None:
    assert [path.name for path in ALL if lines(path) > LONGEST_FILE] == []
    assert statistics.median(lines(path) for path in PACKAGE) <= MEDIAN


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{path.name}:{name} {size}"
        for path in ALL
        for name, size in functions(path)
        if size > LONGEST_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize("path", [path for path in PACKAGE if lines(path) > 0], ids=lambda path: path.stem)
def test_module_says_what_it_decides(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_error_is_swallowed() -> None:
    silent = [
        f"{path.name}:{node.lineno}"
        for path in ALL
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(one, ast.Pass) for one in node.body)
    ]
    assert silent == []


def test_nothing_unpickles_or_uses_a_shell() -> None:
    names = {"pickle", "marshal", "shelve", "dill"}
    found = []
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.name}: {one}" for one in modules if one.partition(".")[0] in names]
            if isinstance(node, ast.keyword) and node.arg == "shell":
                found.append(f"{path.name}: shell=")
    assert found == []


def test_the_witnesses_know_nothing_of_the_product() -> None:
    """The demo and the seeds judge it by its command line, so that they cannot share its mistakes."""
    found = [
        f"{path.name}: {name}"
        for folder in ("demo", "seeds")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.partition(".")[0] == "hoarfrost"
    ]
    assert found == []
