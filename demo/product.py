"""Hoarfrost as a user has it: its command line in its own process, its JSON, exit code and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class Failed(RuntimeError):
    """The command ended with another exit code than 0."""


class Product:
    """Commands for one repository in ``folder``. ``peak``: the most memory one of them took, in bytes."""

    def __init__(self, folder: Path) -> None:
        passphrase = folder / "passphrase"
        passphrase.write_text("correct horse battery staple\n")
        self._program = str(Path(sys.executable).with_name("hoarfrost"))
        self._environment = {
            **os.environ,
            "HOARFROST_REPOSITORY": str(folder / "repository"),
            "HOARFROST_PASSPHRASE_FILE": str(passphrase),
            "HOARFROST_STATE": str(folder / "state"),
        }
        self.peak = 0

    def run(self, cloud: str, *arguments: str) -> Any:
        """What the command says in JSON. Its progress goes to our standard error. Raises `Failed`."""
        environment = {**self._environment, "OS_CLOUD": cloud}
        command = [self._program, *arguments, "-f", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603
            assert process.stdout
            said = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.peak = max(self.peak, usage.ru_maxrss * 1024)
        if process.returncode:
            words = " ".join(arguments)
            raise Failed(
                f"hoarfrost {words}: exit code {process.returncode}\n{said.decode(errors='replace')}"
            )
        return json.loads(said)
