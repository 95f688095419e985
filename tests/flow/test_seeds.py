"""Tenants out of seed numbers on a real cloud: what comes back is what was there, or the plan said it would not."""

from __future__ import annotations

from pathlib import Path

import pytest

from seeds.__main__ import clouds
from seeds.cases import CHEAP, Case
from seeds.story import Story

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(600)]


@pytest.mark.parametrize("case", CHEAP, ids=lambda case: f"{case.seed}-{case.into}")
def test_a_drawn_tenant_comes_back(case: Case, tmp_path: Path) -> None:
    story = Story(clouds(), tmp_path, print, case.only)

    row = story.bring_back(story.keep(case.seed), case.into)

    assert row.failures == []
    assert row.fields > row.resources > 10
