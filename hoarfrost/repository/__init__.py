"""Platform 2: a place that keeps streams of bytes, encrypted, each piece once, as backups that appear whole.

Knows nothing of clouds. The layers, top down: repository, session; backup, stream_writer, stream_reader;
packing, gather, tree, blobs; catalogue, index; pack, keys, frames, identity; layout; stores/ below them all.
The format is in docs/explanation/format.md.
"""

from hoarfrost.repository.backup import Committed
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.keys import Cost, Passphrase
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.repository import Repository, Totals
from hoarfrost.repository.session import Session
from hoarfrost.repository.stores import Store, open_store

__all__ = [
    "Committed",
    "Cost",
    "Extent",
    "Limits",
    "Passphrase",
    "Repository",
    "Session",
    "Store",
    "StreamRef",
    "Totals",
    "open_store",
]
