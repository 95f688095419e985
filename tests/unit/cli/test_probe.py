"""`probe` as people see it: what exists or is in the way, narrow; and when it ends with 3."""

import json
from typing import Any

import pytest

from hoarfrost.capture import Sight
from hoarfrost.cli.app import main
from hoarfrost.cloud import Cloud
from hoarfrost.model import Fate

LONG = "What the project has of the kind secret may not be listed: " + "because of a policy, " * 20
LOST = Fate(
    kind="router", field="external_gateway_info", word="lost", count=2, why="only admin may set it " * 9
)

USUAL = [
    Sight(kind="router", service="network", read="yes", seen=2, free=8, restore="yes", lost=(LOST,)),
    Sight(kind="trunk", service="network", read="yes", restore="yes", free=9),
    Sight(kind="role_assignment", service="identity", read="unreadable", why=LONG, severity="info"),
    Sight(kind="", service="rating", read="not covered", restore="no", why=LONG, severity="warning"),
]
BROKEN = Sight(kind="zone", service="dns", read="failed", why="503", severity="error")
REFUSED = Sight(kind="secret", service="key-manager", read="unreadable", why=LONG, severity="error")


def said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sights: list[Sight], *words: str
) -> tuple[int, str, str]:
    anything: Any = None
    monkeypatch.setattr(Cloud, "connect", lambda *names: anything)
    monkeypatch.setattr("hoarfrost.capture.survey", lambda cloud, kinds: sights)
    code = main(["probe", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_what_a_member_never_may_is_no_reason_to_end_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(monkeypatch, capsys, USUAL)
    assert code == 0
    assert "router" in out and "(rating)" in out
    assert "trunk" not in out and "role_assignment" not in out and "2 more" in err
    code, out, err = said(monkeypatch, capsys, [*USUAL, REFUSED])
    assert code == 3 and "would be partial: secret" in err and "secret" in out
    code, _, err = said(monkeypatch, capsys, [*USUAL, REFUSED, BROKEN])
    assert code == 3 and "would stop at: zone\n" in err and "would be partial: secret\n" in err


def test_it_fits_and_leaves_out_nothing_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = said(monkeypatch, capsys, [*USUAL, REFUSED])
    assert max(map(len, out.splitlines())) <= 160
    _, out, _ = said(monkeypatch, capsys, USUAL, "--all")
    assert "trunk" in out and "role_assignment" in out
    _, out, _ = said(monkeypatch, capsys, USUAL, "-f", "value", "-c", "kind", "-c", "lost")
    rows = out.splitlines()
    assert len(rows) == len(USUAL) and rows[0].startswith("router external_gateway_info (2)")
    _, out, _ = said(monkeypatch, capsys, USUAL, "-f", "json")
    assert [row["kind"] for row in json.loads(out)] == ["router", "trunk", "role_assignment", ""]
