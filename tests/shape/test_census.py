"""The field census: whatever openstacksdk, neutron-lib or a real cloud knows of a kind is sorted into one declaration.

A field that nobody thought of fails here, instead of vanishing from backups.
"""

import functools
import importlib
import json
import pkgutil
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from hoarfrost.kinds import KINDS, Kind
from hoarfrost.kinds.field import Drop, Late, Note, Ref
from hoarfrost.kinds.network import Network

BODIES = Path(__file__).parents[1] / "unit/kinds/bodies"
ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


def sdk_fields(kind: Kind) -> set[str]:
    """The names on the wire. Only Swift says things in headers."""
    module, _, name = kind.sdk.rpartition(".")
    known = getattr(importlib.import_module(module), name)
    headers = known._header_mapping() if kind.service == "object-store" else {}
    return {*known._body_mapping(), *(f"+headers.{header}" for header in headers)} - set(
        known._computed_mapping()
    )


def unsorted(kind: Kind, fields: set[str]) -> set[str]:
    """Those that no declaration names; with a ``*``, none."""
    paths = {path for one in kind.fields for path in one.paths}
    if "*" in paths:
        return set()
    return fields - paths - {name for one in kind.fields for name in one.tops()}


@ALL
def test_every_field_of_the_sdk_is_sorted(kind: Kind) -> None:
    if not kind.sdk:
        assert kind.name in ("storage_policy", "network_log")  # the SDK has no class for it
        return
    assert unsorted(kind, sdk_fields(kind)) == set()


NOT_OF_THE_TENANT = {"port_associations": {"port_id", "routes", "advertise_fixed_ips"}}
"""Fields of another collection of the same name: BGP VPN's associations beside those of local IPs."""


@functools.cache
def neutron_lib_fields() -> dict[str, set[str]]:
    """Collection -> the names that any definition of neutron-lib gives it; parts of resources among them."""
    import neutron_lib.api.definitions as definitions

    known: dict[str, set[str]] = defaultdict(set)
    for one in pkgutil.iter_modules(definitions.__path__, definitions.__name__ + "."):
        module = importlib.import_module(one.name)
        for name in ("RESOURCE_ATTRIBUTE_MAP", "SUB_RESOURCE_ATTRIBUTE_MAP"):
            for collection, fields in (getattr(module, name, None) or {}).items():
                known[collection.replace("-", "_")] |= set(fields.get("parameters", fields))
    return known


@pytest.mark.parametrize(
    "kind", [one for one in KINDS.values() if one.service == "network"], ids=lambda kind: kind.name
)
def test_every_field_of_neutron_lib_is_sorted(kind: Kind) -> None:
    foreign = NOT_OF_THE_TENANT.get(kind.plural, set())
    assert unsorted(kind, neutron_lib_fields()[kind.plural] - foreign) == set()


@ALL
def test_every_field_of_real_bodies_is_sorted(kind: Kind) -> None:
    stored = BODIES / f"{kind.name}.json"
    bodies = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else []
    assert unsorted(kind, {name for body in bodies for name in body}) == set()


@ALL
def test_each_path_is_declared_once(kind: Kind) -> None:
    counted = Counter(path for one in kind.fields for path in one.paths)
    assert [path for path, times in counted.items() if times > 1] == []


@ALL
def test_what_is_not_kept_says_why(kind: Kind) -> None:
    assert [one.paths for one in kind.fields if isinstance(one, Drop) and not one.why] == []


@ALL
def test_references_lead_to_kinds(kind: Kind) -> None:
    named = {name for one in kind.fields if isinstance(one, Ref) for name in one.kinds()}
    named |= {
        name for one in kind.fields if isinstance(one, Late) for name in (*one.after, one.before) if name
    }
    assert named <= set(KINDS)


@ALL
def test_a_kind_says_what_it_is(kind: Kind) -> None:
    assert type(kind).__doc__
    assert kind.mapped or kind.owned


def test_an_unsorted_field_is_found() -> None:
    class Forgetful(Network):
        """A network of which somebody forgot the MTU."""

        mtu = Note()

    assert unsorted(Forgetful(), sdk_fields(Forgetful())) == {"mtu"}


def test_an_image_keeps_what_nobody_declared() -> None:
    assert unsorted(KINDS["image"], {"hw_new_property"}) == set()
