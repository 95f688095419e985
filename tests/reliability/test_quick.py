"""The quick form of every part of ./dev reliability: nothing is lost, nothing is silent."""

import pytest

from reliability.__main__ import PARTS
from reliability.part import Effort

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", PARTS)
def test_nothing_is_lost_and_nothing_is_silent(name: str) -> None:
    part = PARTS[name](Effort(quick=True))
    assert part.failures == []
    assert part.rows
    for row in part.rows:
        assert len(row) == len(part.columns)
        assert row[-1] == 0
