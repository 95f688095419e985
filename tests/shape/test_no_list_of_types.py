"""The graph decides: no stage knows a resource type by its name. What is special about one is said by its kind."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoarfrost.kinds import KINDS

PACKAGE = Path(__file__).parents[2] / "hoarfrost"
STAGES = ("capture", "freeze", "plan", "restore", "verify", "stream")
FILES = sorted(path for stage in STAGES for path in (PACKAGE / stage).glob("*.py"))  # not stream/movers


def named(tree: ast.AST) -> Iterator[str]:
    """The strings that are a kind's name, or begin an address of one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            word = node.value.partition("/")[0]
            if word in KINDS and (word == node.value or node.value.startswith(f"{word}/")):
                yield node.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_stage_names_no_kind(path: Path) -> None:
    assert list(named(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_a_name_would_be_found() -> None:
    tree = ast.parse('if kind == "router" or address.startswith("port/") or stage == "restore": pass')
    assert list(named(tree)) == ["router", "port/"]
