"""Which thing of the target takes the place of one that is never restored: flavor, type, external network,
public image.

Decides by rules, the first that finds something wins: the same name, an equal shape, what is left. A
suggestion that is a guess says so in its reason. The user's own word comes before all of this (`mapping`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Body, Graph, Resource
from hoarfrost.plan.there import There


class Ask(NamedTuple):
    """What a rule may look at."""

    resource: Resource
    kind: Kind
    offers: list[Body]
    graph: Graph
    there: There
    cloud: Cloud


class Suggestion(NamedTuple):
    target: str
    reason: str


Rule = Callable[[Ask], "tuple[Body, str] | None"]


def suggest(ask: Ask) -> Suggestion | None:
    """None where nothing on the target is like it."""
    fits = FITS.get(ask.kind.name)
    if fits:
        ask = ask._replace(offers=[one for one in ask.offers if fits(ask.resource.body, one)])
    for rule in RULES.get(ask.kind.name, (same_name,)):
        if found := rule(ask):
            return Suggestion(ask.kind.id(found[0]), found[1])
    return None


def same_name(ask: Ask) -> tuple[Body, str] | None:
    named = [one for one in ask.offers if ask.resource.name and ask.kind.title(one) == ask.resource.name]
    if not named:
        return None
    return named[0], "the same name" if len(
        named
    ) == 1 else f"a guess: the first of {len(named)} of the same name"


def the_only(ask: Ask) -> tuple[Body, str] | None:
    return (ask.offers[0], "a guess: the only one there is") if len(ask.offers) == 1 else None


def own(ask: Ask) -> tuple[Body, str] | None:
    return (ask.offers[0], "the one of the credentials") if len(ask.offers) == 1 else None


SIZES = {
    "vcpus": "vCPUs",
    "ram": "MiB of memory",
    "disk": "GiB of disk",
    "OS-FLV-EXT-DATA:ephemeral": "GiB of ephemeral disk",
    "swap": "MiB of swap",
}


def sizes(flavor: Body) -> tuple[int, ...]:
    """Swap is "" for none before microversion 2.75."""
    return tuple(int(flavor.get(one) or 0) for one in SIZES)


def same_name_as_large(ask: Ask) -> tuple[Body, str] | None:
    found = same_name(ask)
    return found if found and _as_large(found[0], ask.resource.body) else None


def nearest_size(ask: Ask) -> tuple[Body, str] | None:
    """Equal, or the smallest that is not smaller in anything."""
    fitting = [one for one in ask.offers if _as_large(one, ask.resource.body)]
    if not fitting:
        return None
    best = min(fitting, key=lambda one: (sizes(one)[1], sizes(one)[0], *sizes(one)[2:], ask.kind.title(one)))
    if sizes(best) == sizes(ask.resource.body):
        return best, "equal in size"
    told = ", ".join(f"{size} {unit}" for size, unit in zip(sizes(best), SIZES.values(), strict=True) if size)
    return best, f"a guess: the nearest that is not smaller ({told})"


def _as_large(one: Body, wanted: Body) -> bool:
    return all(ours >= theirs for ours, theirs in zip(sizes(one), sizes(wanted), strict=True))


def same_bytes(ask: Ask) -> tuple[Body, str] | None:
    hash = ask.resource.body.get("os_hash_value")
    same = [one for one in ask.offers if hash and one.get("os_hash_value") == hash]
    if not same:
        return None
    named = [one for one in same if ask.kind.title(one) == ask.resource.name]
    return (named or same)[0], "the same bytes (os_hash_value)"


def same_name_other_bytes(ask: Ask) -> tuple[Body, str] | None:
    found = same_name(ask)
    return (found[0], "a guess: the same name, but other bytes") if found else None


def default_type(ask: Ask) -> tuple[Body, str] | None:
    """What Cinder itself takes when a volume names no type (GET /types/default)."""
    try:
        default = ask.cloud.rest(ask.kind.service, ask.kind.microversion).get("/types/default")["volume_type"]
    except CloudError:  # no default set, or not readable: then this rule has nothing to say
        return None
    return default, "a guess: the default type"


def default_policy(ask: Ask) -> tuple[Body, str] | None:
    default = [one for one in ask.offers if one.get("default")]
    return (default[0], "a guess: the default policy") if default else None


def same_ranges(ask: Ask) -> tuple[Body, str] | None:
    """A network with a subnet in which the floating addresses of the backup lie."""
    addresses = {
        ip_address(one.body["floating_ip_address"])
        for one in ask.graph
        if one.body.get("floating_network_id") == ask.resource.id and one.body.get("floating_ip_address")
    }
    ids = {
        one["network_id"]
        for one in (ask.there.visible("subnet") if addresses else ())
        if any(address in ip_network(one["cidr"]) for address in addresses)
    }
    found = [one for one in ask.offers if ask.kind.id(one) in ids]
    return (found[0], "a guess: it has the range of the floating addresses") if len(found) == 1 else None


RULES: Mapping[str, tuple[Rule, ...]] = {
    "project": (own,),
    "user": (own,),
    "flavor": (same_name_as_large, nearest_size),
    "image": (same_bytes, same_name_other_bytes),
    "network": (same_name, same_ranges, the_only),
    "volume_type": (same_name, default_type),
    "storage_policy": (same_name, default_policy),
}
"""By kind; every other kind goes by name."""

FITS: Mapping[str, Callable[[Body, Body], bool]] = {
    "network": lambda ours, theirs: bool(ours.get("router:external")) == bool(theirs.get("router:external")),
    "image": lambda ours, theirs: theirs.get("status") == "active",
}
"""By kind: (wanted, offered) -> whether the offer comes into question at all."""
