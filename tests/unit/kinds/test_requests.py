"""Listing costs requests in proportion to pages; what costs more for each resource says so in its declaration."""

from typing import Any

import pytest

from benchmarks.listing.one import measured
from hoarfrost.kinds import KINDS

COUNT = 120


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("port", 1),
        ("security_group_rule", 1),
        ("image", 2),  # hidden ones are in a list of their own
        ("volume", 1),
        ("keypair", 1),
        ("server", 3),  # once more for the ids of flavors, and the server groups
        ("container", 2),  # the page after the last is empty
        ("recordset", 1),
    ],
)
def test_requests(name: str, pages: int) -> None:
    found: dict[str, Any] = measured(name, COUNT)
    assert found["resources"] == COUNT
    # These images are private: only of shared ones members are asked for.
    further = 0 if name == "image" else KINDS[name].further
    assert found["requests"] == pages + further * COUNT


def test_pages_are_counted() -> None:
    """2 500 volumes in pages of 1 000."""
    assert measured("volume", 2500)["requests"] == 3
