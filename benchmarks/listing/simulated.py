"""A simulated cloud that answers listings in pages as the real services do, and nothing else of them.

Decides the form of a page: how many items, how the next one is named. `tests/cloud/test_pages.py` holds that to the
real services. The items are copies of one stored body with ids of their own.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from hoarfrost.cloud.meter import Meter
from hoarfrost.cloud.rest import Rest
from hoarfrost.kinds.extension import COLLECTIONS
from hoarfrost.kinds.kind import Kind

ROOT = "http://simulated"
PARTS = 100
"""How many parts each whole has."""


class Style(NamedTuple):
    """``default``: items of a page where no limit is asked for; ``most``: the highest limit. 0: all of them."""

    default: int
    most: int
    link: str


STYLES = {
    "network": Style(0, 0, "{plural}_links"),
    "compute": Style(1000, 1000, "{plural}_links"),
    "block-storage": Style(1000, 1000, "{plural}_links"),
    "image": Style(25, 1000, "next"),
    "dns": Style(20, 1000, "links"),
    "object-store": Style(10000, 10000, ""),
    "load-balancer": Style(0, 0, "{plural}_links"),
    "key-manager": Style(10, 100, "next"),
    "identity": Style(0, 0, ""),
}


class Answer:
    """As much of a response as `Rest` looks at."""

    def __init__(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.status_code, self.reason = status, ""
        self.headers = {"Content-Type": "application/json", **(headers or {})}
        self.content = json.dumps(content).encode()

    def json(self) -> Any:
        return json.loads(self.content)


class Collection:
    """``count`` items, of which a page is made when it is asked for."""

    def __init__(self, kind: Kind, body: dict[str, Any], count: int) -> None:
        self.kind, self.count = kind, count
        self.body = {key: value for key, value in body.items() if not key.startswith("+")}
        self.wrapped = kind.key if kind.path == "/os-keypairs" else ""

    def item(self, place: int) -> dict[str, Any]:
        id = f"{place:08d}-0000-4000-8000-000000000000"
        own = self.body | {"id": id, "name": f"{self.kind.name}-{place}"}
        if "flavor" in own:
            own["flavor"] = own["flavor"] | {"id": "f"}
        return {self.wrapped: own} if self.wrapped else own

    def page(self, style: Style, query: dict[str, str], url: str) -> Any:
        """In the form of the service."""
        limit = int(query.get("limit", style.default)) or self.count
        limit = min(limit, style.most) if style.most else limit
        first = self._after(query["marker"]) if "marker" in query else 0
        items = [self.item(place) for place in range(first, min(first + limit, self.count))]
        if not self.kind.plural:
            return items
        answer: dict[str, Any] = {self.kind.plural: items}
        if items and first + limit < self.count and style.link:
            self._link(answer, style, f"{url}?{urlencode(query | {'marker': self._marker(items[-1])})}")
        return answer

    def _link(self, answer: dict[str, Any], style: Style, href: str) -> None:
        name = style.link.format(plural=self.kind.plural)
        forms = {"next": href, "links": {"next": href}}
        answer[name] = forms.get(name, [{"rel": "next", "href": href}])

    def _marker(self, item: dict[str, Any]) -> str:
        own = item[self.wrapped] if self.wrapped else item
        return str(own["name"] if self.wrapped or not self.kind.plural else own["id"])

    def _after(self, marker: str) -> int:
        return int(re.findall(r"\d+", marker)[-1 if "-4000-" not in marker else 0]) + 1


class Adapter:
    """Answers instead of a service: the listing of one kind, and little beside it."""

    def __init__(self, kind: Kind, body: dict[str, Any], whole: dict[str, Any] | None, count: int) -> None:
        self.style = STYLES[kind.service]
        self.collections: dict[str, Collection] = {}
        if kind.under and not kind.listing:
            parts = {kind.under.parts: [{"id": "x"}]} if kind.under.parts else {}
            wholes = Collection(kind.under.kind, (whole or {}) | parts, count // PARTS)
            self.collections[kind.under.kind.listing or kind.under.kind.path] = wholes
            self.collections[kind.path] = Collection(kind, body, PARTS)
        else:
            self.collections[kind.listing or kind.path] = Collection(kind, body, count)

    def request(self, url: str, method: str, params: dict[str, str] | None = None, **_: Any) -> Answer:
        path = urlsplit(url).path
        query = dict(parse_qsl(urlsplit(url).query)) | (params or {})
        if method == "HEAD" and path.count("/") > 1:
            return Answer({"message": "no such object"}, 404)
        if method == "HEAD":
            return Answer(None, headers={"X-Container-Meta-Colour": "red", "X-Storage-Policy": "Policy-0"})
        for pattern, collection in self.collections.items():
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern)), path):
                return Answer(collection.page(self.style, query, url))
        return Answer({"interfaceAttachments": [], "volumeAttachments": [], "server_groups": []})


class SimulatedCloud:
    """As much of `hoarfrost.cloud.Cloud` as listing takes."""

    project_id, project_name, user_id, user_name, roles = "p", "p", "u", "u", ("member", "reader")

    def __init__(self, adapter: Adapter, extensions: set[str]) -> None:
        self._adapter, self._meter = adapter, Meter()
        self._extensions = frozenset(COLLECTIONS) | extensions

    @property
    def requests(self) -> int:
        return self._meter.count

    def metered(self) -> SimulatedCloud:
        return self

    def extensions(self) -> frozenset[str]:
        return self._extensions

    def rest(self, service: str, microversion: str = "") -> Rest:
        return Rest(self._adapter, service, ROOT, None, microversion, self._meter)
