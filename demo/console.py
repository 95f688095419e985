"""The guests' own words: what the little guest image prints on its console, read back as facts.

`devcloud/guest/README.md` says what each line means. Only the lines since the last boot count. Leaves to
`demo.observe` whose console it is.
"""

from __future__ import annotations

import re
import time
from typing import Any

from openstack.connection import Connection

PREFIX = re.compile(r"(?:GUEST|LAB) (.*)")
"""What the guest says, whatever the kernel prints before it on the same line."""
WORD = re.compile(r"(\w+)=(\[[^]]*\]|.*?)(?= \w+=|$)")
CHANGES_BY_ITSELF = ("./bootlog", "./ticks")
"""Files that a guest may write as it runs: they differ from one look to the next."""
SERIAL = 20
"""A disk's serial number is the first 20 characters of its volume's id."""


def last_boot(console: str) -> list[str]:
    """The guest's lines since it last came up."""
    lines = [found.group(1).rstrip() for line in console.splitlines() if (found := PREFIX.search(line))]
    starts = [number for number, line in enumerate(lines) if line.startswith("boot=")]
    return lines[starts[-1] :] if starts else []


def is_ready(lines: list[str]) -> bool:
    """All of it was said: files, disks, and how DHCP ended on every NIC."""
    ready = any(line.startswith("ready ") for line in lines)
    nics = {line.split(" ")[1] for line in lines if line.startswith("nic ")}
    answered = {line.split(" ")[1] for line in lines if line.startswith("dhcp ")}
    return ready and nics <= answered


def boot_number(lines: list[str]) -> int:
    return int(words(lines[0])["boot"]) if lines else 0


def words(line: str) -> dict[str, str]:
    """``a=b c=[d e]`` as a dict."""
    return {name: value.strip("[]") for name, value in WORD.findall(line)}


def facts(lines: list[str]) -> dict[str, Any]:
    """What one boot said: the root disk, files by path, disks by serial number, NICs in the guest's order."""
    said = words(lines[0]) if lines else {}
    root = {"serial": said.get("serial", ""), "size": said.get("size")}
    found: dict[str, Any] = {"root": root, "files": {}, "disks": {}, "nics": [], "hostname": ""}
    for line in lines:
        first, _, rest = line.partition(" ")
        if first == "file":
            checksum, size, path = rest.split(" ", 2)
            if path not in CHANGES_BY_ITSELF:
                found["files"][path] = f"{checksum} {size}"
        elif first == "disk":
            _disk(found["disks"], rest)
        elif first == "nic":
            found["nics"].append({"name": rest.split(" ")[0], "mac": words(rest)["mac"].split(" ")[0]})
        elif first == "dhcp":
            _address(found["nics"], rest)
        elif first == "configdrive":
            found["hostname"] = words(rest).get("hostname", "")
    return found


def _disk(disks: dict[str, Any], rest: str) -> None:
    name, state = rest.split(" ", 1)
    if state.lower() == "gone":
        for serial in [one for one, disk in disks.items() if disk["device"] == name]:
            del disks[serial]
        return
    said = words(state)
    kept = {key: said[key].split(" ")[0] for key in ("size", "body", "whole", "first16M") if key in said}
    disks[said["serial"].split(" ")[0]] = {"device": name, "head": said.get("head", ""), **kept}


def _address(nics: list[dict[str, str]], rest: str) -> None:
    said = words(rest)
    for nic in nics:
        if nic["name"] == rest.split(" ")[0]:
            nic.update({key: said[key] for key in ("ip", "mask", "mtu", "router", "dns") if key in said})


def wait_until_ready(cloud: Connection, server: str, *, after_boot: int = 0, limit: float = 180) -> list[str]:
    """The last boot's lines, once the guest has come up a further time than ``after_boot``."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        lines = read(cloud, server)
        if boot_number(lines) > after_boot and is_ready(lines):
            return lines
        time.sleep(1)
    raise TimeoutError(f"the guest of server {server} was not ready within {limit:.0f} s")


def read(cloud: Connection, server: str) -> list[str]:
    """The last boot's lines so far; nothing while the guest has no console."""
    answer = cloud.compute.post(f"/servers/{server}/action", json={"os-getConsoleOutput": {}})
    if answer.status_code in (404, 409):
        return []
    answer.raise_for_status()
    return last_boot(answer.json()["output"] or "")
