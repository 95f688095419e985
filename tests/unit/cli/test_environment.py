"""The table of environment variables has those that the code asks for, and no others."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openstack.exceptions import ConfigException

import hoarfrost
from hoarfrost.cli.app import Hoarfrost
from hoarfrost.cli.environment import OTHERS, VARIABLES
from hoarfrost.cli.secret import NEW, opening_secret, passphrase
from hoarfrost.errors import UsageError
from hoarfrost.repository.stores import keystone
from hoarfrost.repository.stores.s3_account import find_account
from hoarfrost.run.journal import state_directory


class Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    names: set[str]

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    def nothing(**how: object) -> None:
        raise ConfigException("nothing is configured")

    environment = Asked(HOME=str(tmp_path))
    environment.names = set()
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(keystone, "OpenStackConfig", nothing)
    readers: list[Callable[[], object]] = [
        Hoarfrost,
        opening_secret,
        lambda: passphrase(NEW),
        lambda: find_account(environment),
        state_directory,
        keystone.connect,
    ]
    for read in readers:
        try:
            read()
        except UsageError as error:
            assert error.sentence
    return environment.names


def test_what_is_asked_for_is_in_the_table_and_nothing_else(asked: set[str]) -> None:
    assert {name for name in asked if name.startswith("HOARFROST_")} == set(VARIABLES)


def test_what_is_asked_for_of_s3_and_is_not_ours_is_told_of_too(asked: set[str]) -> None:
    told = " ".join(OTHERS)
    wanted = {name for name in asked if name.startswith("AWS_")}
    assert len(wanted) >= 10
    assert {name for name in wanted if f"`{name}`" not in told} == set()


def test_no_file_of_the_product_names_a_variable_that_is_not_in_the_table() -> None:
    files = Path(hoarfrost.__file__).parent.rglob("*.py")
    named = {
        name
        for path in files
        for name in re.findall(r"HOARFROST_[A-Z0-9_]+", path.read_text(encoding="utf-8"))
    }
    stems = {name for name in named if any(one.startswith(name) for one in VARIABLES)}
    assert len(stems) >= 10
    assert named - stems == set()
