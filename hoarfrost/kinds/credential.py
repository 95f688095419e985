"""What a user has to prove who it is, as far as it belongs to the project: its own, not that of others.

Decides which of it comes back: what the API gives with its secret does; the rest is recorded and named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar

from hoarfrost.cloud import Cloud
from hoarfrost.errors import Conflict, Forbidden, MissingService, NotFound
from hoarfrost.kinds.field import Drop, Keep, Note, Ref, Secret
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.role import Powers
from hoarfrost.model import Body, Finding


class Credential(Kind):
    """A credential of the user in this project: access key and secret of EC2 and S3, a seed of one-time passwords.

    Access key and secret come back as they were, so that clients go on with them. An access key is there once on a
    cloud: where the original still has it, the restored one cannot.
    """

    service, path, key, plural = "identity", "/credentials", "credential", "credentials"
    sdk = "openstack.identity.v3.credential.Credential"
    natural = ("type", "blob")

    kept = Keep("type")
    blob = Secret("blob", why="with the secret, as the API gives it to its user")
    user = Ref("user_id", to="user")
    project = Ref("project_id", to="project", optional=True)
    noted = Note("id", "links")
    sdk_only = Drop("name", why="credentials have no name")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        for body in self._rest(cloud).list(self.path, self.plural, user_id=cloud.user_id):
            if body.get("project_id") in (cloud.project_id, None):
                yield body

    def show(self, cloud: Cloud, id: str) -> Body:
        """Keystone says 403 of one that is not there, as of somebody else's."""
        try:
            return super().show(cloud, id)
        except Forbidden as error:
            raise NotFound(f"the user has no credential {id}") from error

    def delete(self, cloud: Cloud, id: str) -> None:
        try:
            self.show(cloud, id)
        except NotFound:
            return
        super().delete(cloud, id)

    def title(self, body: Body) -> str:
        """An access key is no secret; whatever else is in the blob may be."""
        access = _access(body)
        return f"{body['type']} {access}" if access else str(body["type"])

    def create(self, cloud: Cloud, request: Body) -> Body:
        try:
            return super().create(cloud, request)
        except Conflict as error:
            hint = "Remove the original first, or skip this one in the plan and make a new one."
            raise Conflict(f"the access key {_access(request)} is in use on this cloud", hint=hint) from error


def _access(body: Body) -> str:
    if body.get("type") != "ec2":
        return ""
    try:
        return str(json.loads(body["blob"])["access"])
    except (ValueError, KeyError, TypeError):
        return ""


class ApplicationCredential(Kind):
    """An application credential of the user in this project, without its secret, which the API never gives again.

    Where somebody still knows the secret, `restore apply --app-secret` takes it, and clients that log in by name go on
    working; with `--hand-over` the others get a new one, which is written down. Without either it is not made. It has
    the roles that it had, by name, and no more. One that has expired is recorded only.
    """

    service, path, key = "identity", "/users/{user_id}/application_credentials", "application_credential"
    plural = "application_credentials"
    sdk = "openstack.identity.v3.application_credential.ApplicationCredential"
    locks, given_by = "secret", "--app-secret NAME=FILE or --hand-over FILE"

    kept = Keep("name", "description", "expires_at", "unrestricted")
    rules = Keep("access_rules", why="without their ids")
    roles = Keep("roles", why="by name; the user must have them")
    its_user = Ref("user_id", to="user", note=True)
    project = Ref("project_id", to="project", note=True)
    noted = Note("id", "links", "system")
    never_given = Drop("secret", why="the API gives it once, when it is made")
    sdk_only = Drop("user", why="in the path only")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        for body in self._rest(cloud).list(self._of(cloud), self.plural):
            if body.get("project_id") == cloud.project_id:
                yield body

    def show(self, cloud: Cloud, id: str) -> Body:
        return self.open(self._rest(cloud).get(f"{self._of(cloud)}/{id}"))

    def _of(self, cloud: Cloud) -> str:
        return self.path.format(user_id=cloud.user_id)

    def only_recorded(self, body: Body) -> str:
        return "it has expired" if _expired(body) else ""

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        roles = [{"name": one["name"]} for one in body.get("roles") or ()]
        rules = [
            {key: one[key] for key in one if key != "id"} | {"method": one["method"].upper()}
            for one in body.get("access_rules") or ()
        ]
        return body | {"roles": roles, "access_rules": rules}

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        return super().request(self.comparable(body), resolve, may)

    def lost(self, body: Body, cloud: Powers) -> Iterator[tuple[str, str]]:
        yield from super().lost(body, cloud)
        yield "secret", "the API never gives it: without --app-secret or --hand-over it is not made"

    def unlocked(self, body: Body, request: Body, secret: str) -> Body:
        return request | {"secret": secret}

    def create(self, cloud: Cloud, request: Body) -> Body:
        """By the user itself, with a password: a token of an application credential may make none."""
        try:
            return self.open(self._rest(cloud).post(self._of(cloud), self.wrap(request)))
        except Conflict as error:
            hint = (
                "Names are there once for each user: remove the original first, or skip this one in the plan."
            )
            raise Conflict(f"the user has an application credential {request['name']}", hint=hint) from error

    def delete(self, cloud: Cloud, id: str) -> None:
        self._rest(cloud).delete(f"{self._of(cloud)}/{id}")

    def findings(self, body: Body) -> Iterator[Finding]:
        sentence = "The secret of {} cannot be read: it comes back with one handed in, with a new one, or not at all."
        hint = "Give `restore apply` the secret with --app-secret, or a --hand-over file for new ones."
        yield self.note(body, "info", "not-kept", sentence, hint)


def _expired(body: Body) -> bool:
    said = str(body.get("expires_at") or "")
    return bool(said) and datetime.fromisoformat(said).replace(tzinfo=UTC) <= datetime.now(UTC)


class Trust(Kind):
    """What the user may do for another, or another for it, in this project. It is recorded.

    Only the trustor can give it again, and the services that use it (orchestration, alarms, clusters) know it by its
    id, which is always a new one.
    """

    service, path, key, plural = "identity", "/OS-TRUST/trusts", "trust", "trusts"
    sdk = "openstack.identity.v3.trust.Trust"
    natural: ClassVar[tuple[str, ...]] = ("trustor_user_id", "trustee_user_id")
    recorded = "only its trustor can give it, and it would have another id"

    kept = Keep("expires_at", "impersonation", "remaining_uses", "allow_redelegation", "redelegation_count")
    roles = Note("roles", "roles_links", "role_links")
    users = Ref("trustor_user_id", "trustee_user_id", to="user", note=True)
    project = Ref("project_id", to="project", note=True)
    noted = Note("id", "links", "deleted_at", "redelegated_trust_id")
    sdk_only = Drop("name", why="trusts have no name")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """Those that it gave and those that it was given: a member may not list others'."""
        seen: set[str] = set()
        try:
            for side in ("trustor_user_id", "trustee_user_id"):
                for body in self._rest(cloud).list(self.path, self.plural, **{side: cloud.user_id}):
                    if body.get("project_id") == cloud.project_id and body["id"] not in seen:
                        seen.add(body["id"])
                        yield body
        except NotFound as error:
            raise MissingService("This identity service has no trusts.") from error
        except Forbidden as error:  # to a token of an application credential, whatever the roles
            raise MissingService(
                "Application credentials may not look at trusts: none is recorded."
            ) from error

    def findings(self, body: Body) -> Iterator[Finding]:
        sentence = "{} cannot come back: only its trustor can give it again, and it will have another id."
        yield self.note(
            body, "info", "not-kept", sentence, "Stacks and clusters that use it have to be told."
        )
