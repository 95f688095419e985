"""The protocol loses nothing in any interleaving, and each of its rules is needed."""

import pytest

from tests.model import collection, repacking
from tests.model.search import search


@pytest.mark.parametrize(("writers", "collectors"), [(2, 1), (1, 2)])
def test_nothing_is_lost(writers: int, collectors: int) -> None:
    found = search(collection.first(writers, collectors), collection.Protocol().steps, collection.lost)
    assert found.path is None
    assert found.states > 2_000


@pytest.mark.parametrize("rule", collection.RULES)
def test_each_rule_is_needed(rule: str) -> None:
    every = [
        search(collection.first(*size), collection.Protocol(rule).steps, collection.lost)
        for size in ((1, 1), (2, 1))
    ]
    assert any(found.path for found in every)


@pytest.mark.parametrize(("writers", "collectors"), [(1, 2), (2, 1)])
def test_nothing_is_lost_where_blobs_are_copied(writers: int, collectors: int) -> None:
    found = search(repacking.first(writers, collectors), repacking.Protocol().steps, repacking.lost)
    assert found.path is None
    assert found.states > 40_000


@pytest.mark.parametrize("rule", repacking.RULES)
def test_each_rule_is_needed_where_blobs_are_copied(rule: str) -> None:
    assert search(repacking.first(1, 2), repacking.Protocol(rule).steps, repacking.lost).path
