"""Swift containers and the storage policies they lie in. Objects are the bytes of their container.

Decides too which containers are repositories of ours: those are not backed up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, ClassVar

from hoarfrost.cloud import Cloud, quote_path
from hoarfrost.errors import Conflict, NotFound, Refused
from hoarfrost.kinds.each import each
from hoarfrost.kinds.field import Data, Drop, Keep, Late, Note, Ref, Secret, without
from hoarfrost.kinds.kind import Kind, Resolve
from hoarfrost.kinds.stand_in import Ask, Rule, same_name
from hoarfrost.model import Body, Finding

SAID = ("x-container-", "x-versions-", "x-history-")
"""How the headers begin that speak of the container; the others speak of the answer."""

ACLS = ("x-container-read", "x-container-write")

ARCHIVES = ("x-versions-location", "x-history-location")
"""Where the old way of versioning keeps what is replaced or deleted: in an ordinary container."""

MARKER, MAGIC = "format", b"hoarfrost repository"
"""The object by which a repository is known, and what stands in it (`hoarfrost.repository.layout`, not imported here:
listing the kinds would load it)."""

_MARKER_SIZE = 4096  # bytes: no marker of ours is larger

_AT_A_TIME = 1000  # objects that are removed before the next are looked for


class Container(Kind):
    """A container. It is made bare; its headers follow the load, which a quota or versions would disturb.

    Access lists name projects and users by id; those that have a counterpart are rewritten. Versions: with
    `X-Versions-Enabled` old versions are kept as well as the current ones, and where a name was deleted; they come
    back in the same order, with new ids and times, and what was put while no versions were kept becomes a version.
    Where the other cloud keeps no versions, that is told, and the current objects come back. The older ways
    (`X-Versions-Location`, `X-History-Location`) put old versions into an ordinary container, which is kept whole.
    What is synchronised is synchronised again once it is restored. A container that holds a repository of ours is
    recorded, and neither its objects nor itself are restored.
    """

    service, path, key, plural = "object-store", "", "", ""
    sdk = "openstack.object_store.v1.container.Container"
    mover, further = "container", 2

    kept = Keep("name")
    policy = Ref("storage_policy", to="storage_policy", optional=True)
    headers = Late("+headers", why="as the HEAD of the container says them, in lower case")
    read_acl = Late("+headers.x-container-read", "+headers.x-container-write")
    history = Late(
        "+headers.x-versions-location", "+headers.x-history-location", "+headers.x-versions-enabled"
    )
    sync = Late("+headers.x-container-sync-to")
    repository = Note("+repository", why="that it is one of ours")
    secrets = Secret(
        "+headers.x-container-meta-temp-url-key",
        "+headers.x-container-meta-temp-url-key-2",
        "+headers.x-container-sync-key",
    )
    counted = Data("count", "bytes", "+headers.x-container-object-count", "+headers.x-container-bytes-used")
    noted = Note("last_modified", "+headers.x-timestamp", "+headers.x-storage-policy")
    asking_only = Drop(
        "+headers.content-type",
        "+headers.if-none-match",
        "+headers.x-detect-content-type",
        "+headers.x-newest",
        why="of a request or an answer, not of the container",
    )
    sdk_only = Drop("id", why="a container has only its name")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """A list of names, then a HEAD of each: the list says nothing of metadata."""

        rest = self._rest(cloud)

        def whole(listed: Body) -> Body | None:
            try:
                body = listed | _said(self._head(cloud, listed["name"]))
                return body | self._marked(cloud, body)
            except NotFound:  # removed since the list was made
                return None

        found = each(whole, rest.list(self.path, self.plural))
        yield from (body for body in found if body is not None)

    def show(self, cloud: Cloud, id: str) -> Body:
        head = self._head(cloud, id)
        policy = {"storage_policy": head["x-storage-policy"]} if "x-storage-policy" in head else {}
        body = {"name": id, **policy, **_said(head)}
        return body | self._marked(cloud, body)

    def _marked(self, cloud: Cloud, body: Body) -> Body:
        """An empty container is no repository, and is not asked; its own count holds, that of the list lags behind."""
        if body["+headers"].get("x-container-object-count") == "0":
            return {}
        rest, name = self._rest(cloud), body["name"]
        try:
            size = int(rest.head(quote_path(name, MARKER))["Content-Length"])
            return {"+repository": True} if is_ours(rest, name, {"name": MARKER, "bytes": size}) else {}
        except NotFound:
            return {}

    def made_by(self, body: Body) -> str:
        return "a repository of Hoarfrost" if body.get("+repository") else ""

    def _head(self, cloud: Cloud, name: str) -> Body:
        return {key.lower(): value for key, value in self._rest(cloud).head(quote_path(name)).items()}

    def id(self, body: Body) -> str:
        return str(body["name"])

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return {key: value for key, value in wanted.items() if key != "+headers"}

    def create(self, cloud: Cloud, request: Body) -> Body:
        """A PUT of a container that is there succeeds (202): it would be filled, and undone, with what is in it."""
        policy = request.get("storage_policy")
        rest, path = self._rest(cloud), quote_path(request["name"])
        try:
            rest.head(path)
        except NotFound:
            rest.put(path, headers={"X-Storage-Policy": policy} if policy else {})
            return {"name": request["name"]}
        raise Conflict(
            f"a container {request['name']!r} is there already", hint="Give it another name in the plan."
        )

    def comparable(self, body: Body, resolve: Resolve | None = None) -> Body:
        """Without the counts: Swift brings them up to date some time after the objects."""
        headers = dict(body["+headers"])
        for key in ACLS:
            if resolve and key in headers:
                headers[key] = _rewritten(headers[key], resolve)
        comparable = body | {"+headers": headers}
        for path in self.counted.paths:
            without(comparable, path)
        return comparable

    def late(self, body: Body, resolve: Resolve) -> Body:
        """The headers to set."""
        counted = {path.removeprefix("+headers.") for path in (*self.counted.paths, *self.noted.paths)}
        wanted = {key: value for key, value in body["+headers"].items() if key not in counted}
        return wanted | {key: _rewritten(wanted[key], resolve) for key in ACLS if key in wanted}

    def finish(self, cloud: Cloud, id: str, update: Body) -> None:
        """All at once; where that is refused, each by itself, so that one header costs no other."""
        rest, path = self._rest(cloud), quote_path(id)
        try:
            rest.post(path, headers=update)
            return
        except NotFound:
            raise
        except Refused:
            refused = [told for key, value in update.items() if (told := _refusal(rest, path, key, value))]
        if refused:
            raise Refused(f"The container {id!r} does not take {'; '.join(refused)}")

    def delete(self, cloud: Cloud, id: str) -> None:
        """Only an empty one goes (409)."""
        self._rest(cloud).delete(quote_path(id))

    def purge(self, cloud: Cloud, id: str) -> None:
        """With every version. An archive of the old way would take up what is deleted here, so it is let go first."""
        rest, path, head = self._rest(cloud), quote_path(id), self._head(cloud, id)
        if any(header in head for header in ARCHIVES):
            rest.post(path, headers={"X-Remove-Versions-Location": "x", "X-Remove-History-Location": "x"})
        query = {"versions": "true"} if "x-versions-enabled" in head else {}

        def remove(one: Body) -> None:
            version = {"version-id": one["version_id"]} if query else {}
            rest.delete(quote_path(id, one["name"]), **version)

        while some := list(
            islice((one for one in rest.list(path, "", **query) if "name" in one), _AT_A_TIME)
        ):
            for _ in each(remove, some):
                pass
        self.delete(cloud, id)

    def findings(self, body: Body) -> Iterator[Finding]:
        entries = [one for key in ACLS for one in body["+headers"].get(key, "").split(",")]
        named = sorted({one for one in entries if ":" in one and not one.startswith(".") and one != "*:*"})
        if named:
            sentence = (
                f"Access to {{}} is given to {', '.join(named)}; such ids mean nothing on another cloud."
            )
            yield self.note(body, "info", "ids-in-acl", sentence)
        if body.get("+repository"):
            sentence = "{} holds a repository of Hoarfrost and is left out: backups are not backed up."
            yield self.note(body, "info", "own-repository", sentence)
        if "x-versions-enabled" in body["+headers"]:
            sentence = "The old versions of {} come back in their order, with new version ids and times."
            yield self.note(body, "info", "versions", sentence)
        if "x-container-sync-to" in body["+headers"]:
            sentence = "{} is synchronised with another container; once it is restored, it will be so again."
            yield self.note(body, "info", "sync", sentence)


def is_ours(rest: Any, container: str, listed: Body) -> bool:
    """Whether the listed object is the marker of a repository of ours. Raises NotFound."""
    if not 0 < int(listed["bytes"]) <= _MARKER_SIZE:
        return False
    return MAGIC in b"".join(rest.download(quote_path(container, listed["name"])))


def _refusal(rest: Any, path: str, header: str, value: str) -> str:
    """Why the header could not be set, "" if it was."""
    try:
        rest.post(path, headers={header: value})
    except NotFound:
        raise
    except Refused as error:
        return f"{header} ({error.sentence})"
    return ""


def _said(head: Body) -> Body:
    return {"+headers": {key: head[key] for key in sorted(head) if key.startswith(SAID)}}


def _rewritten(acl: str, resolve: Resolve) -> str:
    """``project:user`` entries with the ids of the target; what has no counterpart stays as it is."""

    def entry(said: str) -> str:
        project, colon, user = said.partition(":")
        if not colon or said.startswith("."):
            return said
        return f"{resolve('project', project) or project}:{resolve('user', user) or user}"

    return ",".join(entry(one) for one in acl.split(","))


def default_policy(ask: Ask) -> tuple[Body, str] | None:
    default = [one for one in ask.offers if one.get("default")]
    return (default[0], "a guess: the default policy") if default else None


class StoragePolicy(Kind):
    """A storage policy that a container lies in: chosen when it is made, for good."""

    service, path, key, plural = "object-store", "/info", "", ""
    sdk = ""
    mapped, owned = True, False
    stand_ins: ClassVar[tuple[Rule, ...]] = (same_name, default_policy)

    noted = Note("name", "default", "aliases")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        """From the capabilities, which are beside the version in the URL: /v1/AUTH_x -> /info."""
        rest = self._rest(cloud)
        _, _, below = rest.endpoint.rstrip("/").rpartition("/v1")
        said = rest.get("/.." * (below.count("/") + 1) + self.path)
        yield from said.get("swift", {}).get("policies", ())

    def show(self, cloud: Cloud, id: str) -> Body:
        return {"name": id}

    def id(self, body: Body) -> str:
        return str(body["name"])
