"""What checks have found, kept in the store for others: blobs that are damaged, and when packs were last proven.

Neither is trusted for safety. A blob that is said to be damaged is sent again by the next backup that has it, and
nothing is deleted for it; a pack that is said to be proven is only read later. One object for each check that has
something to say; who writes one anew has read what it replaces.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import zstandard

from hoarfrost.errors import Damaged, Missing
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import DAMAGED, ID_BYTES, VERIFIED, PackClass, random_name
from hoarfrost.repository.stores.store import Store, listed

Doubt = tuple[bytes, bytes]
"""A pack, and a blob that is damaged there."""
_HOUR = timedelta(hours=1)
_ROW = ID_BYTES + 4
_LARGEST = 64 << 20  # two million damaged blobs, or packs of 200 TB


def read_doubts(store: Store, keys: Keys, known: set[str]) -> set[Doubt]:
    """From objects that are not ``known`` yet; they are afterwards."""
    found: set[Doubt] = set()
    for name, payload in _objects(store, keys, DAMAGED, known):
        known.add(name)
        found |= _doubts(payload)
    return found


def add_doubts(store: Store, keys: Keys, doubts: Collection[Doubt]) -> None:
    if doubts:
        _put(store, keys, DAMAGED, b"".join(pack + blob for pack, blob in sorted(doubts)))


def drop_doubts(store: Store, keys: Keys, packs: Collection[bytes], lifted: Collection[Doubt] = ()) -> None:
    """Of packs that are gone, and of blobs that are right after all."""
    for name, payload in list(_objects(store, keys, DAMAGED)):
        before = _doubts(payload)
        stay = {doubt for doubt in before if doubt[0] not in packs and doubt not in lifted}
        if stay != before:
            add_doubts(store, keys, stay)
            store.delete(name)


def read_verified(store: Store, keys: Keys) -> dict[bytes, datetime]:
    """When each pack was proven last, to the hour."""
    found: dict[bytes, datetime] = {}
    now = int(datetime.now(UTC).timestamp()) // 3600
    for _, payload in _objects(store, keys, VERIFIED):
        for at in range(0, len(payload) - _ROW + 1, _ROW):
            pack, hours = (
                payload[at : at + ID_BYTES],
                int.from_bytes(payload[at + ID_BYTES : at + _ROW], "little"),
            )
            if hours > now:
                continue  # else it would count as proven for ever
            time = datetime.fromtimestamp(0, UTC) + hours * _HOUR
            found[pack] = max(time, found.get(pack, time))
    return found


def put_verified(store: Store, keys: Keys, verified: Mapping[bytes, datetime]) -> None:
    """In place of all that there is, which must have been read."""
    before = [name for name, _ in listed(store, VERIFIED)]
    zero = datetime.fromtimestamp(0, UTC)
    rows = (
        pack + int((time - zero) / _HOUR).to_bytes(4, "little") for pack, time in sorted(verified.items())
    )
    _put(store, keys, VERIFIED, b"".join(rows))
    for name in before:
        store.delete(name)


def _doubts(payload: bytes) -> set[Doubt]:
    step = 2 * ID_BYTES
    return {
        (payload[at : at + ID_BYTES], payload[at + ID_BYTES : at + step])
        for at in range(0, len(payload) - step + 1, step)
    }


def _put(store: Store, keys: Keys, prefix: str, payload: bytes) -> None:
    name = prefix + random_name()
    store.put_new(name, keys.seal(PackClass.META, name, zstandard.compress(payload, 3)))


def _objects(
    store: Store, keys: Keys, prefix: str, known: Collection[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """Those that can be read: one that cannot is as if it were not there."""
    for name, _ in list(listed(store, prefix)):
        if name not in known:
            with suppress(Missing, Damaged, zstandard.ZstdError):
                packed = keys.unseal(PackClass.META, name, store.get(name))
                if zstandard.frame_content_size(packed) <= _LARGEST:  # every role can make one
                    yield name, zstandard.decompress(packed)
