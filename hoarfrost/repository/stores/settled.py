"""Put-if-absent on stores that check first and write afterwards: Swift, by its own API and by its S3 API.

Their ``If-None-Match: *`` is a look before the upload (swift/obj/server.py), so two writers at once may both be told
that they made the object; the one with the later timestamp did. Each of them therefore looks again after a moment,
at all replicas: the one that finds another's bytes has lost. This is the one place where the repository leans on time:
a small upload that began before another ended must be over within that moment.

Only small objects are claims (commits, sessions, collections). Large ones have random names, which nobody else uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hoarfrost.errors import NameTaken
from hoarfrost.repository.stores.store import Buffer

LARGEST_CLAIM = 1 << 20
MOMENT = 3.0  # seconds


def settle(name: str, data: Buffer, read: Callable[[str], bytes]) -> None:
    """After an upload that succeeded. Raises NameTaken, and what ``read`` raises."""
    if len(data) > LARGEST_CLAIM:
        return
    time.sleep(MOMENT)
    if read(name) != data:
        raise NameTaken(f"{name} exists already: another writer was faster.")
