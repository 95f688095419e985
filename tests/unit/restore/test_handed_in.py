"""Secrets that somebody still knows: taken from him, shown nowhere; without one, what needs it is not made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import toycloud
from msgspec.structs import replace
from toycloud import Memory, Toy, ToyCloud, backup_of

from hoarfrost.cli.secret import app_secrets
from hoarfrost.errors import UsageError
from hoarfrost.events import silent
from hoarfrost.kinds.field import Drop, Keep
from hoarfrost.model import Body, Graph
from hoarfrost.plan import plan
from hoarfrost.restore import HandOver, Outcome, apply, must_fit
from hoarfrost.verify import compare

KNOWN = "known-to-the-robot"


class Badge(Toy):
    """Opens doors by a secret that the API never gives."""

    path, key, plural = "/badges", "badge", "badges"
    locks, given_by = "secret", "--badge NAME"
    kept = Keep("name")
    never_given = Drop("secret", why="the API never gives it")

    def lost(self, body: Body, cloud: Any) -> Any:
        yield from super().lost(body, cloud)
        yield "secret", "the API never gives it"

    def unlocked(self, body: Body, request: Body, secret: str) -> Body:
        return request | {"secret": secret}


BADGE = Badge()


class Site:
    def __init__(self) -> None:
        self.cloud: Any = ToyCloud(delay=0)
        self.backup = backup_of([BADGE.resource({"id": id, "name": id}) for id in ("robot", "spare")])
        self.plan = plan(self.backup, "b", self.cloud, toycloud.KINDS)
        self.ledger = Memory()

    def run(self, known: dict[str, str], to: HandOver | None = None) -> Outcome:
        nothing: Any = None
        return apply(
            self.plan,
            self.backup,
            self.cloud,
            toycloud.KINDS,
            {},
            nothing,
            self.ledger,
            silent,
            to=to,
            known=known,
        )

    def secrets(self) -> dict[str, str]:
        return {one["name"]: one["secret"] for one in self.cloud.bodies.get("/badges", {}).values()}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setitem(toycloud.KINDS, "badge", BADGE)
    return Site()


def test_what_is_known_is_taken_and_the_rest_is_not_made(site: Site) -> None:
    said = [(one.address, one.severity) for one in site.plan.findings if one.code == "needs-secret"]
    assert said == [("badge/robot", "warning"), ("badge/spare", "warning")]
    assert {one.hint for one in site.plan.findings if one.code == "needs-secret"} == {
        "Apply the plan with --badge NAME."
    }
    outcome = site.run({"robot": KNOWN})
    assert outcome.status == "partial" and site.secrets() == {"robot": KNOWN}
    assert outcome.counts() == {"created": 1, "impossible": 1}
    assert {(one.address, one.code) for one in outcome.findings} == {
        ("badge/robot", "handed-in"),
        ("badge/spare", "no-secret"),
    }
    assert "Apply the plan again with --badge NAME." in [one.hint for one in outcome.findings]
    assert KNOWN not in repr(outcome) + repr(site.ledger.entries)
    again = site.run({"spare": "other"})
    assert again.status == "complete" and site.secrets() == {"robot": KNOWN, "spare": "other"}


def test_to_do_without_it_is_a_decision_and_no_failure(site: Site) -> None:
    steps = [replace(one, action="skip") if one.name == "spare" else one for one in site.plan.steps]
    site.plan = replace(site.plan, steps=tuple(steps))
    outcome = site.run({"robot": KNOWN})
    assert outcome.status == "complete" and outcome.counts() == {"created": 1, "skipped": 1}


def test_the_others_get_a_new_one_that_is_handed_over(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "file"
    outcome = site.run({"robot": KNOWN}, HandOver(file, lambda content: content))
    (row,) = json.loads(file.read_bytes())
    assert site.secrets() == {"robot": KNOWN, "spare": row["secret"]} and row["name"] == "spare"
    there = Graph([BADGE.resource(one) for one in site.cloud.bodies["/badges"].values()])
    done = compare(site.backup, site.plan, outcome.ids, there, toycloud.KINDS, site.cloud, outcome.unlocked)
    assert {one.word for one in done.fates if one.field == "secret"} == {"regenerated"}
    forgotten = compare(site.backup, site.plan, outcome.ids, there, toycloud.KINDS, site.cloud)
    assert {one.word for one in forgotten.fates if one.field == "secret"} == {"lost"}


def test_a_secret_for_nothing_is_a_mistake_and_nothing_is_made(site: Site) -> None:
    with pytest.raises(UsageError, match="rowboat") as caught:
        site.run({"rowboat": KNOWN})
    assert "It makes: robot, spare." in caught.value.hint
    assert site.secrets() == {}


def test_a_kind_that_nobody_knows_is_left_to_the_look_at_the_plan(site: Site) -> None:
    typo = replace(site.plan.steps[0], address="bagde/robot")
    must_fit({}, [typo], toycloud.KINDS)
    with pytest.raises(UsageError, match="robot"):
        must_fit({"robot": KNOWN}, [typo], toycloud.KINDS)


def test_secrets_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text(f"{KNOWN}\n")
    assert app_secrets([f"a=b={file}"]) == {"a=b": KNOWN}
    file.write_text("\n")
    for wrong in (str(file), f"robot={file}", f"robot={file}.not"):
        with pytest.raises(UsageError):
            app_secrets([wrong])
