"""The `openstack` client as a witness: many commands in one process, its JSON as it prints it.

The client reads commands from its standard input, one a line, and prints one JSON document for each: one
process for a whole look, since its start costs more than all that it asks. Leaves to its users what they ask.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

MICROVERSION = "2.96"
"""Of the compute service: tags, descriptions, attachments, the pinned zone. The client's own is 2.1."""
LIMIT = 300


class Client:
    """For one cloud of clouds.yaml, or what ``OS_*`` say where ``cloud`` is empty."""

    def __init__(self, cloud: str) -> None:
        self._program = str(Path(sys.executable).with_name("openstack"))
        self._environment = {**os.environ, "OS_COMPUTE_API_VERSION": MICROVERSION}
        if cloud:
            self._environment["OS_CLOUD"] = cloud

    def ask(self, commands: list[str]) -> list[Any]:
        """One answer for each command, in order. Raises ``RuntimeError`` if any of them failed."""
        batch = "".join(f"{command} -f json\n" for command in commands)
        said = self._run([], batch)
        answers: list[Any] = []
        decoder, rest = json.JSONDecoder(), said.stdout.lstrip()
        while rest:
            answer, end = decoder.raw_decode(rest)
            answers.append(answer)
            rest = rest[end:].lstrip()
        if said.stderr.strip() or len(answers) != len(commands):
            raise RuntimeError(
                f"openstack: {len(answers)} answers to {len(commands)} commands: {said.stderr}"
            )
        return answers

    def console(self, server: str) -> str:
        """All that a server's console has shown. Empty where it has none, as when the server is off."""
        said = self._run(["console", "log", "show", server], "")
        return said.stdout if said.returncode == 0 else ""

    def _run(self, arguments: list[str], batch: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [self._program, *arguments],
            input=batch,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
            env=self._environment,
        )
