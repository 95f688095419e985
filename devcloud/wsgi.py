"""Serves a WSGI API with gunicorn on loopback: in one process with threads, or in processes of one thread each."""

import json
from collections.abc import Mapping
from pathlib import Path

from devcloud.processes import spawn
from devcloud.settings import BIN, HOST, Port


def serve(
    name: str,
    port: Port,
    app: str | Path,
    argv: tuple[str | Path, ...] = (),
    env: Mapping[str, str] | None = None,
    processes: int = 0,
) -> None:
    """Starts the API `app`: a module that holds `application`, or a paste file.  `argv` is what the app shall
    see.  `processes`: for an app that serves one request at a time; they share what it has loaded.

    The timeout is for a whole request, and an image upload is one.  gunicorn 27 opens a control socket unless
    told not to.
    """
    told = {"DEVCLOUD_APP": str(app), "DEVCLOUD_ARGV": json.dumps([name, *map(str, argv)])}
    spawn(
        name,
        *(
            BIN / "gunicorn",
            "--bind",
            f"{HOST}:{port}",
            "--worker-class",
            "gthread",
            "--workers",
            str(processes or 1),
            "--threads",
            "1" if processes else "16",
            *(("--preload",) if processes else ()),
        ),
        *("--timeout", "3600", "--graceful-timeout", "3", "--keep-alive", "30"),
        *(
            "--no-control-socket",
            "--worker-tmp-dir",
            "/dev/shm",
            "--log-level",
            "warning",
            "wsgi:application",
        ),
        env={**told, **(env or {})},
    )
