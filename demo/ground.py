"""The devcloud as the story needs it: there, of flavour a, with an empty project; and then lost and replaced.

Leaves how a cloud is made to `devcloud`, which is only called through `./dev`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openstack
from openstack.connection import Connection

from demo.tenant.removal import counts

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".devcloud"
MARK = HOME / "state" / "flavour"
"""Says which flavour the cloud has that is there."""
MEMBER = "devcloud-member"
OLD, NEW = "a", "b"


def connect(name: str) -> Connection:
    return openstack.connect(cloud=name)


def is_empty(cloud: Connection) -> bool:
    return not any(counts(cloud).values())


def old_cloud() -> None:
    """A cloud of flavour a whose project is empty: the one that is there if it is such a one, else a new one."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(HOME / "clouds.yaml")
    if not MARK.exists() or MARK.read_text().strip() == OLD:
        _dev("cloud", "up")
        if is_empty(connect(MEMBER)):
            return
    replace(OLD)


def replace(flavour: str) -> None:
    _dev("cloud", "reset", "--flavour", flavour)


def other_flavour() -> str:
    """Than that of the cloud which is there."""
    return OLD if MARK.exists() and MARK.read_text().strip() == NEW else NEW


def down() -> None:
    _dev("cloud", "down")


def _dev(*arguments: str) -> None:
    """What `./dev` says is progress."""
    subprocess.run([str(ROOT / "dev"), *arguments], check=True, stdout=sys.stderr)  # noqa: S603
