"""Platform 2: a place that keeps streams of bytes, encrypted, each piece once, as backups that appear whole.

Knows nothing of clouds. The layers, top down: repository; session, collector, check; survey, repacking; parents,
usage, reach; carried_objects; damage; backup, table, key_slots, opening; format_object; generation, presence;
stream_writer, segment_writer, pack_order, stream_reader; packing, gather, map_builder, segments; tree, blobs; page,
recipe, catalogue, index, found; pack, slots; keys, ring, passphrase, frames, identity; mask, buffers, layout; stores/
below them all. The format is in docs/explanation/format.md.
"""

from hoarfrost.repository.backup import Committed
from hoarfrost.repository.buffers import Buffers
from hoarfrost.repository.check import Checked
from hoarfrost.repository.collector import Patience, Pruned
from hoarfrost.repository.damage import Backups, Damage
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.key_slots import KeySlot
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.passphrase import AgeIdentity, AgeRecipient, Cost, Passphrase
from hoarfrost.repository.presence import SHORTEST_LEASE
from hoarfrost.repository.repository import Repository, Totals
from hoarfrost.repository.ring import Role
from hoarfrost.repository.session import Session
from hoarfrost.repository.stores import Store, open_store
from hoarfrost.repository.survey import Repack

__all__ = [
    "SHORTEST_LEASE",
    "AgeIdentity",
    "AgeRecipient",
    "Backups",
    "Buffers",
    "Checked",
    "Committed",
    "Cost",
    "Damage",
    "Extent",
    "KeySlot",
    "Limits",
    "Passphrase",
    "Patience",
    "Pruned",
    "Repack",
    "Repository",
    "Role",
    "Session",
    "Store",
    "StreamRef",
    "Totals",
    "open_store",
]
