"""What needs no cloud starts at once: heavy libraries are imported only where they are used."""

import subprocess
import sys

import pytest

HEAVY = ("openstack", "keystoneauth1", "sqlalchemy", "numpy", "requests", "cryptography", "rich")

SCRIPT = """
import sys
from hoarfrost.cli.app import main
try:
    code = main({argv!r})
except SystemExit as stop:
    code = stop.code
loaded = sorted(set(sys.modules) & set({heavy!r}))
print("code", code, "loaded", loaded, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["--version"],
        ["backup", "create", "--help"],
        ["restore", "plan", "--help"],
        ["kinds", "list"],
    ],
)
def test_help_imports_nothing_heavy(argv: list[str]) -> None:
    script = SCRIPT.format(argv=argv, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "loaded []" in done.stderr.splitlines()[-1]
