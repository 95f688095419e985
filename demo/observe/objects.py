"""Containers and objects as the object store has them: every header, and the SHA-256 of every stored byte."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from openstack.connection import Connection

from demo.swift import Answer, Swift

OF_THE_REQUEST = ("date", "x-trans-id", "x-openstack-request-id")
"""Headers that say something of this look, not of what was looked at."""


def containers(cloud: Connection) -> dict[str, dict[str, Any]]:
    swift = Swift(cloud)
    return {name: {"headers": _headers(swift.ask("HEAD", name))} for name in _names(swift)}


def objects(cloud: Connection) -> dict[str, dict[str, Any]]:
    """By ``container/object``."""
    swift = Swift(cloud)
    found = {}
    for container in _names(swift):
        for name in _names(swift, container):
            found[f"{container}/{name}"] = _object(swift, container, name)
    return found


def _names(swift: Swift, *path: str) -> list[str]:
    names: list[str] = []
    while page := json.loads(swift.ask("GET", *path, format="json", marker=names[-1] if names else "").body):
        names += [one["name"] for one in page]
    return names


def _object(swift: Swift, container: str, name: str) -> dict[str, Any]:
    answer = swift.ask("GET", container, name)
    return {
        "headers": _headers(answer),
        "size": len(answer.body),
        "sha256": sha256(answer.body).hexdigest(),
        "segments": _segments(swift, container, name, answer),
    }


def _segments(swift: Swift, container: str, name: str, answer: Answer) -> list[Any]:
    """What a static large object is made of."""
    if "x-static-large-object" not in answer.headers:
        return []
    manifest = swift.ask("GET", container, name, **{"multipart-manifest": "get"}).body
    return [{key: one[key] for key in ("name", "bytes", "hash")} for one in json.loads(manifest)]


def _headers(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_REQUEST}
