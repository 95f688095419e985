"""The devcloud's long-lived processes: start, look, stop.  Which ones there are is said by the services.

A process is the leader of a session of its own.  Its pid file holds the pid and the start time, so that a pid
that came round again is not taken for ours.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from devcloud.commands import environment
from devcloud.settings import LOG, RUN, STATE


def log_of(name: str) -> Path:
    return LOG / f"{name}.log"


def spawn(
    name: str, *command: str | Path, env: Mapping[str, str] | None = None, sockets: Iterable[Path] = ()
) -> None:
    """Starts the process unless it is alive.  What is left of a former one is killed first, and its log is kept.

    `sockets` are those that it will make: one left by a killed process would look like readiness.
    """
    if alive(name):
        return
    _kill(name)
    for socket in sockets:
        socket.unlink(missing_ok=True)
    # A directory of its own: neutron keeps state in TMPDIR by parent pid, and a stale file there misleads a
    # later run.
    scratch = RUN / "tmp" / name
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    if log_of(name).exists():
        log_of(name).rename(LOG / f"{name}.before.log")
    with log_of(name).open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment({"TMPDIR": str(scratch), **(env or {})}),
            cwd=STATE,
            start_new_session=True,
        )
    _pid_file(name).write_text(f"{process.pid} {_start_time(process.pid)}")


def alive(name: str) -> int | None:
    """The pid of the process, if it runs."""
    pid, started = _recorded(name)
    return pid if pid and started and _start_time(pid) == started else None


def known() -> list[str]:
    """All names that have a pid file, alive or not."""
    return [path.stem for path in RUN.glob("*.pid")]


def stop(names: Iterable[str], grace: float = 4) -> None:
    """Asks the processes to end, and kills what is left of their sessions after `grace` seconds."""
    names = list(names)
    for pid in filter(None, map(alive, names)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM if grace else signal.SIGKILL)
    end = time.monotonic() + grace
    while time.monotonic() < end and any(map(alive, names)):
        time.sleep(0.05)
    for name in names:
        _kill(name)


def members(name: str) -> list[int]:
    """The processes of the session and their children, also when its leader is gone.

    The kernel keeps the leader's pid from being used again while the session has members.
    """
    pid, started = _recorded(name)
    if not pid or _start_time(pid) not in (None, started):
        return []
    everything = {int(entry): _stat(int(entry)) for entry in filter(str.isdigit, os.listdir("/proc"))}
    found = {one for one, fields in everything.items() if fields and int(fields[3]) == pid}
    more = found
    while more:
        more = {one for one, fields in everything.items() if fields and int(fields[1]) in more} - found
        found |= more
    return sorted(found)


def memory(pid: int) -> float:
    """The share of memory (PSS) of one process in MiB: resident pages, those shared by n processes counted
    1/n.
    """
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


def _kill(name: str) -> None:
    """Kills the whole session, and waits until it is gone: the next start wants its ports."""
    for _ in range(100):
        left = members(name)
        if not left:
            break
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    _pid_file(name).unlink(missing_ok=True)


def _pid_file(name: str) -> Path:
    return RUN / f"{name}.pid"


def _recorded(name: str) -> tuple[int | None, str | None]:
    try:
        pid, started = _pid_file(name).read_text().split()
    except (OSError, ValueError):
        return None, None
    return int(pid), started


def _start_time(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[19] if fields else None


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on.  A zombie counts as gone: not every pid 1 reaps, in
    containers.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields
