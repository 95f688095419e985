"""Runs one short command to its end, with its output in a log.  Long-lived processes are in processes.py."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from devcloud.errors import Failed
from devcloud.settings import BIN, CODE, LOG, STATE

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


STAND_INS = {"PATH": f"{CODE}/bin:{BIN}:{SYSTEM_PATH}"}
"""The environment of a process that shall find the small programs in bin/ before the real ones."""

URGENT = -10
"""The niceness of what many others wait for, while everything competes for few CPUs."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment, made the same for all: the venv's commands first, and .pyc files allowed.

    Without .pyc files an OpenStack service costs two to three times the CPU to start.
    """
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own |= {"PATH": f"{BIN}:{SYSTEM_PATH}", "PYTHONPATH": str(CODE / "inside"), "PYTHONWARNINGS": "ignore"}
    return own | {"LANG": "C.UTF-8"} | dict(extra or {})


def run(
    *command: str | Path,
    log: str,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    quiet: bool = False,
    nice: int = 0,
) -> str:
    """Runs the command and returns what it printed, which also goes to log/<log>.log unless `quiet`."""
    words = [*(("nice", f"--adjustment={nice}") if nice else ()), *map(str, command)]
    done = subprocess.run(
        words, env=environment(env), input=stdin, text=True, capture_output=True, cwd=STATE, check=False
    )
    path = LOG / f"{log}.log"
    if done.returncode or not quiet:
        with path.open("a") as file:
            file.write(f"$ {' '.join(words)}\n{done.stdout}{done.stderr}[exit {done.returncode}]\n")
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Failed(f"{Path(command[0]).name} failed ({done.returncode}): {''.join(last)[:300]}", path)
    return done.stdout.strip()
