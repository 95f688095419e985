"""Images that the project owns, byte for byte; others' are only mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import WentWrong
from hoarfrost.kinds.field import Data, Drop, Keep, Late, Note, Ref
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.stand_in import Ask, Rule, same_name
from hoarfrost.model import Body, Finding

PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}

PAGE = "1000"
"""Glance's largest page (api_limit_max); without a limit it gives 25."""

RESERVED = ("os_glance_", "img_signature")
"""Properties that cannot come back: Glance's own (403), and signatures, whose certificate is not captured."""


def same_bytes(ask: Ask) -> tuple[Body, str] | None:
    hash = ask.resource.body.get("os_hash_value")
    same = [one for one in ask.offers if hash and one.get("os_hash_value") == hash]
    if not same:
        return None
    named = [one for one in same if ask.kind.title(one) == ask.resource.name]
    return (named or same)[0], "the same bytes (os_hash_value)"


def same_name_other_bytes(ask: Ask) -> tuple[Body, str] | None:
    found = same_name(ask)
    return (found[0], "a guess: the same name, but other bytes") if found else None


class Image(Kind):
    """An image of the project, with its properties. Made empty; the bytes follow, `protected` comes last.

    An image of a volume-booted server holds no bytes but names volume snapshots: it is recorded, not
    restored.
    """

    service, path, key, plural = "image", "/v2/images", "", "images"
    sdk = "openstack.image.v2.image.Image"
    query: ClassVar[dict[str, str]] = {"owner": "{project_id}", "limit": PAGE}
    mover, quota = "image", "images"
    stand_ins: ClassVar[tuple[Rule, ...]] = (same_bytes, same_name_other_bytes)

    project = Ref("owner", to="project", note=True)
    kernel = Ref("kernel_id", "ramdisk_id", to="image", optional=True)
    base = Ref("base_image_ref", to="image", note=True)
    kept = Keep(
        "name", "disk_format", "container_format", "min_disk", "min_ram", "visibility", "os_hidden", "tags"
    )
    properties = Keep("*", why="whatever else the user or the cloud said about the image")
    protected = Late("protected", at_first=False, why="a protected image could not be taken back")
    noted = Note("id", "created_at", "updated_at", "status", "self", "file", "schema", "store", "stores")
    places = Note("locations", "direct_url", "url", why="where this cloud keeps the bytes")
    data = Data("size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value")
    sdk_only = Drop("metadata", "properties", why="names of the SDK for what lies flat in the body")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Hidden images are in a list of their own."""
        yield from super().enumerate(cloud)
        yield from self._rest(cloud).list(
            self.path, self.plural, owner=cloud.project_id, os_hidden="true", limit=PAGE
        )

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self._rest(cloud).list(self.path, self.plural, limit=PAGE)

    def fits(self, ours: Body, theirs: Body) -> bool:
        return bool(theirs.get("status") == "active")

    def is_disk(self, body: Body) -> bool:
        return body.get("disk_format") == "raw"

    def made_by(self, body: Body) -> str:
        return "a snapshot of a volume-booted server" if names_snapshots(body) else ""

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """Only an administrator may publish; an image that was public comes back as private."""
        wanted = super().request(body, resolve, may)
        if wanted["visibility"] == "public" and not may("visibility"):
            wanted["visibility"] = "private"
        return {key: value for key, value in wanted.items() if not key.startswith(RESERVED)}

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        changes = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in update.items()]
        self._rest(cloud).patch(f"{self.path}/{id}", changes, headers=PATCH)

    def settled(self, body: Body) -> bool:
        """`queued` is settled: it waits for its bytes."""
        if body["status"] in ("killed", "deleted", "pending_delete"):
            raise WentWrong(f"the image {self.title(body)} is {body['status']}")
        return body["status"] in ("queued", "active")

    def delete(self, cloud: Cloud, id: str) -> None:
        if self.show(cloud, id)["protected"]:
            self.finish(cloud, id, {"protected": False})
        super().delete(cloud, id)

    def findings(self, body: Body) -> Iterator[Finding]:
        if names_snapshots(body):
            yield self.note(
                body,
                "warning",
                "no-bytes",
                "{} only names snapshots of volumes; it is recorded, but not restored.",
                "The volumes themselves are in the backup, as they are now.",
            )
        elif body["status"] != "active":
            yield self.note(
                body, "warning", "no-bytes", f"{{}} is {body['status']}: its bytes cannot be read."
            )
        if body["visibility"] == "public":
            yield self.note(
                body, "info", "needs-admin", "{} is public; only an administrator can restore it so."
            )
        if reserved := sorted(key for key in body if key.startswith(RESERVED)):
            yield self.note(body, "info", "not-kept", f"{{}} comes back without {', '.join(reserved)}.")


def names_snapshots(body: Body) -> bool:
    """What createImage makes of a volume-booted server: 0 bytes, and a block device mapping as a property."""
    return not body.get("size") and "block_device_mapping" in body
