"""Volumes and what the cloud offers for them: types and availability zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from hoarfrost.cloud import Borrow, Cloud, wait_until
from hoarfrost.errors import MissingService, Refused, Unavailable, WentWrong
from hoarfrost.kinds.field import Drop, Keep, Note, Ref
from hoarfrost.kinds.freezing import Progress
from hoarfrost.kinds.image import ENCRYPTION_KEY, KEY_POLICY
from hoarfrost.kinds.kind import Chosen, Kind, Resolve
from hoarfrost.model import Body, Finding, Frozen, Resource

OWN_METADATA = ("readonly", "attached_mode")
"""Metadata keys that Cinder writes itself."""

KEY_MARKS = (ENCRYPTION_KEY, KEY_POLICY)
"""Image metadata that speak of a key of the old cloud."""

KEY_HINT = "Back up as the user who made it, have its key shared with this user, or back up inside the guest."

STOPPED = (
    "Start the server, or detach the volume, and back up again: where volumes are files, as with NFS, "
    "the host of a stopped server may have let go of them, and only takes them up when the server starts."
)

NO_SNAPSHOT = "Take a snapshot of it by hand: if that fails too, its operator has to look at the volume."

NO_TYPE = "Undo this restore, and map its volume type to one that encrypts in a new plan."

LIMIT = 300.0
"""Seconds until a group has let a volume go."""


class Volume(Kind):
    """A volume, attached or not. Its bytes come with the create call, as an image that the mover lends.

    That it may be attached to several servers at once, and that it is encrypted, follow from its type. The bytes of an
    encrypted one are kept as they are, with the key that opens them, and come back into a volume of an encrypted type,
    whose key has the same value. Where the user may not read the key, that is told beforehand, and its bytes are not in
    the backup. Where its header lies outside of it, as with back ends of files, it comes back 1 GiB larger.
    ``+locked``: the key cannot be read.

    A snapshot whose bytes are in the backup comes back as a volume too: one of its own, named and described like the
    snapshot, with the image metadata that the volume has now. In the backup it has the id of the snapshot.
    ``+past_of``: the volume whose past it is.
    """

    service, path, key, plural = "block-storage", "/volumes", "volume", "volumes"
    listing = "/volumes/detail"
    microversion = "3.70"
    sdk = "openstack.block_storage.v3.volume.Volume"
    natural = ("name", "size")
    mover, freezes, through, quota = "volume", True, "image", "volumes"

    told = Keep("name", "description", null=True, why="none is not the same as an empty one")
    kept = Keep("size", "metadata")
    type = Ref("volume_type_id", to="volume_type", optional=True)
    zone = Ref("availability_zone", to="volume_zone", optional=True)
    after_making = Note(
        "bootable", "volume_image_metadata", why="set by calls of their own, right after creation"
    )
    past_of = Ref("+past_of", to="volume", note=True, lineage=True)
    image = Ref("volume_image_metadata.image_id", to="image", note=True, lineage=True)
    source = Ref("source_volid", to="volume", note=True, lineage=True)
    project = Ref("os-vol-tenant-attr:tenant_id", to="project", note=True)
    user = Ref("user_id", to="user", note=True)
    lineage = Note("snapshot_id", "backup_id", why="the volume stands by itself in a backup")
    noted = Note(
        "id", "status", "created_at", "updated_at", "links", "attachments", "consumes_quota", "volume_type"
    )
    follows = Note("multiattach", "encrypted", "encryption_key_id", why="follow from the volume type")
    locked = Note("+locked", why="of the user who made the backup")
    inside = Note(
        "cluster_name",
        "os-vol-host-attr:host",
        "os-vol-mig-status-attr:migstat",
        "os-vol-mig-status-attr:name_id",
        "os-volume-replication:driver_data",
        "os-volume-replication:extended_status",
        "provider_id",
        "replication_status",
        "service_uuid",
        "shared_targets",
        "migration_status",
        why="how the cloud keeps it",
    )
    group = Ref("group_id", to="volume_group", optional=True)
    not_kept = Drop("consistencygroup_id", why="the old kind of volume groups; Cinder makes no more of them")
    asking_only = Drop("imageRef", "OS-SCH-HNT:scheduler_hints", why="only said when a volume is asked for")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        for body in super().enumerate(cloud):
            yield body | ({"+locked": True} if body.get("encrypted") and not _opens(cloud, body) else {})

    def unlike(self, ours: Body, theirs: Body) -> bool:
        """Encrypted bytes in a volume that does not decrypt them are what a restore to the wrong type left."""
        return bool(ours.get("encrypted")) and theirs.get("encrypted") is False

    def held_by(self, body: Body) -> tuple[tuple[str, str], ...]:
        if body.get("multiattach"):
            return ()
        return tuple(("server", one["server_id"]) for one in body.get("attachments") or ())

    def made_for(self, body: Body) -> str:
        return f"volume_snapshot/{body['id']}" if is_past(body) else ""

    def takes(self, body: Body, chosen: Chosen) -> Iterator[tuple[str, int]]:
        yield from super().takes(body, chosen)
        yield "gigabytes", int(body.get("size") or 0)

    def freeze(self, cloud: Cloud, borrow: Borrow, resource: Resource) -> Frozen | Finding | None:
        """A snapshot, also of a volume in use: what is in the guest's memory is not in it."""
        if resource.body["status"] == "reserved":
            sentence = "{} belongs to a server that is shelved: its bytes cannot be read."
            return self.note(resource.body, "error", "not-frozen", sentence, "Unshelve the server.")
        if resource.body.get("+locked"):
            sentence = "{} is not read: its bytes could not be opened again."
            return self.note(resource.body, "error", "not-frozen", sentence, KEY_HINT)

        def make(name: str) -> str:
            wanted = {"name": name, "volume_id": resource.id, "force": True}
            return str(self._rest(cloud).post("/snapshots", {"snapshot": wanted})["snapshot"]["id"])

        snapshot = borrow.take("volume_snapshot", make)
        return Frozen(address=resource.address, source=snapshot.what, id=snapshot.id, requested="")

    def frozen(self, cloud: Cloud, moment: Frozen) -> Progress:
        snapshot = self._rest(cloud).get(f"/snapshots/{moment.id}")["snapshot"]
        if snapshot["status"].startswith("error"):
            raise _went_wrong(cloud, snapshot)
        return "ready" if snapshot["status"] == "available" else "asked"

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        if "volume_type_id" in wanted:
            wanted["volume_type"] = wanted.pop("volume_type_id")
        metadata = {key: value for key, value in body.get("metadata", {}).items() if key not in OWN_METADATA}
        return {key: value for key, value in wanted.items() if key != "metadata"} | (
            {"metadata": metadata} if metadata else {}
        )

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """A volume made from the mover's image has that image's marks: ours take their place."""
        now = self.show(cloud, id)
        if body.get("encrypted") and not now.get("encrypted"):
            sentence = (
                f"the volume type {now.get('volume_type')} does not encrypt, and the bytes are encrypted"
            )
            raise WentWrong(sentence, hint=NO_TYPE)
        said = body.get("volume_image_metadata") or {}
        marks = {key: value for key, value in said.items() if key not in KEY_MARKS}
        for key in sorted(set(now.get("volume_image_metadata") or {}) - set(marks)):
            self._act(cloud, id, "os-unset_image_metadata", {"key": key})
        if marks:
            self._act(cloud, id, "os-set_image_metadata", {"metadata": marks})
        self._act(cloud, id, "os-set_bootable", {"bootable": body["bootable"] == "true"})
        if body.get("metadata", {}).get("readonly") == "True":
            self._act(cloud, id, "os-update_readonly_flag", {"readonly": True})

    def _act(self, cloud: Cloud, id: str, action: str, said: Body) -> None:
        self._rest(cloud).post(f"{self.path}/{id}/action", {action: said})

    def delete(self, cloud: Cloud, id: str) -> None:
        """Cinder does not delete one that is in a group (400): it is taken out first, which may have to wait."""

        def alone() -> bool | None:
            group = self.show(cloud, id).get("group_id")
            if not group:
                return True
            try:
                self._rest(cloud).put(f"/groups/{group}", {"group": {"remove_volumes": id}})
            except Refused:  # the group is still busy with another volume
                return None
            return None

        wait_until(alone, what=f"taking the volume {id} out of its group", limit=LIMIT)
        super().delete(cloud, id)

    def settled(self, body: Body) -> bool:
        if body["status"].startswith("error"):
            raise WentWrong(f"the volume {self.title(body) or body['id']} is in the state {body['status']}")
        return body["status"] in ("available", "in-use")

    def findings(self, body: Body) -> Iterator[Finding]:
        if body.get("+locked"):
            sentence = "{} is encrypted, and this user may not read its key: its bytes are not in the backup."
            yield self.note(body, "error", "encrypted", sentence, KEY_HINT)
        elif body.get("encrypted"):
            sentence = (
                "{} is encrypted: it needs a volume type that encrypts, which only an administrator is shown."
            )
            yield self.note(body, "info", "encrypted", sentence, "Map its type to such a one in the plan.")
        if body.get("volume_type") and not body.get("volume_type_id"):
            yield self.note(
                body, "warning", "not-kept", "The volume type of {} has no id here (Cinder before 3.63)."
            )
        if body.get("consistencygroup_id"):
            sentence = "{} belongs to a consistency group of the old kind, which is not restored."
            yield self.note(body, "info", "not-kept", sentence)


def _went_wrong(cloud: Cloud, snapshot: Body) -> WentWrong:
    """Back ends of files (NFS) have Nova snapshot an attached volume, on a host that mounts it for running servers."""
    sentence = f"its snapshot is in the state {snapshot['status']}.{cinder_says(cloud, snapshot['id'])}"
    try:
        volume = cloud.rest("block-storage").get(f"/volumes/{snapshot['volume_id']}")["volume"]
        paths = [f"/servers/{one['server_id']}" for one in volume["attachments"]]
        servers = [cloud.rest("compute").get(path)["server"] for path in paths]
    except (Refused, MissingService) as error:
        return WentWrong(f"{sentence} Nor could its server be looked at: {error.sentence}", hint=NO_SNAPSHOT)
    for server in servers:
        if server["status"] != "ACTIVE":
            stopped = (
                f"{sentence} It is attached to the server {server['name']}, which is {server['status']}."
            )
            return WentWrong(stopped, hint=STOPPED)
    return WentWrong(sentence, hint=NO_SNAPSHOT)


def cinder_says(cloud: Cloud, id: str) -> str:
    """Cinder's latest message about this volume or snapshot, as the end of a sentence."""
    try:
        messages = cloud.rest("block-storage", "3.5").list("/messages", "messages")
        said = [one["user_message"] for one in messages if one.get("resource_uuid") == id]
    except Refused:
        return ""
    return f" Cinder says: {said[0]}" if said else ""


PLAIN = (
    *("volume_type_id", "volume_type", "availability_zone", "multiattach", "encrypted"),
    *("bootable", "volume_image_metadata"),
)
"""What the past of a volume has of the volume as it is now: no snapshot says it."""


def past_volume(volume: Body, snapshot: Body) -> Resource:
    """The volume as it was when the snapshot was taken, under the id of the snapshot."""
    said = {key: snapshot.get(key) for key in ("id", "name", "description", "metadata", "size", "created_at")}
    kept = {key: volume[key] for key in PLAIN if key in volume}
    past = {"status": "available", "attachments": [], "snapshot_id": snapshot["id"], "+past_of": volume["id"]}
    return Volume().resource(kept | said | past)


def _opens(cloud: Cloud, body: Body) -> bool:
    """Whether its key can be read: only whoever made it may, by the policies as they come, and whom he lets."""
    if not body.get("encryption_key_id"):  # Cinder before 3.64; the mover will see
        return True
    try:
        for _ in cloud.rest("key-manager").download(f"/v1/secrets/{body['encryption_key_id']}/payload"):
            return True
    except (Refused, MissingService):
        return False
    except Unavailable:  # it may answer the mover; volumes that need no key are not to be missed for it
        return True
    return False


def is_past(body: Body) -> bool:
    """Whether its bytes are those of a snapshot, which never change."""
    return "+past_of" in body


class VolumeZone(Kind):
    """An availability zone of the block storage service: a name."""

    service, path, key, plural = "block-storage", "/os-availability-zone", "", "availabilityZoneInfo"
    sdk = "openstack.block_storage.v3.availability_zone.AvailabilityZone"
    mapped, owned = True, False
    natural: ClassVar[tuple[str, ...]] = ("zoneName",)

    noted = Note("zoneName", "zoneState")
    sdk_only = Drop("id", "name", why="zones have a zoneName only")

    def show(self, cloud: Cloud, id: str) -> Body:
        return {"zoneName": id}

    def id(self, body: Body) -> str:
        return str(body["zoneName"])

    def title(self, body: Body) -> str:
        return str(body["zoneName"])
