"""Containers and objects of every kind: headers, access lists, large objects, links, versions, odd names.

They have no JSON bodies, so they are things of their own (`Stored`), made in order, one after the other.
"""

from __future__ import annotations

import gzip
import json
from hashlib import md5
from typing import Any
from urllib.parse import quote

from seeds.blueprint import Blueprint, Id

NAMES = (
    "plain.txt",
    "ünï/çødé/文.txt",
    "with spaces/100%?&#+;'\"",
    "new\nline",
    "emoji 🍎",
    "a//b",
    "folder/",
    "q?x=1",
    "z" * 900,
    "-dash",
    ".hidden",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {
        "Content-Type": "application/pdf; charset=binary",
        "Content-Disposition": 'attachment; filename="ä.pdf"',
    },
    {"X-Object-Meta-Customer": "Łukasz Żółć", "X-Object-Meta-Empty-Not": "0"},
    {"Cache-Control": "max-age=60", "Content-Language": "en", "Expires": "Thu, 01 Dec 2094 16:00:00 GMT"},
    {"X-Delete-At": "4102444800"},
    {f"X-Object-Meta-Number-{number}": "v" * 200 for number in range(15)},
)
CONTAINERS: tuple[dict[str, Any], ...] = (
    {},
    {"X-Container-Meta-Owner": "Ämter", "X-Container-Meta-Quota-Count": "5000"},
    {"X-Container-Read": ".r:*,.rlistings"},
    {"X-Container-Write": Id("offer", "access")},
    {"X-Container-Meta-Access-Control-Allow-Origin": "https://orchard.example"},
    {"X-Container-Meta-Web-Index": "index.html", "X-Container-Meta-Web-Listings": "true"},
    {"X-Container-Meta-Temp-URL-Key": "very secret"},
    {"X-Versions-Enabled": "true"},
)

VERSIONED = 200
"""The longest name of a container whose old versions can be kept: theirs has a longer one."""


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    names = ("letters", "Bücher und Ω", "letters_segments", "c" * 256, "empty")
    for name in random.sample(names, random.randint(1, 4)):
        chosen = random.sample(CONTAINERS, random.randint(0, 3))
        headers = {field: value for one in chosen for field, value in one.items()}
        if len(name) > VERSIONED:
            headers.pop("X-Versions-Enabled", None)
        _stored(blueprint, name, headers=headers)
        if name != "empty":
            _fill(blueprint, name)


def history(blueprint: Blueprint) -> None:
    """A container with old versions in it: names put again, deleted, and put once more."""
    random, container = blueprint.random, "history"
    _stored(blueprint, container, headers={"X-Versions-Enabled": "true"})
    for name in random.sample(NAMES, random.randint(2, 4)):
        for number in range(random.randint(1, 3)):
            body = random.choice((b"", b"the same again", random.randbytes(500 + number)))
            _stored(blueprint, container, name, body, random.choice(HEADERS))
        if random.random() < 0.4:
            _stored(blueprint, container, name, method="DELETE")
            if random.random() < 0.5:
                _stored(blueprint, container, name, b"back again", random.choice(HEADERS))


def _fill(blueprint: Blueprint, container: str) -> None:
    random = blueprint.random
    for name in random.sample(NAMES, random.randint(0, min(len(NAMES), 2 + blueprint.size // 20))):
        body = random.choice((b"", b"x", random.randbytes(10_000), b"same content everywhere\n"))
        _stored(blueprint, container, name, body, random.choice(HEADERS))
    if random.random() < 0.3:
        packed = gzip.compress(b"<h1>orchard</h1>\n" * 500, mtime=0)
        _stored(blueprint, container, "index.html", packed, {"Content-Encoding": "gzip"})
    if random.random() < 0.4:
        _static(blueprint, container)
    if random.random() < 0.3:
        _stored(blueprint, container, "parts/1", b"first ")
        _stored(blueprint, container, "parts/2", b"second")
        _stored(
            blueprint,
            container,
            "dynamic",
            b"own body",
            {"X-Object-Manifest": f"{_quoted(container)}/parts/"},
        )
    if random.random() < 0.3:
        _stored(blueprint, container, "target", b"what the link leads to")
        _stored(blueprint, container, "link", headers={"X-Symlink-Target": f"{_quoted(container)}/target"})


def _static(blueprint: Blueprint, container: str) -> None:
    manifest: list[dict[str, Any]] = []
    for number in range(blueprint.random.randint(1, 3)):
        body = blueprint.random.randbytes(1000 + number)
        _stored(blueprint, container, f"novel/{number:08}", body)
        etag = md5(body, usedforsecurity=False).hexdigest()
        manifest.append({"path": f"/{container}/novel/{number:08}", "etag": etag, "size_bytes": len(body)})
    if blueprint.random.random() < 0.5:
        manifest[0]["range"] = "10-99"
    put = {"multipart-manifest": "put"}
    _stored(
        blueprint, container, "novel.txt", json.dumps(manifest).encode(), {"Content-Type": "text/plain"}, put
    )


def _stored(
    blueprint: Blueprint,
    container: str,
    name: str = "",
    body: bytes = b"",
    headers: dict[str, Any] | None = None,
    query: dict[str, str] | None = None,
    method: str = "PUT",
) -> None:
    previous = tuple(one.label for one in blueprint.of("stored")[-1:])
    made = {"path": [container, name] if name else [container], "body": body, "query": query or {}}
    blueprint.add("stored", {**made, "headers": headers or {}, "method": method}, after=previous)


def _quoted(container: str) -> str:
    return quote(container)
