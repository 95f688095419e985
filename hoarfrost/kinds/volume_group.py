"""Volume groups, what they are made of, and what Cinder keeps as history: snapshots of volumes and of groups.

Decides that history is recorded and not made anew, but where its bytes are asked for: a snapshot then comes back on
a volume of its own, since no cloud takes bytes into a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.errors import MissingService, NotFound, WentWrong
from hoarfrost.kinds.field import Drop, Keep, Note, Ref
from hoarfrost.kinds.freezing import Past
from hoarfrost.kinds.kind import Chosen, Kind, Resolve
from hoarfrost.kinds.role import Powers
from hoarfrost.kinds.volume import past_volume
from hoarfrost.model import Body, Finding, Frozen, Graph, Resource

HISTORY = "it is history: volumes come back in the state of the backup, without their snapshots"

APART = "it comes back as a snapshot of a volume of its own, which is named like it"

READABLE = ("available", "backing-up", "creating")
"""The states in which a snapshot has bytes, or soon will."""


class Grouping(Kind):
    """Base of what came to Cinder with volume groups (3.13, 3.14)."""

    service = "block-storage"
    microversion = "3.70"

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        try:
            yield from super().enumerate(cloud)
        except NotFound as error:
            raise MissingService(f"This block storage service has no {self.path[1:]}.") from error


class VolumeGroupType(Grouping):
    """A type of volume groups, as the operator made it."""

    path, key, plural = "/group_types", "group_type", "group_types"
    sdk = "openstack.block_storage.v3.group_type.GroupType"
    mapped, owned = True, False

    noted = Note("id", "name", "description", "group_specs", "is_public")


class VolumeGroup(Grouping):
    """A group of volumes. It is made empty; each volume says when it is made that it belongs to it.

    Where two of its volume types are mapped to the same one, the group has that one once.
    """

    path, key, plural = "/groups", "group", "groups"
    listing = "/groups/detail"
    sdk = "openstack.block_storage.v3.group.Group"

    told = Keep("name", "description", null=True, why="none is not the same as an empty one")
    type = Ref("group_type", to="volume_group_type")
    volume_types = Ref("volume_types[]", to="volume_type")
    zone = Ref("availability_zone", to="volume_zone", optional=True)
    project = Ref("project_id", to="project", note=True)
    noted = Note("id", "status", "created_at", "replication_status", "replication_targets")
    members = Note("volumes", why="each volume says itself to which group it belongs")
    lineage = Note("group_snapshot_id", "source_group_id", why="the group stands by itself in a backup")
    asking_only = Drop("add_volumes", "remove_volumes", why="only said when a group is changed")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return wanted | {"volume_types": list(dict.fromkeys(wanted["volume_types"]))}

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        """A type twice is a type once; ids that are none here are ours in the order of theirs."""
        if resolve is None:
            return body
        types: dict[str, str] = {}
        for one in body["volume_types"]:
            types.setdefault(resolve("volume_type", one) or one, one)
        return body | {"volume_types": list(types.values())}

    def settled(self, body: Body) -> bool:
        if body["status"].startswith("error"):
            raise WentWrong(
                f"the volume group {self.title(body) or body['id']} is in the state {body['status']}"
            )
        return bool(body["status"] == "available")

    def delete(self, cloud: Cloud, id: str) -> None:
        """Only an empty one goes; its volumes leave it when they are deleted."""
        self._rest(cloud).post(f"{self.path}/{id}/action", {"delete": {"delete-volumes": False}})


class VolumeSnapshot(Kind):
    """A snapshot that the user took of a volume: what it was called and said, and when it was taken.

    It is history: recorded, and not made anew, unless its bytes are in the backup. They are read where
    ``backup create --with-snapshots`` says so, and where an image names the snapshot. Such a one comes back as two
    things: a volume with its bytes, named like it, and a snapshot of that volume, which is itself; both count against
    the quotas. The restored volume that it was taken of does not know it. Snapshots that a backup takes for itself
    are not among them. ``+volume``: the volume that its bytes are restored as.
    """

    service, path, key, plural = "block-storage", "/snapshots", "snapshot", "snapshots"
    listing = "/snapshots/detail"
    microversion = "3.70"
    sdk = "openstack.block_storage.v3.snapshot.Snapshot"
    recorded, quota = HISTORY, "snapshots"

    told = Keep("name", "description", null=True, why="none is not the same as an empty one")
    kept = Keep("metadata")
    bytes = Ref("+volume", to="volume", why="where its bytes are in the backup")
    volume = Ref("volume_id", to="volume", note=True)
    with_others = Ref("group_snapshot_id", to="volume_group_snapshot", note=True)
    project = Ref("os-extended-snapshot-attributes:project_id", to="project", note=True)
    user = Ref("user_id", to="user", note=True)
    noted = Note(
        "id",
        "status",
        "size",
        "created_at",
        "updated_at",
        "consumes_quota",
        "os-extended-snapshot-attributes:progress",
    )
    asking_only = Drop("force", why="only said when a snapshot is asked for")

    def past(self, resource: Resource, graph: Graph, wanted: bool) -> Past | Finding | None:
        body = resource.body
        if not wanted:
            sentence = "{} is recorded, but neither its bytes nor itself are restored."
            hint = "`backup create --with-snapshots` reads the bytes of snapshots too."
            return self.note(body, "info", "not-kept", sentence, hint)
        volume = graph.get(f"{self.volume.to}/{body['volume_id']}")
        if volume is None or body["status"] not in READABLE:
            why = f"it is {body['status']}" if volume else "its volume is not in the backup"
            return self.note(body, "warning", "not-kept", f"The bytes of {{}} are not read: {why}.")
        holder, taken = past_volume(volume.body, body), f"{body['created_at'][:19]}Z"
        moment = Frozen(
            address=holder.address, source=self.name, id=resource.id, requested=taken, frozen_at=taken
        )
        return Past(holder, moment, {"+volume": holder.id})

    def only_recorded(self, body: Body) -> str:
        return "" if "+volume" in body else self.recorded

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, cloud)
        if "+volume" in body:
            yield "volume_id", APART

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        yield from super().takes(body, chosen)
        yield "gigabytes", int(body.get("size") or 0)

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return wanted | {"volume_id": wanted.pop("+volume")}

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        """There, it is a snapshot of the volume that has its bytes."""
        return body if resolve else body | {"+volume": body["volume_id"]}

    def settled(self, body: Body) -> bool:
        if body["status"].startswith("error"):
            raise WentWrong(f"the snapshot {self.title(body) or body['id']} is in the state {body['status']}")
        return bool(body["status"] == "available")


class VolumeGroupSnapshot(Grouping):
    """A snapshot of all volumes of a group at once. It is history, and is not made anew."""

    path, key, plural = "/group_snapshots", "group_snapshot", "group_snapshots"
    listing = "/group_snapshots/detail"
    sdk = "openstack.block_storage.v3.group_snapshot.GroupSnapshot"
    recorded = HISTORY

    kept = Keep("name", "description")
    group = Ref("group_id", to="volume_group", note=True)
    type = Ref("group_type_id", to="volume_group_type", note=True)
    project = Ref("project_id", to="project", note=True)
    noted = Note("id", "status", "created_at")
