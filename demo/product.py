"""Hoarfrost as a user has it: its command line in its own process, its JSON, exit code and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any


class Failed(RuntimeError):
    """A command ended with another exit code than 0. ``said``: what it printed, as JSON where it is JSON."""

    def __init__(self, command: str, code: int, text: str) -> None:
        super().__init__(f"hoarfrost {command}: exit code {code}\n{text}")
        self.code = code
        self.said: Any = json.loads(text) if text.startswith("{") else text


class Product:
    """Commands for one repository in ``folder``. ``peak``: the most memory one of them took, in bytes."""

    def __init__(self, folder: Path) -> None:
        passphrase = folder / "passphrase"
        passphrase.write_text("correct horse battery staple\n")
        self._program = str(Path(sys.executable).with_name("hoarfrost"))
        self._environment = {
            "HOARFROST_REPOSITORY": str(folder / "repository"),
            "HOARFROST_PASSPHRASE_FILE": str(passphrase),
            "HOARFROST_STATE": str(folder / "state"),
        }
        self.peak = 0

    def start(self, cloud: str, *arguments: str, stderr: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """The command, running. Its progress goes to ``stderr``, else to our own."""
        return subprocess.Popen(  # noqa: S603
            [self._program, *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **self._environment, "OS_CLOUD": cloud},
        )

    def run(self, cloud: str, *arguments: str) -> Any:
        """What the command says in JSON, once it has ended. Raises `Failed`."""
        with self.start(cloud, *arguments, "-f", "json") as process:
            assert process.stdout
            said = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.peak = max(self.peak, usage.ru_maxrss * 1024)
        if process.returncode:
            raise Failed(" ".join(arguments), process.returncode, said)
        return json.loads(said)
