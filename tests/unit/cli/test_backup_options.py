"""What `backup create` is told of snapshots: nothing, all of them, or some."""

from __future__ import annotations

from typing import Any

import pytest

from hoarfrost.cli.backup import Create


@pytest.mark.parametrize(
    ("said", "patterns"),
    [
        ([], []),
        (["--with-snapshots"], ["*"]),
        (["--with-snapshots", "before-*", "--with-snapshots", "daily 1"], ["before-*", "daily 1"]),
    ],
)
def test_which_snapshots_are_read(said: list[str], patterns: list[str]) -> None:
    nothing: Any = None
    parsed = Create(nothing, None).get_parser("backup create").parse_args(said)
    assert parsed.with_snapshots == patterns
