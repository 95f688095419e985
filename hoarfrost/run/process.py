"""Which process a run is, and whether that very process still lives.

A pid alone proves nothing, since pids are used again; pid and start time do. A zombie is dead.
"""

from __future__ import annotations

import os
from pathlib import Path


def start_of(pid: int) -> str:
    """When the process began, as the kernel counts ("" : no such process, or a zombie).

    Field 22 of ``/proc/<pid>/stat`` is in ticks since boot, so the id of the boot is part of it (proc(5)).
    Where there is no ``/proc``, the pid alone has to do.
    """
    if not Path("/proc/self/stat").exists():
        return "unknown" if _signalled(pid) else ""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, *fields = stat.rpartition(")")[2].split()  # the command's name, in parentheses, may hold anything
    return "" if state in "ZX" else f"{boot}/{fields[18]}"


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
