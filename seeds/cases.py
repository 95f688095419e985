"""Seeds that are run again and again: cheap ones with every flow test, and those in which something was once found.

A case may be drawn from some parts only, so that it is small and says what it is about.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """``only``: the parts it is drawn from, as `seeds.draw.tenant` takes them."""

    seed: int
    only: str
    into: str
    why: str
    administrator: bool = False


CHEAP = (
    Case(3, "security,network.draw", "same", "duplicate names, rules in circles, IPv6 modes, a router"),
    Case(13, "", "other", "credentials, secrets, key pairs, rules; what cannot come back is announced"),
)
"""With the flow tests: together under two minutes on two free cores."""

FOUND = (
    Case(39, "", "same", "a share with another project made the whole plan inapplicable"),
    Case(50, "", "same", "an image's empty name came back as none"),
    Case(36, "", "same", "a volume's empty name and description came back as none"),
    Case(28, "", "same", "a port on a foreign network gets another address, which the plan did not say"),
    Case(11, "", "same", "a trunk that is off refuses to be removed; a link where old versions are kept"),
    Case(
        28,
        "",
        "other",
        "a plan for a member asked for a QoS policy's rules by a path with a placeholder in it",
    ),
    Case(
        97, "", "other", "networks without the QoS policy that a member cannot make: only the restore said so"
    ),
    Case(1044, "", "same", "a record set's empty description came back as none"),
    Case(2041, "", "same", "a volume group's empty name came back as none"),
    Case(2021, "", "same", "Neutron answered 500 to the removal of a log, and had removed it"),
    Case(1007, "", "same", "a drawn local address was asked for before its network had a subnet"),
    Case(13, "", "same", "a user's empty description came back as none", administrator=True),
    Case(39, "", "new-cloud", "a cloud made anew at the same address was taken for the old one"),
    Case(2021, "", "other", "a local address was asked for before its network had a subnet"),
    Case(2021, "", "new-cloud", "of the first logs of a cloud, made at once, Neutron refused one with 500"),
    Case(2041, "", "new-cloud", "NDP proxies, where the network outside has no IPv6: all else comes back"),
    Case(43, "", "new-cloud", "with --client: its word for a volume's type, whose name is another there"),
    Case(87, "", "new-cloud", "a manager may choose an address, but the network may not have it"),
)
"""Seeds in which something was found, to be run again by hand: ``./dev seeds --seed N --into WHERE``, with
``--administrator`` where it says so."""
