"""The devcloud as the story needs it: there, of flavour a, with an empty project; and then lost and replaced.

Leaves how a cloud is made to `devcloud`, which is only called through `./dev`.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import openstack
from openstack.connection import Connection

from demo.tenant.removal import holdings

ROOT = Path(__file__).resolve().parent.parent
MEMBER = "devcloud-member"
OLD, NEW = "a", "b"
MARK = ROOT / ".devcloud" / "flavour"
"""Says which flavour the cloud has that is up."""


def connect(name: str) -> Connection:
    return openstack.connect(cloud=name)


def is_empty(cloud: Connection) -> bool:
    return not any(holdings(cloud).values())


def old_cloud() -> None:
    """A cloud of flavour a whose project is empty. `./dev demo` has started whatever was there."""
    flavour = MARK.read_text().strip() if MARK.exists() else OLD
    if flavour != OLD or not is_empty(connect(MEMBER)):
        replace(OLD)


def replace(flavour: str) -> None:
    _dev("cloud", "reset", "--flavour", flavour)


def down() -> None:
    _dev("cloud", "down")


def _dev(*arguments: str) -> None:
    subprocess.run([str(ROOT / "dev"), *arguments], check=True)  # noqa: S603
