"""The object store, all of it, out of one project and into another, compared by raw calls."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

import pytest

from hoarfrost.cloud import Cloud, quote_path
from hoarfrost.errors import NotFound
from hoarfrost.kinds import KINDS
from tests.cloud.round_trip import RoundTrip, Undo

pytestmark = pytest.mark.cloud

PART = b"0123456789abcdef" * 4096
ETAG = hashlib.md5(PART, usedforsecurity=False).hexdigest()
FAR = "4102444800"  # the year 2100
ODD = ["line\nbreak", "a//b/", "../up", "ünï ☃ \U0001f980", "%2F?x=1#y", " "]
OF_THE_ANSWER = {
    "date",
    "last-modified",
    "x-timestamp",
    "x-trans-id",
    "x-openstack-request-id",
    "x-manifest-etag",
    "x-object-version-id",
    "connection",
    "vary",
}


class Store:
    """Raw calls to one account."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.rest = cloud, cloud.rest("object-store")
        self.account = self.rest.endpoint.rpartition("/")[2]

    def forget(self) -> None:
        keys = ("X-Remove-Account-Meta-Trip", "X-Remove-Account-Meta-Temp-URL-Key-2")
        self.rest.post("", headers=dict.fromkeys(keys, "x"))

    def container(self, name: str, undo: Undo, **headers: str) -> str:
        self.rest.put(quote_path(name))
        undo(lambda: KINDS["container"].purge(self.cloud, name))
        if headers:
            self.rest.post(quote_path(name), headers=named(headers))
        return name

    def put(self, container: str, name: str, data: bytes, **headers: str) -> None:
        self.rest.upload(quote_path(container, name), data, named(headers))

    def put_static(self, container: str, name: str, parts: list[dict[str, Any]], **headers: str) -> None:
        query = {"multipart-manifest": "put"}
        self.rest.upload(quote_path(container, name), json.dumps(parts).encode(), named(headers), **query)

    def said(self, container: str) -> dict[str, str]:
        """What its headers say, but for what counts and passes."""
        head = {key.lower(): value for key, value in self.rest.head(quote_path(container)).items()}
        counts = {"x-container-object-count", "x-container-bytes-used", "x-put-timestamp", "content-length"}
        return {key: value for key, value in head.items() if key not in counts | OF_THE_ANSWER}

    def _through(self, path: str) -> str:
        try:
            return hashlib.sha256(b"".join(self.rest.download(path))).hexdigest()
        except NotFound:
            return "leads nowhere"

    def objects(self, container: str) -> dict[str, Any]:
        """Every object through the front door, and as it is."""
        seen = {}
        for one in self.rest.list(quote_path(container), ""):
            path = quote_path(container, one["name"])
            whole = self._through(path)
            query = {"symlink": "get", "multipart-manifest": "get", "format": "raw"}
            if one.get("version_symlink"):
                query["version-id"] = one["symlink_path"].rpartition("=")[2]
            try:
                itself, pieces = self.rest.open(path, 0, None, **query)
            except NotFound:
                continue  # expired, and still listed
            kept = {key.lower(): value for key, value in itself.items() if key.lower() not in OF_THE_ANSWER}
            seen[one["name"]] = (
                one["bytes"],
                "" if "slo_etag" in one else one["hash"],  # a manifest says when its parts were made
                one["content_type"],
                whole,
                b"".join(pieces),
                kept,
            )
        return seen

    def history(self, container: str) -> list[tuple[Any, ...]]:
        """Every version and deletion in the order of the listing, with its bytes and its link."""
        told = []
        for one in self.rest.list(quote_path(container), "", versions="true"):
            said = (one["name"], one["content_type"], one.get("is_latest"))
            if one.get("version_id", "null") != "null" and "x-deleted" not in one["content_type"]:
                query = {"symlink": "get", "version-id": one["version_id"]}
                head, pieces = self.rest.open(quote_path(container, one["name"]), 0, None, **query)
                said += (b"".join(pieces), head.get("X-Symlink-Target"), head.get("X-Object-Meta-Now"))
            told.append(said)
        return told


def named(headers: dict[str, str]) -> dict[str, str]:
    return {key.replace("_", "-"): value for key, value in headers.items()}


def load(store: Store, trip: RoundTrip, undo: Undo) -> list[str]:
    """The containers, in an order in which what is named comes last."""
    project, user = store.cloud.project_id, store.cloud.user_id
    box = store.container(
        trip.name("box ü"),
        undo,
        X_Container_Read=f"{project}:*,{project}:{user},.r:*.example.org,.rlistings,0123:*",
        X_Container_Write=f"*:{user}",
        X_Container_Meta_Temp_URL_Key="made-up",
        X_Container_Meta_Access_Control_Allow_Origin="https://example.org",
        X_Container_Meta_Web_Index="index.html",
        X_Container_Meta_Quota_Count="50",
        X_Container_Meta_Who="Zoë ☃",
    )
    parts = store.container(trip.name("parts"), undo)
    for odd in ODD:
        store.put(box, odd, odd.encode(), Content_Type="text/x-odd", X_Object_Meta_Who="Zoë ☃")
    many = {f"X_Object_Meta_N{number}": "v" * 40 for number in range(80)}
    store.put(box, "many", b"headers", **many)
    about = {"Content_Encoding": "gzip", "Content_Disposition": "inline", "Content_Language": "de"}
    store.put(
        box, "about", b"not gzip", Cache_Control="no-cache", X_Robots_Tag="none", X_Delete_At=FAR, **about
    )
    store.put(box, "dead", b"x", X_Delete_After="1")
    for number in range(2):
        store.put(parts, f"p/{number}", PART)
    inline = base64.b64encode(b"inline bytes").decode()
    part = {"path": f"/{parts}/p/0", "etag": ETAG, "size_bytes": len(PART)}
    store.put_static(box, "static", [part, part | {"range": "3-9"}, {"data": inline}], X_Object_Meta_A="1")
    store.put_static(box, "nested", [{"path": f"/{box}/static"}, part], Content_Type="video/x")
    store.put(box, "dynamic", b"own body", X_Object_Manifest=f"{parts}/p/")
    store.put(box, "far", b"", X_Symlink_Target=f"{parts}/p/1", X_Symlink_Target_Account=store.account)
    store.put(box, "fixed", b"", X_Symlink_Target=f"{parts}/p/1", X_Symlink_Target_Etag=ETAG)
    store.put(box, "nowhere", b"", X_Symlink_Target=f"{parts}/not there")
    new = store.container(trip.name("versions"), undo, X_Versions_Enabled="true")
    archive = store.container(trip.name("archive"), undo)
    old = store.container(trip.name("old"), undo, X_Versions_Location=archive)
    store.put(new, "link", b"", X_Symlink_Target=f"{parts}/p/1")
    for data in (b"first", b"second"):
        store.put(new, "v", data)
        store.put(old, "v", data)
        store.put(new, "gone", data, X_Object_Meta_Now=data.decode())
        store.rest.delete(quote_path(new, "gone"))
    store.put(new, "link", b"a link no more")
    folder = store.container(trip.name("folder"), undo)
    for place in ("", "backups/"):
        ours = folder if place else store.container(trip.name("repository"), undo)
        store.put(ours, f"{place}format", b'{"magic": "hoarfrost repository"}')
        store.put(ours, f"{place}packs/00", b"sealed")
    store.put(folder, "mine", b"mine")
    return [box, parts, new, archive, old, folder]


def test_an_account_comes_back_in_another_project(cloud: Cloud, other: Cloud, undo: Undo) -> None:
    here, there, trip = Store(cloud), Store(other), RoundTrip(cloud, other, undo)
    for store in (here, there):
        undo(store.forget)
    here.rest.post("", headers={"X-Account-Meta-Trip": "Zoë ☃", "X-Account-Meta-Temp-URL-Key-2": "made-up"})
    containers = load(here, trip, undo)
    box = containers[0]
    _gone(here, box, "dead")

    backup = trip.back_up()
    assert [one for one in trip.findings() if one.severity == "error"] == []
    trip.also = [one.address for one in backup.resources if one.kind == "account"]
    outcome = trip.restore()
    assert outcome.status == "complete", outcome.findings
    assert [one for one in trip.differences if "account" not in one.address] == []

    for name in containers:
        theirs, ours = there.objects(name), here.objects(name)
        if name == trip.name("folder"):
            assert set(theirs) == {"mine"}
            continue
        for one in ours.values():
            one[5].pop("x-symlink-target-account", None)
        assert theirs == ours
        assert there.history(name) == here.history(name)
        assert _of(there.said(name), other) == _of(here.said(name), cloud)
    acl = there.said(box)["x-container-read"]
    assert acl.startswith(f"{other.project_id}:*,{other.project_id}:{other.user_id},.r:")
    head = there.rest.head("")
    assert (head["X-Account-Meta-Trip"], head["X-Account-Meta-Temp-URL-Key-2"]) == ("Zoë ☃", "made-up")
    codes = {(one.address.removeprefix(f"container/{trip.mark}"), one.code) for one in trip.findings()}
    assert {("-repository", "own-repository"), ("-versions", "versions"), ("-box ü", "ids-in-acl")} <= codes
    assert ("-folder", "bytes-incomplete") in codes
    assert trip.action(f"container/{trip.name('repository')}") == "skip"
    there.put(trip.name("versions"), "v", b"third")  # versions work again, and undo removes them all


def _gone(store: Store, container: str, name: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            store.rest.head(quote_path(container, name))
        except NotFound:
            return
        time.sleep(0.2)
    raise AssertionError("an object did not expire")


def _of(headers: dict[str, str], cloud: Cloud) -> dict[str, str]:
    """With words for the ids that every project has its own of."""
    words = {cloud.project_id: "PROJECT", cloud.user_id: "USER"}
    for id, word in words.items():
        headers = {key: value.replace(id, word) for key, value in headers.items()}
    return headers
