"""The devcloud's own mount namespace: all of its processes run in it, and so does `up` and `down`.

So its mounts (a loop device for Swift, bind mounts for volumes) are seen by nobody else and go with its last
process, and daemons with fixed places get private ones: libvirt's qemu.conf *has* to be in /etc/libvirt and
its domains in /var/lib/libvirt, libvirt runs a bare `ovs-vsctl`, which wants /run/openvswitch, Octavia's OVN
provider wants /run/octavia. The machine's own are neither read nor written.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from devcloud import processes
from devcloud.commands import run
from devcloud.settings import CACHE, ETC, LOG, RUN, STATE

INSIDE = "DEVCLOUD_NAMESPACE"
SCRATCH = ("/run/libvirt", "/run/octavia", "/run/openvswitch", "/run/netns")
OWN = {
    # What it found out about QEMU, which takes seconds and outlives a reset
    "/var/cache/libvirt": CACHE / "libvirt",
    "/etc/libvirt": ETC / "libvirt",
    # Swift reads its storage policies from there before it has looked at `swift_dir`
    "/etc/swift": ETC / "swift",
    "/var/lib/libvirt": STATE / "libvirt",
    "/var/log/libvirt": LOG / "libvirt",
}


def enter(clear_up: Callable[[], None]) -> None:
    """Starts this command again inside the namespace: that of the running processes, else a new one.

    Before it makes a new one, it lets `clear_up` remove what a crash may have left.
    """
    if os.environ.get(INSIDE):
        return
    pid = _resident()
    if pid:
        prefix = ["nsenter", f"--mount=/proc/{pid}/ns/mnt", f"--wd={Path.cwd()}"]
    else:
        clear_up()
        prefix = ["unshare", "--mount", "--propagation", "slave"]
    os.environ[INSIDE] = "entered"
    os.execvp(prefix[0], [*prefix, "--", sys.executable, "-m", "devcloud", *sys.argv[1:]])


def furnish() -> None:
    """Mounts the private places, once for each namespace."""
    for path in OWN.values():
        path.mkdir(parents=True, exist_ok=True)
    RUN.mkdir(parents=True, exist_ok=True)
    mark = RUN / "namespace"
    if mark.exists() and mark.read_text() == _namespace("self"):
        return
    for place in SCRATCH:
        Path(place).mkdir(parents=True, exist_ok=True)
        run("mount", "-t", "tmpfs", "devcloud", place, log="mounts")
    for place, path in OWN.items():
        Path(place).mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", path, place, log="mounts")
    mark.write_text(_namespace("self"))


def mounted(place: Path) -> bool:
    return any(
        line.split()[4] == str(place) for line in Path("/proc/self/mountinfo").read_text().splitlines()
    )


def _resident() -> int | None:
    """A live process in the namespace; not the VPN agent, which has one of its own within it."""
    mark = RUN / "namespace"
    wanted = mark.read_text() if mark.exists() else ""
    for name in processes.known():
        pid = processes.alive(name)
        if pid and wanted and _namespace(pid) == wanted:
            return pid
    return None


def _namespace(pid: int | str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return ""
