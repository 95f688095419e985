"""Secrets, firewalls, tunnels and load balancers of one project come back in another, cut off once on the way;
compared by raw REST."""

from __future__ import annotations

import os
from typing import Any

import pytest

from hoarfrost.capture import capture
from hoarfrost.cloud import Cloud
from hoarfrost.events import silent
from hoarfrost.flow import back_up, load
from hoarfrost.kinds import KINDS
from hoarfrost.model import Backup
from hoarfrost.plan import plan
from hoarfrost.repository import Cost, Passphrase, Repository, open_store
from hoarfrost.restore import Outcome, apply, undo
from hoarfrost.stream import MOVERS
from tests.cloud.guarded_look import ids, look
from tests.cloud.guarded_site import Raw, build, remove
from tests.cloud.test_restore import Cut, Cutting

pytestmark = pytest.mark.cloud

HERE = os.environ.get("HOARFROST_TEST_CLOUD", "devcloud-member")
THERE = os.environ.get("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other")
READER = os.environ.get("HOARFROST_TEST_READER_CLOUD", "devcloud-reader")


@pytest.fixture
def repository() -> Repository:
    cost = Cost(time=1, memory_kib=64, lanes=1)
    return Repository.init(open_store("memory:"), Passphrase("test"), cost=cost)


@pytest.mark.timeout(
    1800
)  # load balancers take one change at a time, and a busy machine takes its time over each
def test_what_guards_a_project_comes_back_in_another(repository: Repository) -> None:
    here, there = Raw(HERE), Raw(THERE)
    before, before_there = ids(here), ids(there)
    try:
        build(here)
        made = ids(here) - before
        _hidden_from_a_reader()
        backup = load(repository, back_up(Cloud.connect(HERE), repository, silent)[0].id)[1]
        chosen = {one.address for one in backup.resources if one.id.rpartition("/")[2] in made}
        errors = [one for one in backup.findings if one.severity == "error" and one.address in chosen]
        assert errors == []
        _restored(backup, chosen, repository, look(here, made), there)
    finally:
        remove(here, ids(here) - before)
    assert ids(there) == before_there


def _restored(
    backup: Backup, chosen: set[str], repository: Repository, wanted: dict[str, list[str]], there: Raw
) -> None:
    other, journal, storage = Cloud.connect(THERE), Cutting(), repository
    planned = plan(backup, "test", other, KINDS, only=chosen)
    assert [step for step in planned.steps if step.action == "impossible"] == []

    def applied() -> Outcome:
        reading: Any = storage  # a restore only reads
        return apply(planned, backup, other, KINDS, MOVERS, reading, journal, silent)

    try:
        journal.end = 60
        with pytest.raises(Cut):
            applied()
        journal.end = -1
        outcome = applied()
        assert outcome.status == "complete", outcome.findings
        came = {id.rpartition("/")[2] for id in outcome.ids.values()}
        assert look(there, came) == wanted
        again = applied()
        assert (again.count("created"), again.count("updated")) == (0, 0)
    finally:
        journal.end = -1
        removed = undo(planned, other, KINDS, journal, silent)
    assert removed.status == "complete", removed.findings


def _hidden_from_a_reader() -> None:
    """He is shown no tunnel, and no secret; the first without a word."""
    tunnels = {name: kind for name, kind in KINDS.items() if kind.path.startswith("/v2.0/vpn/")}
    _, findings = capture(Cloud.connect(READER), tunnels | {"secret": KINDS["secret"]}, silent)
    told = {(one.address, one.severity, one.code) for one in findings}
    assert told == {(name, "error", "hidden") for name in tunnels} | {("secret", "error", "unreadable")}
