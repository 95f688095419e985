"""A blueprint made real in an empty project, by raw REST, waiting for what takes its time.

Leaves to `draw` what is made. Answers that a thing is being worked on are waited out; any other refusal ends the
building, as then the blueprint is not what a tenant could have.
"""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from demo.swift import Swift
from seeds.api import APIS, NOVA, Api
from seeds.blueprint import Blueprint, Call, Id, Make
from seeds.ground import Offer
from seeds.rest import Rest

AT_ONCE = 4
READY = {"available", "in-use", "ACTIVE", "active"}
LIMIT = 240
OCTETS = {"Content-Type": "application/octet-stream"}


def build(blueprint: Blueprint, rest: Rest, offer: Offer) -> None:
    """With the role manager if the blueprint says that it needs one."""
    _Building(rest, offer).all(blueprint.things)


class _Building:
    def __init__(self, rest: Rest, offer: Offer) -> None:
        self._rest = rest
        self._made: dict[str, dict[str, Any]] = {"offer": offer.words()}
        self._swift = Swift(rest.cloud)

    def all(self, things: list[Make]) -> None:
        """Up to `AT_ONCE` at the same time, each as soon as all that it needs is there."""
        left = list(things)
        running: dict[Future[dict[str, Any]], Make] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while left or running:
                for one in [one for one in left if one.needs() <= self._made.keys()]:
                    left.remove(one)
                    running[pool.submit(self._make, one)] = one
                if not running:
                    raise RuntimeError(f"never to be made: {[one.label for one in left]}")
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    one = running.pop(future)
                    try:
                        self._made[one.label] = future.result()
                    except (RuntimeError, TimeoutError) as error:
                        left.clear()
                        raise RuntimeError(f"{one.label} {one.body}: {error}") from error

    def _make(self, thing: Make) -> dict[str, Any]:
        body = self._resolved(thing.body)
        rest = self._rest
        if thing.kind == "stored":
            asked = {"body": body["body"], "headers": body["headers"], **body["query"]}
            self._swift.ask(body["method"], *body["path"], **asked)
            return {}
        if thing.kind == "granted":
            rest.ask(APIS["user"], "PUT", "/" + "/".join(body["path"]))
            return {}
        if thing.kind == "router_interface":
            path = f"/routers/{body['router']}/add_router_interface"
            asked = {"subnet_id": body["subnet"]}
            return dict(rest.ask(APIS["router"], "PUT", path, asked, patient=True))
        if thing.kind == "extra":
            api = Api(body["service"].split(" ")[0], "", microversion=NOVA if " " in body["service"] else "")
            made: dict[str, Any] = {}
        else:
            api = APIS[thing.kind]
            made = self._created(rest, api, thing, body)
        for call in thing.then:
            self._further(rest, api, call, made)
        return self._settled(rest, api, thing, made)

    def _created(self, rest: Rest, api: Api, thing: Make, body: dict[str, Any]) -> dict[str, Any]:
        parent = self._made[thing.under][APIS[api.parent].identity] if thing.under else ""
        asked = {api.key: body} if api.key and not api.bare else body
        answer = rest.ask(api, "POST", rest.path(api, parent), asked, patient=True)
        made = dict(answer[api.key] if api.key else answer)
        if api.identity.endswith("_ref"):
            made["id"] = made[api.identity].rpartition("/")[2]
        return self._settled(rest, api, thing, made)

    def _further(self, rest: Rest, api: Api, call: Call, made: dict[str, Any]) -> None:
        if isinstance(call.path, Id):
            label = {"": made}.get(call.path.label) or self._made[call.path.label]
            path = call.path.form.format(_at(label, call.path.field))
        else:
            path = call.path.format(id=made["id"])
        headers = {}
        if call.raw is not None:
            headers = OCTETS
        if call.method == "PATCH":
            headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        body = self._resolved(call.body)
        rest.ask(api, call.method, path, body, data=call.raw, headers=headers, patient=True)

    def _settled(self, rest: Rest, api: Api, thing: Make, made: dict[str, Any]) -> dict[str, Any]:
        """Waits until it is ready, where it takes its time."""
        if not api.settles or not made:
            return made
        parent = self._made[thing.under]["id"] if thing.under else ""
        end = time.monotonic() + LIMIT
        while True:
            body = rest.show(thing.kind, made["id"], parent)
            state = body[api.settles]
            if state in READY:
                return {**made, **body}
            if state.lower() == "error" or time.monotonic() > end:
                raise RuntimeError(f"{thing.label} is {state}: {body.get('fault', '')}")
            time.sleep(1)

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Id):
            return value.form.format(_at(self._made[value.label], value.field or "id"))
        if isinstance(value, dict):
            return {key: self._resolved(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._resolved(one) for one in value]
        return value


def _at(body: dict[str, Any], path: str) -> Any:
    value: Any = body
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
