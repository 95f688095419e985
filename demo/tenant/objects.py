"""The tenant's containers and objects, with the headers and the names that get lost most easily."""

from __future__ import annotations

import gzip
import json
from random import Random

from openstack.connection import Connection

from demo.swift import Swift

SMALL = 60
LARGE = 20_000_000
FAR_FUTURE = "4102444800"
ODD_NAME = "odd/ñame with spaces/100%?&#+;'\"/ümläut.txt"
LETTERS = "letters"
SEGMENTS = "letters_segments"


def build(cloud: Connection) -> None:
    swift = Swift(cloud)
    _containers(swift, cloud)
    _plain(swift)
    _special(swift)
    _segmented(swift)


def _containers(swift: Swift, cloud: Connection) -> None:
    member = f"{cloud.current_project_id}:{cloud.current_user_id}"
    swift.ask(
        "PUT",
        LETTERS,
        headers={
            "X-Container-Meta-Owner": "Ämterübergreifend",
            "X-Container-Meta-Quota-Count": "5000",
            "X-Container-Meta-Access-Control-Allow-Origin": "https://orchard.example",
            "X-Container-Read": ".r:*,.rlistings",
            "X-Container-Write": member,
        },
    )
    swift.ask("PUT", SEGMENTS)
    swift.ask("PUT", "empty", headers={"X-Container-Meta-Why": "nothing yet"})


def _plain(swift: Swift) -> None:
    for number in range(SMALL):
        swift.ask("PUT", LETTERS, f"leaves/{number:03}.txt", body=f"leaf {number}\n".encode() * (number + 1))
    swift.ask("PUT", LETTERS, "large.bin", body=_noise("large", LARGE))


def _special(swift: Swift) -> None:
    swift.ask(
        "PUT",
        LETTERS,
        "invoice",
        body=b"%PDF-1.7 not really\n",
        headers={
            "Content-Type": "application/pdf; charset=binary",
            "Content-Disposition": 'attachment; filename="invoice.pdf"',
            "Cache-Control": "max-age=60",
            "X-Object-Meta-Customer": "Łukasz Żółć",
            "X-Object-Meta-Number": "42",
        },
    )
    packed = gzip.compress(b"<h1>orchard</h1>\n" * 500, mtime=0)
    web = {"Content-Type": "text/html", "Content-Encoding": "gzip", "Content-Language": "en"}
    swift.ask("PUT", LETTERS, "index.html", body=packed, headers=web)
    swift.ask("PUT", LETTERS, "expires", body=b"not soon", headers={"X-Delete-At": FAR_FUTURE})
    swift.ask("PUT", LETTERS, ODD_NAME, body=b"an odd name\n")
    swift.ask("PUT", LETTERS, "folder/", headers={"Content-Type": "application/directory"})
    swift.ask("PUT", LETTERS, "nothing.dat", headers={"X-Object-Meta-Size": "zero"})


def _segmented(swift: Swift) -> None:
    """A static large object: two segments in a container of their own, and a manifest that names them."""
    manifest = []
    for number, size in enumerate((1_500_000, 700_000)):
        name = f"novel/{number:08}"
        answer = swift.ask("PUT", SEGMENTS, name, body=_noise(name, size))
        manifest.append(
            {"path": f"/{SEGMENTS}/{name}", "etag": answer.headers["etag"].strip('"'), "size_bytes": size}
        )
    headers = {"Content-Type": "text/plain", "X-Object-Meta-Author": "Jürgen"}
    swift.ask(
        "PUT",
        LETTERS,
        "novel.txt",
        body=json.dumps(manifest).encode(),
        headers=headers,
        **{"multipart-manifest": "put"},
    )


def _noise(name: str, size: int) -> bytes:
    """Bytes that do not compress; the same for the same name."""
    return Random(name).randbytes(size)  # noqa: S311


def change(cloud: Connection) -> None:
    """One replaced, one added, one removed."""
    swift = Swift(cloud)
    swift.ask("PUT", LETTERS, "leaves/007.txt", body=b"turned over\n", headers={"X-Object-Meta-Side": "b"})
    swift.ask("PUT", LETTERS, "leaves/new.txt", body=b"sprouted\n")
    swift.ask("DELETE", LETTERS, "leaves/013.txt")
