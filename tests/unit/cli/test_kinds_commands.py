"""`kinds list` and `kinds show` say what the declarations say."""

import json

import pytest

from hoarfrost.cli.app import main
from hoarfrost.kinds import KINDS


def test_every_kind_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "list", "-f", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["kind"] for row in rows] == list(KINDS)
    assert all(row["about"] and row["requests"] and row["read"] for row in rows)


def test_the_table_of_kinds_fits_into_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > len(KINDS)
    assert max(map(len, lines)) <= 120


def test_a_kind_is_shown_field_by_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "show", "floating_ip", "-f", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    fields = {row["field"]: row for row in shown["fields"]}
    assert fields["floating_network_id"]["to"] == ["network"]
    assert fields["floating_ip_address"]["treatment"] == "asked"
    assert "manager or admin" in fields["floating_ip_address"]["why"]
    assert main(["kinds", "show", "floating_ip"]) == 0
    assert "ref: port_id" in capsys.readouterr().out


def test_an_unknown_kind_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "show", "flotaing_ip"]) == 2
    assert "kinds list" in capsys.readouterr().err
