"""Secrets that are handed in lie in files that nobody else may read."""

import stat
from pathlib import Path

from seeds.handed import arguments


def test_a_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert arguments({"robot": "known"}, tmp_path) == ["--app-secret", f"robot={tmp_path}/app-secret-0"]
    file = tmp_path / "app-secret-0"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("known\n", 0o600)
