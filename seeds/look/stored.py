"""Containers and objects as they are stored: every header, every byte's checksum, links and manifests unfollowed."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from openstack.connection import Connection

from demo.swift import Swift
from seeds.look.bodies import Thing

OF_THE_REQUEST = (
    "content-location",
    "date",
    "x-trans-id",
    "x-openstack-request-id",
    "connection",
    "keep-alive",
)
VERSION = ("name", "bytes", "content_type", "is_latest")
DELETED = "application/x-deleted"
PARTS = ("name", "bytes", "hash", "range", "content_type")


def stored(cloud: Connection) -> list[Thing]:
    swift = Swift(cloud)
    found = []
    for container in _names(swift):
        headers = _headers(swift.ask("HEAD", container).headers)
        told: dict[str, Any] = {"name": container, "headers": headers}
        if headers.get("x-versions-enabled") == "True":
            told["+versions"] = _versions(swift, container)
        found.append(Thing("container", container, told))
        for name in _names(swift, container):
            body = {"name": name, "container": container, **_object(swift, container, name)}
            found.append(Thing("object", f"{container}/{name}", body, container))
    return found


def _names(swift: Swift, *path: str) -> list[str]:
    names: list[str] = []
    while page := json.loads(swift.ask("GET", *path, format="json", marker=names[-1] if names else "").body):
        names += [one["name"] for one in page]
    return names


def _versions(swift: Swift, container: str) -> list[dict[str, Any]]:
    """All that was ever put under each name and where it was deleted, newest first."""
    told = []
    for one in json.loads(swift.ask("GET", container, format="json", versions="true").body):
        version = {key: one.get(key) for key in VERSION}
        # the stored manifest of a large object holds the times of its segments: this one is of the segments alone
        version["hash"] = one.get("slo_etag") or one["hash"]
        if not one["content_type"].startswith(DELETED):
            asked = {"symlink": "get", "version-id": one["version_id"]}
            version["headers"] = _headers(swift.ask("HEAD", container, one["name"], **asked).headers)
        told.append(version)
    return told


def _object(swift: Swift, container: str, name: str) -> dict[str, Any]:
    """As it lies there: of a link the link, of a manifest the manifest."""
    manifest_itself: dict[str, Any] = {"multipart-manifest": "get"}
    head = swift.ask("HEAD", container, name, symlink="get").headers
    version = head.get("x-symlink-target", "").partition("?version-id=")[2]
    if version:  # where old versions are kept, every name is a link of the service's own to its last version
        head = swift.ask("HEAD", container, name, **{"symlink": "get", "version-id": version}).headers
    if "x-symlink-target" in head:
        return {"headers": _headers(head)}
    answer = swift.ask("GET", container, name)
    told: dict[str, Any] = {"headers": _headers(answer.headers), "sha256": sha256(answer.body).hexdigest()}
    if "x-static-large-object" in answer.headers:
        manifest = json.loads(swift.ask("GET", container, name, **manifest_itself).body)
        told["segments"] = [{key: one.get(key) for key in PARTS} for one in manifest]
    if "x-object-manifest" in answer.headers:
        own = swift.ask("GET", container, name, **manifest_itself).body
        told["own"] = sha256(own).hexdigest()
    return told


def _headers(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OF_THE_REQUEST}
