"""libvirtd, in system mode, with its places private to the devcloud's namespace (see namespace.py)."""

import contextlib
import os
import signal
import time
from pathlib import Path

from devcloud import ini, waiting
from devcloud.processes import spawn
from devcloud.settings import ETC, RUN, STATE

PROCESSES = ("libvirtd",)
SOCKET = RUN / "libvirt/libvirt-sock"
CONNECTION = f"qemu+unix:///system?socket={SOCKET}"
FOLDER = ETC / "libvirt"


def configure() -> None:
    daemon = (
        f'unix_sock_dir = "{SOCKET.parent}"',
        'unix_sock_rw_perms = "0700"',
        'auth_unix_ro = "none"',
        'auth_unix_rw = "none"',
        # There may be neither a DMI uuid nor a machine-id
        'host_uuid = "11111111-2222-4333-8444-555555555555"',
        'log_outputs = "2:stderr"',
        # Complaints about hardware that a small virtual machine does not have
        'log_filters = "4:node_device 4:util.udev"',
    )
    # No cgroups, no AppArmor, no virtlogd; this file is read from /etc/libvirt only
    qemu = (
        'user = "root"',
        'group = "root"',
        "dynamic_ownership = 0",
        "remember_owner = 0",
        'security_driver = "none"',
        "security_default_confined = 0",
        "cgroup_controllers = [ ]",
        "namespaces = [ ]",
        "seccomp_sandbox = 0",
        'stdio_handler = "file"',
    )
    ini.write_text(FOLDER / "libvirtd.conf", "\n".join(daemon) + "\n")
    ini.write_text(FOLDER / "qemu.conf", "\n".join(qemu) + "\n")
    SOCKET.parent.mkdir(parents=True, exist_ok=True)


def start() -> None:
    spawn(
        "libvirtd",
        "/usr/sbin/libvirtd",
        "-f",
        FOLDER / "libvirtd.conf",
        "-p",
        RUN / "libvirtd.own",
        sockets=[SOCKET],
    )


def ready() -> None:
    waiting.file(SOCKET, "libvirtd")


def stop() -> None:
    """Ends the guests: QEMU is no child of libvirtd's and lives on without it.  Nova finds them shut off at
    its next start.
    """
    end = time.monotonic() + 5
    while running := guests():
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < end else signal.SIGKILL)
        time.sleep(0.1)


def guests() -> list[int]:
    """The QEMU processes of this cloud: their command line names a file below its state."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{entry}/cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if b"qemu-system" in command.split(b"\0")[0] and f"{STATE}/nova/instances/".encode() in command:
            found.append(int(entry))
    return found
