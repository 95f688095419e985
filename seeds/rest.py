"""Raw REST with a project's own token: the paths and bodies are the API's, nothing of them is interpreted here.

Leaves to `api` where things are.
"""

from __future__ import annotations

import time
from typing import Any

from openstack.connection import Connection

from seeds.api import APIS, Api

PAUSE, PATIENCE = 1.0, 120.0
BUSY = (409, 503)
"""Answers that may pass: something else of the same tenant is being worked on."""
LASTING = ("Exists", "already exists", "InvalidRoutes", "Conflict with existing", "QosRuleNotSupported")
"""Words of a 409 that no patience helps against."""


class Refused(RuntimeError):
    def __init__(self, method: str, path: str, status: int, text: str) -> None:
        super().__init__(f"{method} {path} answers {status}: {text[:400]}")
        self.status = status


class Rest:
    """The services of one project of one cloud."""

    def __init__(self, cloud: Connection) -> None:
        self.cloud = cloud
        self.project = str(cloud.current_project_id)
        self.user = str(cloud.current_user_id)

    def ask(
        self,
        api: Api,
        method: str,
        path: str,
        json: Any = None,
        *,
        patient: bool = False,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Any:
        """The answer's JSON, or its text where it is none. ``patient``: ask again while the answer is busy."""
        adapter = getattr(self.cloud, api.service)
        asked: dict[str, Any] = {"headers": dict(headers or {}), "params": query or {}, "raise_exc": False}
        if method == "GET":
            asked["connect_retries"] = (
                3  # a service's worker that is replaced by another one resets connections
            )
        if json is not None:
            asked["json"] = json
        if data is not None:
            asked["data"] = data
        if api.microversion:
            asked["headers"]["OpenStack-API-Version"] = api.microversion
        end = time.monotonic() + (PATIENCE if patient else 0)
        while True:
            answer = adapter.request(path, method, **asked)
            if answer.status_code < 400:
                break
            lasting = answer.status_code not in BUSY or any(word in answer.text for word in LASTING)
            if lasting or time.monotonic() > end:
                raise Refused(method, path, answer.status_code, answer.text)
            time.sleep(PAUSE)
        told = answer.text and "json" in answer.headers.get("content-type", "")
        return answer.json() if told else answer.text

    def path(self, api: Api, parent: str = "") -> str:
        return api.path.format(user=self.user, parent=parent)

    def all(self, kind: str, parent: str = "") -> list[dict[str, Any]]:
        """Every body of the project's own, all pages; of images, the hidden ones too."""
        hidden = self._listed(kind, parent, {"os_hidden": "true"}) if kind == "image" else []
        return self._listed(kind, parent, {}) + hidden

    def _listed(self, kind: str, parent: str, more: dict[str, str]) -> list[dict[str, Any]]:
        api = APIS[kind]
        path = api.listing or self.path(api, parent)
        query = {"owner" if kind == "image" else "project_id": self.project} if api.owned else {}
        query |= more
        found: list[dict[str, Any]] = []
        while path:
            answer = self.ask(api, "GET", path, query=query)
            found += answer[api.plural]
            path, query = _next(answer, api), {}
        return [one[api.key] for one in found] if kind == "keypair" else found

    def show(self, kind: str, id: str, parent: str = "") -> dict[str, Any]:
        api = APIS[kind]
        answer = self.ask(api, "GET", f"{self.path(api, parent)}/{id}")
        return dict(answer[api.key] if api.key else answer)

    def delete(self, kind: str, id: str, parent: str = "", **query: str) -> None:
        """What is gone already is no error."""
        api = APIS[kind]
        try:
            self.ask(api, "DELETE", f"{self.path(api, parent)}/{id}", patient=True, query=query)
        except Refused as refused:
            if refused.status != 404:
                raise


def identity(kind: str, body: dict[str, Any]) -> str:
    """The id; of a reference by address, its end."""
    return str(body[APIS[kind].identity]).rpartition("/")[2]


def _next(answer: dict[str, Any], api: Api) -> str:
    """The path of the next page, relative to the endpoint; "" at the end."""
    if isinstance(answer.get("links"), dict):
        return str(answer["links"].get("next") or "")
    links = answer.get(f"{api.plural}_links") or []
    link = answer.get("next") or next((one["href"] for one in links if one["rel"] == "next"), "")
    return str(link)
