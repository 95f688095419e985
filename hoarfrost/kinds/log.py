"""Logs of what security groups, firewall groups and address translation let through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.field import Keep, Note, Ref
from hoarfrost.kinds.kind import Resolve
from hoarfrost.kinds.neutron import Neutron
from hoarfrost.kinds.pointer import pointed, unpointed
from hoarfrost.model import Body

LOGGED = {"security_group": "security_group", "firewall_group": "firewall_group", "snat": "router"}
"""resource_type -> kind."""

_ONE_AT_A_TIME = threading.Lock()
"""The first log of a cloud makes a meter in OVN: of two at once, Neutron answers 500 to one, and does not log."""


class NetworkLog(Neutron):
    """A log: of one group or all, on one port or all. What was logged is on the hosts, out of a tenant's reach.

    Members are shown none, even where there are some.
    """

    path, key, plural = "/v2.0/log/logs", "log", "logs"
    sdk = ""
    natural = ("name", "resource_type", "event")
    extension, quota = "logging", ""
    reads = makes = ("manager", "admin")

    kept = Keep("name", "description", "enabled", "event", "resource_type")
    group = Ref("+security_group", to="security_group")
    firewall = Ref("+firewall_group", to="firewall_group")
    router = Ref("+router", to="router")
    port = Ref("target_id", to="port")
    noted = Note("resource_id", why="one of the references above says it")

    def enumerate(self, cloud: Cloud) -> Iterator[Body]:
        yield from map(self._read, super().enumerate(cloud))

    def show(self, cloud: Cloud, id: str) -> Body:
        return self._read(super().show(cloud, id))

    def _read(self, body: Body) -> Body:
        return pointed(body, LOGGED.get(body["resource_type"]), "resource_id")

    def create(self, cloud: Cloud, request: Body) -> Body:
        with _ONE_AT_A_TIME:
            return super().create(cloud, request)

    def request(self, body: Body, resolve: Resolve, may: Callable[[str], bool] = lambda path: False) -> Body:
        wanted = super().request(body, resolve, may)
        return unpointed(wanted, "resource_id", needed=bool(body.get("resource_id")))
