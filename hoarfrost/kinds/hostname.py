"""The host name of a server: which of those that a guest has can be asked for on another cloud.

Nova makes it from the server's name and leaves in it what Latin-1 calls letters ("straße", sanitize_hostname in
nova/utils.py), but takes none but ASCII from whoever asks (from microversion 2.94 on ``[a-zA-Z0-9-._]*``). Where
Neutron integrates DNS, Nova gives it to the ports as their dns_name, which takes the labels of RFC 1123 only: with
another one the server ends in ERROR.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

DNS = "dns-integration"
"""The extension of the network service."""

HOSTNAME = "OS-EXT-SRV-ATTR:hostname"
"""Where a server says it."""

LONGEST = 63
"""Characters of a label (RFC 1035)."""

_ASKED = re.compile(r"[A-Za-z0-9._-]{1,255}")
_LABEL = re.compile(rf"(?!-)[A-Za-z0-9-]{{1,{LONGEST}}}(?<!-)")


def to_ask_for(name: str, extensions: Container[str]) -> str:
    """On a cloud with these ``extensions``; "": nothing, then Nova makes it of the server's name as it did before."""
    if name and DNS in extensions:
        return name if all(map(_LABEL.fullmatch, name.split("."))) else _in_ascii(name)
    return name if _ASKED.fullmatch(name) else ""


def is_made_of(name: str, server: str) -> bool:
    """Whether Nova makes the host name ``name`` of the name of a ``server``; by what signs it parts words differs from
    release to release."""
    ours, theirs = (re.sub(r"[\W_]+", "", one.lower()) for one in (name, server))
    theirs = theirs.encode("latin-1", "ignore").decode("latin-1")
    return ours == theirs or (len(name) >= LONGEST and theirs.startswith(ours))


def _in_ascii(name: str) -> str:
    """The nearest label: "strasse" for "straße"."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")[:LONGEST].strip("-") or "server"
