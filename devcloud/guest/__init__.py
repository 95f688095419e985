"""The guest image: a small disk that boots in seconds without KVM and says on its console what is on its
disks.

`build` makes it from Debian packages, `init` is all that runs in it, README.md says how to read its console.
"""

import hashlib
from pathlib import Path

from devcloud.commands import run
from devcloud.settings import CACHE, CODE

SOURCES = ("build", "init")


def image() -> Path:
    """The image's path; it is built if there is none of these sources yet."""
    digest = hashlib.sha256(b"".join((CODE / "guest" / name).read_bytes() for name in SOURCES)).hexdigest()[
        :12
    ]
    path = CACHE / f"guest-{digest}.qcow2"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        run(CODE / "guest/build", path, CACHE / "deb", log="guest-build")
    return path
