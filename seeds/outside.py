"""An IPv6 address scope for the network outside, as NDP proxies want one, and a shared pool of it for those behind.

Decides that a cloud has it from the first tenant on that asks for it, as it changes what is outside for all.
Where the network outside has no IPv6, there is none.
"""

from __future__ import annotations

from typing import Any

from seeds.api import APIS
from seeds.rest import Rest

NAME = "seeds-scoped"
PREFIX = "2001:db8:77::/48"


def pool(admin: Rest, make: bool) -> str:
    """The id of the pool, "" if there is none. ``make``: unless there can be none."""
    found = [one for one in admin.all("subnet_pool") if one["name"] == NAME]
    if found or not make:
        return str(found[0]["id"]) if found else ""
    query = {"router:external": "true"}
    networks = [str(one["id"]) for one in _ask(admin, "GET", "/networks", query=query)["networks"]]
    listed = _ask(admin, "GET", "/subnets", query={"ip_version": "6"})["subnets"]
    outside = [one["network_id"] for one in listed if one["network_id"] in networks]
    return _made(admin, str(outside[0])) if outside else ""


def _made(admin: Rest, network: str) -> str:
    scope = {"name": NAME, "ip_version": 6, "shared": True}
    scope_id = _ask(admin, "POST", "/address-scopes", {"address_scope": scope})["address_scope"]["id"]
    body = {"name": NAME, "prefixes": [PREFIX], "address_scope_id": scope_id, "shared": True}
    made = str(_ask(admin, "POST", "/subnetpools", {"subnetpool": body})["subnetpool"]["id"])
    path = f"/subnetpools/{made}/onboard_network_subnets"
    _ask(admin, "PUT", path, {"network_id": network})
    return made


def _ask(admin: Rest, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> Any:
    return admin.ask(APIS["network"], method, path, body, query=query)
