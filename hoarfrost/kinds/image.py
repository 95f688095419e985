"""Images that the project owns, byte for byte; others' are only mapped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict, NotFound, WentWrong
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Data, Drop, Keep, Late, Note, Ref
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.request import unnamed
from hoarfrost.kinds.role import Powers, holds
from hoarfrost.kinds.stand_in import Ask, Rule, same_name
from hoarfrost.model import Body, Finding, Reference

PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}

PAGE = "1000"
"""Glance's largest page (api_limit_max); without a limit it gives 25."""

ENCRYPTION_KEY = "cinder_encryption_key_id"
"""Names the secret that opens what Cinder made of an encrypted volume."""

KEY_POLICY = "cinder_encryption_key_deletion_policy"
"""Has Glance remove that secret with the image."""

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

    What it is shared with (``+members``) is added last too; members have to accept it anew. On the same cloud they
    are the same projects; on another one a mapping has to say which they are, and it is not shared with the others.
    Only an administrator may read the bytes of a deactivated image, which comes back deactivated. One that waits
    for its bytes, or lost them, comes back without. What createImage makes of a volume-booted server holds no bytes
    but names volume snapshots: it is a kind of its own (`snapshot_image`).
    """

    service, path, key, plural = "image", "/v2/images", "", "images"
    sdk = "openstack.image.v2.image.Image"
    query: ClassVar[dict[str, str]] = {"owner": "{project_id}", "limit": PAGE}
    mover, quota, further = "image", "images", 1
    stand_ins: ClassVar[tuple[Rule, ...]] = (same_bytes, same_name_other_bytes)

    project = Ref("owner", to="project", note=True)
    kernel = Ref("kernel_id", "ramdisk_id", to="image", optional=True)
    opened_with = Ref(ENCRYPTION_KEY, to="secret", optional=True)
    key_goes = Note(
        KEY_POLICY, why="its secret may be one that was there: removing the image must not take it along"
    )
    base = Ref("base_image_ref", to="image", note=True)
    kept = Keep(
        "name", "disk_format", "container_format", "min_disk", "min_ram", "visibility", "os_hidden", "tags"
    )
    properties = Keep("*", why="whatever else the user or the cloud said about the image")
    protected = Late("protected", at_first=False, why="a protected image could not be taken back")
    members = Ref(
        "+members[].member_id", to="project", optional=True, late=True, why="shared once it is whole"
    )
    of_the_member = Note(
        "+members[].status",
        "+members[].created_at",
        "+members[].updated_at",
        "+members[].schema",
        "+members[].image_id",
        why="whether a member accepts is its own business",
    )
    noted = Note("id", "created_at", "updated_at", "status", "self", "file", "schema", "store", "stores")
    places = Note("locations", "direct_url", "url", why="where this cloud keeps the bytes")
    data = Data("size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value")
    sdk_only = Drop("metadata", "properties", why="names of the SDK for what lies flat in the body")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Hidden images are in a list of their own, the members of each shared one in another."""
        hidden = self._rest(cloud).list(
            self.path, self.plural, owner=cloud.project_id, os_hidden="true", limit=PAGE
        )
        listed = chain(super().enumerate(cloud), hidden)
        yield from each(partial(self._shared, cloud), (one for one in listed if self.is_one(one)))

    def show(self, cloud: Cloud, id: str) -> Body:
        return self._shared(cloud, super().show(cloud, id))

    def _shared(self, cloud: Cloud, body: Body) -> Body:
        """Of somebody else's, a member is shown itself; of our own, all are shown."""
        if body["visibility"] != "shared" or body.get("owner") != cloud.project_id:
            return body
        try:
            members = list(self._rest(cloud).list(f"{self.path}/{body['id']}/members", "members"))
        except NotFound:  # removed since it was listed
            return body
        return body | ({"+members": members} if members else {})

    def is_one(self, body: Body) -> bool:
        """What the service lists are images of two kinds."""
        return not devices(body)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from self._rest(cloud).list(self.path, self.plural, limit=PAGE)

    def fits(self, ours: Body, theirs: Body) -> bool:
        return bool(theirs.get("status") == "active")

    def is_disk(self, body: Body) -> bool:
        return body.get("disk_format") == "raw"

    def may(self, cloud: Powers) -> Callable[[str], bool]:
        return lambda path: path == "visibility" and holds(cloud.roles, ("admin",))

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, cloud)
        if body.get("visibility") == "public" and not self.may(cloud)("visibility"):
            yield "visibility", "only an administrator may publish an image; it comes back as private"
        yield from ((key, "Glance keeps it for itself, or it needs a certificate") for key in _reserved(body))

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """Only an administrator may publish; public ones come back as private. An empty name or property is said."""
        empty = {key: "" for key in ("name", *unnamed(self, body)) if body.get(key) == ""}
        wanted = super().request(body, resolve, may) | empty
        if wanted["visibility"] == "public" and not may("visibility"):
            wanted["visibility"] = "private"
        return {key: value for key, value in wanted.items() if not key.startswith(RESERVED)}

    def recall(self, body: Body, reference: Reference) -> Body | None:
        """A member cannot look at another project; its id is all there is of it."""
        return {"id": reference.id} if reference.field in self.members.paths else None

    def late(self, body: Body, resolve: Resolve) -> Body:
        wanted = super().late(self.comparable(body, resolve), resolve)
        return wanted | ({"+deactivated": True} if body["status"] == "deactivated" else {})

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        if resolve is None or "+members" not in body:
            return body
        here = resolve("project", str(body.get("owner")))  # an owner need not be a member
        members = [one for one in body["+members"] if resolve("project", one["member_id"]) != here]
        return body | {"+members": members}

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        rest, place = self._rest(cloud), f"{self.path}/{id}"
        for member in update.get("+members", ()):
            _share(rest, place, member["member_id"])
        said = {key: value for key, value in update.items() if not key.startswith("+")}
        if said:
            changes = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in said.items()]
            rest.patch(place, changes, headers=PATCH)
        if update.get("+deactivated"):
            rest.post(f"{place}/actions/deactivate")

    def settled(self, body: Body) -> bool:
        """`queued` is settled: it waits for its bytes."""
        if body["status"] in ("killed", "deleted", "pending_delete"):
            raise WentWrong(f"the image {self.title(body)} is {body['status']}")
        return body["status"] in ("queued", "active", "deactivated")

    def delete(self, cloud: Cloud, id: str) -> None:
        if self.show(cloud, id)["protected"]:
            self.finish(cloud, id, {"protected": False})
        super().delete(cloud, id)

    def findings(self, body: Body) -> Iterator[Finding]:
        if body["status"] not in ("active", "deactivated"):
            yield self.note(
                body, "warning", "no-bytes", f"{{}} is {body['status']}: its bytes cannot be read."
            )
        if body["visibility"] == "public":
            yield self.note(
                body, "info", "needs-admin", "{} is public; only an administrator can restore it so."
            )
        if reserved := _reserved(body):
            yield self.note(body, "info", "not-kept", f"{{}} comes back without {', '.join(reserved)}.")
        if shared := sorted(one["member_id"] for one in body.get("+members", ())):
            sentence = f"{{}} is shared with the projects {', '.join(shared)}; they have to accept it anew."
            yield self.note(body, "info", "shared", sentence, "On another cloud, map them in the plan.")


def _reserved(body: Body) -> list[str]:
    return sorted(key for key in body if key.startswith(RESERVED))


def _share(rest: Any, place: str, project: str) -> None:
    try:
        rest.post(f"{place}/members", {"member": project})
    except Conflict:  # it is a member already: an earlier run came this far
        return


def devices(body: Body) -> list[Body]:
    """What an image without bytes names in their place: a block device mapping, which is a property."""
    if body.get("size"):
        return []
    try:
        said = json.loads(body.get("block_device_mapping") or "[]")
    except ValueError:
        return []
    whole = isinstance(said, list) and all(isinstance(one, dict) for one in said)
    return said if whole else []
