"""DNS zones with record sets of every kind of value: wildcards, IDNA, quotes, long texts, both families."""

from __future__ import annotations

from typing import Any

from seeds.blueprint import Blueprint
from seeds.values import some

RECORDS: tuple[tuple[str, str, list[str]], ...] = (
    ("www", "A", ["192.0.2.1", "198.51.100.2"]),
    ("www", "AAAA", ["2001:db8::1"]),
    ("*", "A", ["203.0.113.9"]),
    ("xn--strae-oqa", "CNAME", ["www.example."]),
    ("mail", "MX", ["10 mx.example.", "20 mx2.example."]),
    ("text", "TXT", ['"v=spf1 -all"', '"with \\"quotes\\" and; more"']),
    ("_sip._tcp", "SRV", ["0 5 5060 sip.example."]),
    ("a" * 63, "TXT", [f'"{"v" * 250}"']),
)


def draw(blueprint: Blueprint) -> None:
    """A zone's name is unique on its cloud: it has the seed's number in it."""
    random = blueprint.random
    for number in range(random.choice((1, 1, 2))):
        name = f"{random.choice(('orchard', 'xn--obst-0na'))}-{blueprint.seed}-{number}.example."
        zone = blueprint.add(
            "zone", {"name": name, "email": "hostmaster@orchard.example", **some("zone", random)}
        )
        for label, type_, records in random.sample(RECORDS, random.randint(0, 6)):
            body: dict[str, Any] = {"name": f"{label}.{name}", "type": type_, "records": records}
            blueprint.add("recordset", body | some("recordset", random), under=zone)
