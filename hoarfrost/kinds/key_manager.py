"""Secrets and the containers that bundle them: what load balancers, images and volumes are opened with.

A backup holds the payloads; they are in the encrypted part of the repository and are shown nowhere.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Forbidden, NotFound
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Drop, Href, Keep, Note
from hoarfrost.kinds.field import Secret as Hidden
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.role import Powers
from hoarfrost.model import Body, Finding

TEXT = "text/plain"


class Barbican(Kind):
    """Base of what the key manager keeps for a project: ids stand at the end of web addresses."""

    service = "key-manager"
    query: ClassVar[dict[str, str]] = {"limit": "100"}
    reads: ClassVar[tuple[str, ...]] = ("member", "creator")
    makes: ClassVar[tuple[str, ...]] = ("member", "creator")
    href: ClassVar[str]

    def id(self, body: Body) -> str:
        return str(body[self.href]).rpartition("/")[2]

    def create(self, cloud: Cloud, request: Body) -> Body:
        """The answer names nothing but the address."""
        asked = {key: value for key, value in request.items() if not key.startswith("+")}
        return dict(self._rest(cloud).post(self.path, self._known(cloud, asked)))

    def show(self, cloud: Cloud, id: str) -> Body:
        return dict(self._rest(cloud).get(f"{self.path}/{id}"))

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        """Who may read it: users that have a counterpart are rewritten."""
        if acl := _told(body, resolve):
            self._rest(cloud).put(f"{self.path}/{id}/acl", {"read": acl})

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        return body | {"+acl": {"read": _told(body, resolve or (lambda kind, id: id))}}

    def findings(self, body: Body) -> Iterator[Finding]:
        if users := body.get("+acl", {}).get("read", {}).get("users"):
            sentence = (
                f"{{}} may be read by the users {', '.join(users)}; such ids mean nothing on another cloud."
            )
            yield self.note(body, "info", "ids-in-acl", sentence)


def _told(body: Body, resolve: Resolve) -> Body:
    """The access list as it would be sent; {} where it is the one that everything has at first."""
    said = body.get("+acl", {}).get("read", {})
    users = [resolve("user", user) or user for user in said.get("users") or ()]
    open_to_project = said.get("project-access", True)
    return {} if open_to_project and not users else {"users": users, "project-access": open_to_project}


class Secret(Barbican):
    """A secret with its payload, metadata and access list.

    One that another member keeps private cannot be read and is named. Expired ones are gone: the service
    lists them no more and gives their payload to nobody. A secret that expires between backup and restore
    comes back without its date. The key of an encrypted volume is recorded: the restored volume gets its own.
    ``+key``: it is one.
    """

    path, key, plural, href = "/v1/secrets", "", "secrets", "secret_ref"
    sdk = "openstack.key_manager.v1.secret.Secret"
    quota = "secrets"
    natural = ("name", "secret_type", "+payload")
    further = 3

    called = Keep("name", null=True, why="no name is not the same as an empty one")
    kept = Keep("secret_type", "algorithm", "bit_length", "mode", "expiration")
    payload = Hidden("+payload", why="text as it is, anything else in base64")
    user_metadata = Keep("+metadata")
    acl = Keep("+acl", why="who may read it, beside the project or instead of it")
    form = Note("content_types", why="said with the payload")
    noted = Note("secret_ref", "status", "created", "updated", "creator_id", "consumers", "+private", "+key")
    kept_where = Note("secret_store_id", "secret_store_ref", why="where this cloud keeps it")
    asking_only = Drop(
        "id", "payload", "payload_content_type", "payload_content_encoding", why="only said when one is made"
    )

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """The list says nothing of payload, metadata and access: three requests for each secret."""
        listed = list(super().enumerate(cloud))
        keys = _volume_keys(cloud) if any(_may_be_key(one) for one in listed) else frozenset()
        for body in each(lambda one: self._whole(cloud, one), listed):
            if body is not None:
                yield body | ({"+key": True} if self.id(body) in keys else {})

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from super().enumerate(cloud)

    def _whole(self, cloud: Cloud, body: Body) -> Body | None:
        rest, path = self._rest(cloud), f"{self.path}/{self.id(body)}"
        try:
            metadata, acl = rest.get(f"{path}/metadata")["metadata"], rest.get(f"{path}/acl")
            payload = b"".join(rest.download(f"{path}/payload")) if body.get("content_types") else b""
        except Forbidden:
            return body | {"+private": True}
        except NotFound:  # removed or expired since the list was made
            return None
        shown = payload.decode() if _is_text(body) else base64.b64encode(payload).decode()
        return body | {"+metadata": metadata, "+acl": acl} | ({"+payload": shown} if payload else {})

    def made_by(self, body: Body) -> str:
        if body.get("+key"):
            return "the block storage service, for an encrypted volume"
        return "another member, who keeps it private" if body.get("+private") else ""

    def nameless(self, body: Body) -> bool:
        return not body.get("name") and not body.get("+payload")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        if _expired(body):
            wanted.pop("expiration")
        if "+payload" in wanted:
            wanted["payload"] = wanted.pop("+payload")
            wanted["payload_content_type"] = body["content_types"]["default"]
            if not _is_text(body):
                wanted["payload_content_encoding"] = "base64"
        return wanted

    def made(self, cloud: Cloud, id: str, body: Body, resolve: Resolve) -> None:
        if metadata := body.get("+metadata"):
            self._rest(cloud).put(f"{self.path}/{id}/metadata", {"metadata": metadata})
        super().made(cloud, id, body, resolve)

    def lost(self, body: Body, powers: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, powers)
        if _expired(body):
            yield "expiration", "it has passed, and no secret can be made that is expired already"

    def findings(self, body: Body) -> Iterator[Finding]:
        if body.get("+private") and not body.get("+key"):
            sentence = "{} is kept private by another member: its payload is not in the backup."
            yield self.note(body, "error", "unreadable", sentence, "Let that member give this user access.")
        yield from super().findings(body)


def _may_be_key(body: Body) -> bool:
    """Those of volumes are such; mostly they have no name, or that of the key that they are a copy of."""
    return body.get("secret_type") == "symmetric"


def _volume_keys(cloud: Cloud) -> frozenset[str]:
    if not cloud.has("block-storage"):
        return frozenset()
    volumes = cloud.rest("block-storage", "3.64").list("/volumes/detail", "volumes")
    return frozenset(str(one["encryption_key_id"]) for one in volumes if one.get("encryption_key_id"))


def _is_text(body: Body) -> bool:
    return str(body.get("content_types", {}).get("default", "")).startswith(TEXT)


def _expired(body: Body) -> bool:
    said: Any = body.get("expiration")
    return bool(said) and datetime.fromisoformat(said).replace(tzinfo=UTC) <= datetime.now(UTC)


class SecretContainer(Barbican):
    """A bundle of secrets: any (generic), a key pair (rsa), or a certificate with its key."""

    path, key, plural, href = "/v1/containers", "", "containers", "container_ref"
    sdk = "openstack.key_manager.v1.container.Container"
    quota = "containers"
    natural = ("name", "type", "secret_refs[].secret_ref")
    further = 1

    called = Keep("name", null=True)
    kept = Keep("type", "secret_refs[].name")
    secrets = Href("secret_refs[].secret_ref", to={"secrets": "secret"}, service="key-manager", version="/v1")
    acl = Keep("+acl")
    noted = Note("container_ref", "status", "created", "updated", "creator_id", "+private")
    users = Note("consumers", why="whoever uses it says so again")
    sdk_only = Drop("id", why="a container has its address only")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """The list says nothing of access: a request for each container."""
        found = each(lambda one: self._whole(cloud, one), super().enumerate(cloud))
        yield from (body for body in found if body is not None)

    def visible(self, cloud: Cloud) -> Iterator[Body]:
        yield from super().enumerate(cloud)

    def _whole(self, cloud: Cloud, body: Body) -> Body | None:
        try:
            return body | {"+acl": self._rest(cloud).get(f"{self.path}/{self.id(body)}/acl")}
        except Forbidden:
            return body | {"+private": True}
        except NotFound:
            return None

    def nameless(self, body: Body) -> bool:
        return not body.get("name") and not body.get("secret_refs")

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        """A secret in a generic container may do without a name, but the name may not be null."""
        wanted = super().request(body, resolve, may)
        for one in wanted.get("secret_refs", ()):
            if one.get("name") is None:
                del one["name"]
        return wanted

    def findings(self, body: Body) -> Iterator[Finding]:
        if body.get("+private"):
            yield self.note(body, "info", "unreadable", "{}: its access list may not be read.")
        yield from super().findings(body)
