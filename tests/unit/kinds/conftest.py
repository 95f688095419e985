"""Bodies as a real cloud gave them (one small project), by kind; names and keys are made up."""

import json
from pathlib import Path
from typing import Any

import pytest

BODIES = Path(__file__).parent / "bodies"


@pytest.fixture
def bodies() -> dict[str, dict[str, dict[str, Any]]]:
    """kind -> what the kind calls it (its title) -> body."""
    from hoarfrost.kinds import KINDS

    return {
        path.stem: {
            KINDS[path.stem].title(body): body for body in json.loads(path.read_text(encoding="utf-8"))
        }
        for path in BODIES.glob("*.json")
    }
