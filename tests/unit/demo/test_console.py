"""The guests' lines are read as facts, whatever else is on the console."""

from __future__ import annotations

from demo.console import boot_number, facts, is_ready, last_boot

FIRST = """SeaBIOS (version 1.16.2)
GUEST boot=1 root=vda size=2097152 serial=
GUEST nic eth0 mac=fa:16:3e:00:00:01
GUEST ready boot=1
GUEST poweroff
"""
SECOND = """[    1.2] some kernel line GUEST boot=2 root=vda size=2097152 serial=
GUEST nic eth0 mac=fa:16:3e:00:00:01
GUEST nic eth1 mac=fa:16:3e:00:00:02
GUEST configdrive /dev/sr0 hostname=web
GUEST user_data: file of my own
GUEST file aa11 5 ./story/odd name.txt
GUEST dhcp eth0 ip=10.20.0.7 mask=255.255.255.0 router=10.20.0.1 dns=10.20.0.54 10.20.0.53 mtu=1400
GUEST file bb22 0 ./empty
GUEST data sha256=cc33 files=2
GUEST disk vdb size=2097152 serial=11112222-3333-4444-5 stamped head=[GUESTDISK serial=ab host=web] body=dd44
GUEST disk vdc size=4096 serial=55556666-7777-8888-9 other whole=ee55
GUEST ready boot=2
GUEST disk vdc gone
"""


def test_only_the_last_boot_counts() -> None:
    lines = last_boot(FIRST + SECOND)
    assert boot_number(lines) == 2
    assert facts(lines) == {
        "root": {"serial": "", "size": "2097152"},
        "hostname": "web",
        "files": {"./story/odd name.txt": "aa11 5", "./empty": "bb22 0"},
        "disks": {
            "11112222-3333-4444-5": {
                "device": "vdb",
                "size": "2097152",
                "head": "GUESTDISK serial=ab host=web",
                "body": "dd44",
            }
        },
        "nics": [
            {
                "name": "eth0",
                "mac": "fa:16:3e:00:00:01",
                "ip": "10.20.0.7",
                "mask": "255.255.255.0",
                "mtu": "1400",
                "router": "10.20.0.1",
                "dns": "10.20.0.54 10.20.0.53",
            },
            {"name": "eth1", "mac": "fa:16:3e:00:00:02"},
        ],
    }


def test_ready_means_that_every_nic_has_an_answer() -> None:
    assert not is_ready(last_boot(SECOND))
    assert is_ready(last_boot(SECOND + "GUEST dhcp eth1 FAILED\n"))
    assert not is_ready(last_boot(FIRST))


def test_a_guest_that_said_nothing_yet_is_at_boot_zero() -> None:
    assert boot_number(last_boot("SeaBIOS\n")) == 0
    assert not is_ready([])
