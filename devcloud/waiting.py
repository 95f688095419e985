"""Waits until something is ready, or the process dies on which it depends, or another step has failed."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from devcloud import processes
from devcloud.errors import Failed

GIVE_UP = threading.Event()
"""Set when a step has failed, so that the others do not wait their time out."""


def until(what: str, probe: Callable[[], object], process: str, timeout: float = 120) -> None:
    """Asks `probe` until it says yes.  An OSError counts as a no: nobody listens yet."""
    end = time.monotonic() + timeout
    answer: object = None
    while time.monotonic() < end and not GIVE_UP.is_set():
        try:
            answer = probe()
        except OSError as error:
            answer = error
        if answer and not isinstance(answer, OSError):
            return
        if not processes.alive(process):
            raise Failed(f"{process} died before {what}", processes.log_of(process))
        time.sleep(0.15)
    if GIVE_UP.is_set():
        raise Failed(f"gave up waiting for {what}, as another step failed")
    raise Failed(f"no {what} within {timeout:.0f} s (last answer: {answer!r})", processes.log_of(process))


def port(number: int, process: str) -> None:
    until(f"an answer on port {number}", lambda: listening(number), process)


def http(url: str, process: str) -> None:
    until(f"an answer from {url}", lambda: answers(url), process)


def file(path: Path, process: str) -> None:
    until(f"{path} appeared", path.exists, process)


def listening(number: int) -> bool:
    """Whether a TCP socket listens, asked of the kernel: a connection would be noise in the daemon's log."""
    wanted = f":{number:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(wanted) and fields[3] == "0A":
            return True
    return False


def answers(url: str) -> bool:
    """Whether the API answers with anything but a server error; 401 or 404 is an answer."""
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
