"""A token and plain REST calls: enough to set the cloud up, and much quicker than any client's imports."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from devcloud.settings import KEYSTONE_URL, PASSWORD


class Login:
    """One user in one project; `call` takes a whole URL, or a path of keystone's."""

    def __init__(self, user: str = "admin", project: str = "admin") -> None:
        domain = {"id": "default"}
        request = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": user, "domain": domain, "password": PASSWORD}},
                },
                "scope": {"project": {"name": project, "domain": domain}},
            }
        }
        self.token = ""
        headers, body = self._send("POST", f"{KEYSTONE_URL}/auth/tokens", json.dumps(request).encode())
        self.token = headers["X-Subject-Token"]
        self.user_id: str = body["token"]["user"]["id"]
        self.project_id: str = body["token"]["project"]["id"]

    def call(self, method: str, url: str, body: object = None, **headers: str) -> Any:
        """Sends JSON (or bytes as they are) and returns the decoded answer; an HTTP error is raised with its
        text.
        """
        whole = KEYSTONE_URL + url if url.startswith("/") else url
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return self._send(method, whole, data, **headers)[1]

    def ensure(self, collection: str, kind: str, **attributes: object) -> Any:
        """The resource of that name below `collection`, made with `attributes` if it is not there."""
        query = urllib.parse.urlencode({"name": attributes["name"]})
        for found in self.call("GET", f"{collection}?{query}")[f"{kind}s"]:
            if found["name"] == attributes["name"]:
                return found
        return self.call("POST", collection, {kind: attributes})[kind]

    def _send(self, method: str, url: str, data: bytes | None, **headers: str) -> tuple[Any, Any]:
        sent = {"Content-Type": "application/json", "X-Auth-Token": self.token}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                raw = answer.read()
                return answer.headers, json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            error.msg = f"{error.msg}: {method} {url}: {error.read(500).decode(errors='replace')}"
            raise
