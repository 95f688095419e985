"""YAML that a person wrote: what it says, or where it is none. What it means is the affair of who asks."""

from __future__ import annotations

from typing import Any

import yaml


class NotYaml(ValueError):
    """Says the place, as its parser knows it: " at line 3, column 5", or "". Never what stands there."""


def parsed(text: str) -> Any:
    """Raises NotYaml; also for what the parser gives up in its own words: dates that are none, thousands of levels."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise NotYaml(f" at line {mark.line + 1}, column {mark.column + 1}" if mark else "") from error
    except (ValueError, RecursionError) as error:
        raise NotYaml("") from error
