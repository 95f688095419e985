"""The façade: make, open, write, list, read, delete. Decides what a caller can ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import msgspec

from hoarfrost.errors import (
    Damaged,
    Missing,
    NoSuchBackup,
    RepositoryError,
    RoleForbids,
    UsageError,
)
from hoarfrost.repository.backup import Committed, open_snapshot, sealed_epoch
from hoarfrost.repository.blobs import Blobs
from hoarfrost.repository.carried_objects import CARRIED, carried, look_at_carried
from hoarfrost.repository.catalogue import Catalogue
from hoarfrost.repository.check import Check, Checked, Effort, Level
from hoarfrost.repository.collector import Collector, Patience, Pruned
from hoarfrost.repository.damage import Backups, Damage
from hoarfrost.repository.drill import drilled
from hoarfrost.repository.extent import Extent, StreamRef
from hoarfrost.repository.format_object import MEND, Format, holds_backups, read_format
from hoarfrost.repository.identity import scope_tag
from hoarfrost.repository.key_slots import KeySlot, KeySlots
from hoarfrost.repository.keys import Keys
from hoarfrost.repository.layout import (
    FORMAT,
    KEYS,
    MAGIC,
    SNAPS,
    VERSION,
    is_id,
    random_name,
    snap_object,
)
from hoarfrost.repository.opening import open_ring
from hoarfrost.repository.pack_order import read_in_pack_order
from hoarfrost.repository.packing import Limits
from hoarfrost.repository.passphrase import AgeRecipient, Cost, Passphrase
from hoarfrost.repository.ring import Ring, Role
from hoarfrost.repository.session import Session
from hoarfrost.repository.slots import Secret, new_slot
from hoarfrost.repository.stores.counted import CountedStore
from hoarfrost.repository.stores.probe import PROBES, probe
from hoarfrost.repository.stores.store import Store, is_name, listed
from hoarfrost.repository.stream_reader import map_stream, read_stream
from hoarfrost.repository.survey import Repack
from hoarfrost.repository.table import is_ours


class Totals(msgspec.Struct, frozen=True):
    """Bytes of the streams of all backups (``logical``) and of all objects (``stored``); counts.

    ``read`` and ``new``: what the runs of these backups took from their sources, and what of that was not there.
    ``damaged``: backups that cannot be opened. ``requests``: those of this object since it was opened.
    """

    logical: int
    read: int
    new: int
    stored: int
    packs: int
    blobs: int
    backups: int
    damaged: int
    requests: int
    index_memory: int


class Repository:
    """For several threads at once, and any number of them on one store: nobody has to wait for another."""

    def __init__(self, store: CountedStore, keys: Keys, limits: Limits) -> None:
        self.id = keys.repository.hex()
        self.store = store
        self._limits = msgspec.structs.replace(limits, fetches=min(limits.fetches, store.at_once))
        self._use(keys)

    def _use(self, keys: Keys) -> None:
        self._keys = keys
        self._catalogue = Catalogue(self.store, keys)
        self._blobs = Blobs(self.store, keys, self._catalogue)

    @classmethod
    def init(
        cls, store: Store, passphrase: Passphrase, *, cost: Cost | None = None, limits: Limits | None = None
    ) -> Repository:
        """Make a repository in an empty store. Raises UsageError where there is one, or something else."""
        _check_empty(store)  # before anything is made there, and again when nobody else can
        with store.exclusive("init"):
            _check_empty(store)
            probe(store)
            left = [name for prefix in (KEYS, PROBES) for name, _ in listed(store, prefix)]
            for name in [*left, *CARRIED]:
                store.delete(name)  # of an init that did not come to its end
            for name in CARRIED:
                store.put_new(name, carried(name))
            found = Format(MAGIC, VERSION, random_name())
            ring = Ring.new(bytes.fromhex(found.id))
            slot = new_slot(ring, "read", passphrase, "first", cost, Keys(ring).slots)
            store.put_new(KEYS + random_name(), slot)
            store.put_new(FORMAT, msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        return cls.open(store, passphrase, limits=limits)

    @classmethod
    def open(cls, store: Store, secret: Secret, *, limits: Limits | None = None) -> Repository:
        """With the role of the key slot that the secret opens.

        Raises NoRepository, WrongKey, Damaged; RepositoryError for a version that is not known here.
        """
        counted = CountedStore(store)
        repository = bytes.fromhex(read_format(counted).id)
        return cls(counted, Keys(open_ring(counted, secret, repository)), limits or Limits())

    @property
    def role(self) -> Role:
        """What the key that opened the repository may do."""
        return self._keys.role

    def keys(self) -> list[KeySlot]:
        """Also those that are damaged, which open nothing."""
        return KeySlots(self.store, self._keys).listed()

    def add_key(
        self,
        secret: Passphrase | AgeRecipient,
        role: Role = "read",
        label: str = "",
        *,
        cost: Cost | None = None,
    ) -> str:
        """The id of the new key. ``label`` is kept in the clear. Raises RoleForbids, UsageError."""
        return KeySlots(self.store, self._keys).add(secret, role, label, cost)

    def remove_key(self, id: str, *, dry_run: bool = False) -> KeySlot:
        """By its id or the beginning of it. Who opened the repository with it once may have kept what it opens.

        Raises UsageError for the last key for reading; RoleForbids for a write key, as `forget`.
        """
        return KeySlots(self.store, self._keys).remove(id, dry_run=dry_run)

    def rotate_keys(
        self,
        secret: Secret,
        *,
        cost: Cost | None = None,
        dry_run: bool = False,
        told: Callable[[Sequence[KeySlot]], None] = lambda _: None,
    ) -> list[KeySlot]:
        """Seal all that is written from now on for a new key pair. ``secret`` opens the caller's own slot.

        Returns the keys that were dropped: passphrases that are not the caller's have to be added again; ``told`` is
        called with them before anything is changed. ``dry_run``: only say which.
        Raises RoleForbids, WrongKey, RepositoryError where a rotation that died has left newer keys than the caller's.
        """
        newest = max((self._epoch(backup) for backup in self._backup_ids()), default=0)
        if newest > self._keys.ring.epoch:
            hint = "Rotate with the key that began it: its slot has all keys. Otherwise newer backups would be lost."
            raise RepositoryError("An earlier rotation of keys did not come to its end.", hint=hint)
        slots = KeySlots(self.store, self._keys)
        rotation = slots.rotation(secret)
        told(rotation.dropped)
        if not dry_run:
            self._use(Keys(slots.rotate(rotation, cost)))
        return list(rotation.dropped)

    def shred(self) -> None:
        """Delete all keys: nobody reads this repository again. Raises RoleForbids."""
        KeySlots(self.store, self._keys).shred()

    def session(self, owner: str) -> Session:
        """A writing run, to be entered with ``with``; beside others, also of other processes."""
        return Session(
            self.store, self._keys, self._catalogue, self._blobs, self._limits, owner, self._newest_first
        )

    def backups(self) -> Backups:
        """All backups, oldest first; one small request each. Those that are damaged are named beside."""
        return self._listed(self._blobs)

    def _listed(self, blobs: Blobs) -> Backups:
        found: list[Committed] = []
        damaged: list[Damage] = []
        for backup in self._backup_ids():
            try:
                if one := self._committed(backup, blobs):
                    found.append(one)
            except Missing:
                continue  # forgotten since it was listed
            except Damaged as error:
                damaged.append(Damage(backup, "", 0, 0, error.sentence))
        return Backups(sorted(found, key=lambda backup: (backup.time, backup.id)), damaged)

    def load(self, backup: str) -> Committed:
        """One backup by its id or the beginning of it. Raises NoSuchBackup, Damaged."""
        found = self._committed(self._full_id(backup))
        if found is None:
            raise NoSuchBackup(f"Backup {backup!r} was given up before it was whole.")
        return found

    def latest(self, scope: str) -> Committed | None:
        """The newest backup that was committed with this scope; for who may not read summaries too. A damaged one is
        passed over. Of two that began at once on machines whose clocks differ, it may be either.

        Raises RoleForbids for who may not write.
        """
        if not self._keys.may_write:
            raise RoleForbids("A maintain key cannot tell what a backup is of.")
        tag = scope_tag(self._keys, scope)
        return next((one for one in self._newest_first() if one.scope == tag), None)

    def _newest_first(self) -> Iterator[Committed]:
        """Those that can be opened, by their names: a request for each that is asked for."""
        for backup in reversed(self._backup_ids()):
            with suppress(Missing, Damaged):  # forgotten since it was listed; of no use to build on
                if found := self._committed(backup):
                    yield found

    def read(
        self, ref: StreamRef, ranges: Iterable[tuple[int, int]] | None = None, *, ordered: bool = True
    ) -> Iterator[Extent]:
        """The stream, or the (offset, length) ranges of it in order, proven; zeros as zero extents.

        Raises Damaged, naming the stream and the range, before any byte of that range is given out; RoleForbids.
        Not ``ordered``: in the order of packs, each part of which is fetched once: for targets that can seek. Then the
        id of a blob is proven before any byte of it is given out; that of a segment which is made of several blobs
        when the last of them has come, so that parts of it may be out before Damaged is raised.
        """
        self._check(ref)
        if ordered:
            return read_stream(ref, self._blobs, self._limits, ranges)
        return read_in_pack_order(ref, self._blobs, self._limits, ranges)

    def map(self, ref: StreamRef) -> Iterator[tuple[int, int]]:
        """The (offset, length) ranges of the stream that are not zero, in order, without reading its data.

        At the grain of segments: a range may hold zeros. Raises Damaged.
        """
        self._check(ref)
        return map_stream(ref, self._blobs)

    def forget(self, backup: str) -> str:
        """Remove a backup, readable or not; its whole id. `prune` gives back what no other needs.

        Raises RoleForbids for a write key. That keeps an agent from mistakes, and nobody from the store: who has its
        credentials and may delete there needs no key.
        """
        if self._keys.role == "write":
            hint = "Open the repository with a key of the role maintain or read."
            raise RoleForbids("A write key cannot delete a backup.", hint=hint)
        id = self._full_id(backup)
        self.store.delete(snap_object(id))
        return id

    def delete(self, backup: str) -> None:
        self.forget(backup)

    def prune(
        self, *, dry_run: bool = False, patience: Patience | None = None, repack: Repack | None = None
    ) -> Pruned:
        """Give back the space of what no backup needs. Reads data only to rewrite packs; writers go on meanwhile.

        ``dry_run``: only say what would go, and what would be read. A maintain key rewrites nothing, and says what is
        left. Raises RoleForbids, Damaged, RepositoryInUse (another collection).
        """
        if self._keys.role == "write":
            raise RoleForbids("A write key cannot prune.")
        patience, repack = patience or Patience(), repack or Repack()
        collector = Collector(self.store, self._keys, patience, repack, self._limits)
        return collector.forecast() if dry_run else collector.run()

    def check(
        self, level: Level = 1, *, budget: int | None = None, max_age: timedelta | None = None
    ) -> Checked:
        """Look for damage: presence (1), a random sample (2), everything (3), also a restore to nowhere (4).

        At most ``budget`` bytes of data; at level 4 as much again is restored. ``max_age``: from level 3 on, nothing
        that was proven within that time. What is damaged is written down, so that the next backups send it again.
        Raises RoleForbids from level 2 on for who may not read.
        """
        catalogue = Catalogue(self.store, self._keys)
        catalogue.refresh()
        blobs = Blobs(self.store, self._keys, catalogue)
        check = Check(self.store, catalogue, blobs, self._keys)
        backups = self._listed(blobs)
        found = check.run(backups, Effort(level, budget, max_age))
        if level > 3:
            read = partial(read_in_pack_order, blobs=blobs, limits=self._limits, ranges=None)
            found = drilled(found, backups, read, budget)
        slots = KeySlots(self.store, self._keys)
        lacking, notes = look_at_carried(self.store)
        return msgspec.structs.replace(
            found,
            notes=(*slots.notes(), *notes),
            damage=(
                *slots.damaged(),
                *map(Damage.of_no_backup, (*catalogue.damage(), *lacking)),
                *found.damage,
            ),
        )

    def damaged_index(self) -> list[Damaged]:
        """Objects of the index that this process has done without: nothing that is whole depends on them."""
        return self._catalogue.damage()

    def totals(self) -> Totals:
        self._catalogue.refresh()
        index = self._catalogue.index
        backups = self.backups()
        return Totals(
            logical=sum(backup.logical for backup in backups),
            read=sum(backup.read for backup in backups),
            new=sum(backup.new for backup in backups),
            stored=sum(size for _, size in self.store.list("")),
            packs=len(index.packs),
            blobs=len(index),
            backups=len(backups),
            damaged=len(backups.damaged),
            requests=self.store.requests.total(),
            index_memory=index.memory,
        )

    def _check(self, ref: StreamRef) -> None:
        if not is_ours(self._keys, ref):
            raise Damaged(f"Stream {ref.name!r} is not one of this repository.")

    def _committed(self, backup: str, blobs: Blobs | None = None) -> Committed | None:
        return open_snapshot(self._keys, blobs or self._blobs, backup, self.store.get(snap_object(backup)))

    def _epoch(self, backup: str) -> int:
        try:
            return sealed_epoch(self._keys, backup, self.store.get(snap_object(backup)))
        except Missing:
            return 0  # forgotten since it was listed

    def _backup_ids(self) -> list[str]:
        names = (name.removeprefix(SNAPS) for name, _ in self.store.list(SNAPS))
        return sorted(name for name in names if is_id(name))

    def _full_id(self, backup: str) -> str:
        found = [name for name in self._backup_ids() if backup and name.startswith(backup)]
        if not found:
            raise NoSuchBackup(f"There is no backup {backup!r}.")
        if len(found) > 1:
            raise NoSuchBackup(
                f"{backup!r} is the beginning of {len(found)} backups.", hint="Give more of it."
            )
        return found[0]


def _is_of_an_init(name: str) -> bool:
    """What one leaves that does not come to its end."""
    return name.startswith((KEYS, PROBES)) or name in CARRIED


def _check_empty(store: Store) -> None:
    if store.size(FORMAT) is not None:
        raise UsageError(f"There is a repository at {store.describe()} already.")
    if holds_backups(store):
        raise UsageError(
            f"There is a repository at {store.describe()} already, which lacks its object {FORMAT!r}.",
            hint=MEND,
        )
    foreign = next(
        (name for name, _ in store.list("") if not (is_name(name) and _is_of_an_init(name))),
        None,
    )
    if foreign:
        hint = "Give a folder that does not exist yet, or an empty one."
        raise UsageError(f"{store.describe()} is not empty: it holds {foreign!r}.", hint=hint)
